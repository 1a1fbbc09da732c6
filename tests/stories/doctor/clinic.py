"""A world in which something is broken for a moment, and a doctor who looks at it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis import Redis

from reviewapps.demo.onlooker import until
from reviewapps.demo.people import Person
from reviewapps.doctor import Finding, examined
from reviewapps.doctor.looking import looked_at
from reviewapps.playground import Playground
from reviewapps.sandbox.cloudfoundry.state import App, Quota, Route, SpaceQuota
from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.github.state import Installation
from reviewapps.sandbox.world import SPACE
from reviewapps.settings import FILE, SECRET
from tests.stories.operator import Operator
from tests.stories.samples import SAMPLE, Files

ROLES = {
    "previewer": {"acme/review": "space_developer"},
    "forgetful": {"acme/review": "space_developer"},
    "auditor": {"acme/review": "space_auditor"},
    "everywhere": {"acme/review": "space_developer", "acme/production": "space_developer"},
    "manager": {"acme/review": "space_developer", "acme": "organization_manager"},
    "admin": {"*": "", "acme/review": "space_developer"},
}
"""Accounts of Cloud Foundry; the password is the name."""

ENTITLED = 102_400


class Clinic:
    """``acme/shop`` and a previewer who may deploy to acme/review and nowhere else: nothing is wrong."""

    def __init__(self, playground: Playground) -> None:
        self.playground, self.world = playground, playground.world
        self.foundry, self.github = self.world.cloudfoundry, self.world.github
        for name, roles in ROLES.items():
            self.foundry.add_user(name, name, roles=roles)
        folder, token = self.home / "people" / "octocat", self.world.tokens["octocat"]
        self.octocat = Person(self.github.url, self.world.repository, "octocat", token, folder)
        self.octocat.begin(SAMPLE)
        self.operator = Operator(self.world)
        self._changed: set[str] = set()

    @property
    def home(self) -> Path:
        return self.playground.home

    def environment(self, **told: str) -> dict[str, str]:
        """Settings of an installation; names in capitals that are no settings are variables as they are."""
        raw = {name: told.pop(name) for name in [*told] if name in ("PATH", "VCAP_APPLICATION")}
        account = {"CF_USER": "previewer", "CF_PASSWORD": "previewer"}
        if told.get("GITHUB_TOKEN") == "":  # so we are an App
            app = self.installation.app
            account |= {"GITHUB_APP_ID": str(app.id), "GITHUB_PRIVATE_KEY": app.keys.private}
        return self.playground.environment(**{**account, **told}) | raw

    def file_environment(self, text: str) -> dict[str, str]:
        """Settings of an installation that ``reviewapps.toml`` describes."""
        file = self.home / "reviewapps.toml"
        file.write_text(text)
        told = {"INSTANCE", "REPOSITORIES", "GITHUB_URL", "GITHUB_TOKEN", "APP_ADDRESS", "CF_"}
        known = self.environment()
        kept = {
            name: value
            for name, value in known.items()
            if not any(name.startswith(f"REVIEWAPPS_{word}") for word in told)
        }
        secrets = {"GITHUB": known["REVIEWAPPS_GITHUB_TOKEN"], "CF": "previewer:previewer"}
        return {**kept, FILE: str(file), **{SECRET + name: word for name, word in secrets.items()}}

    def examine(self, environment: dict[str, str]) -> list[Finding]:
        """What the doctor finds."""
        return examined(looked_at(environment))

    def complaints(self, environment: dict[str, str]) -> list[Finding]:
        """Those of the doctor's lines that are not ok."""
        return [one for one in self.examine(environment) if one.level != "ok"]

    def fault(self, side: str, path: str, body: Any = None, **how: Any) -> None:
        """Let every call of a side go wrong that matches."""
        observed = {"github": self.github.observed, "cf": self.foundry.observed}[side]
        text = "" if body is None else json.dumps(body)
        observed.plan(Fault(path=path, body=text, **{"times": 1000, **how}))

    def until_made(self, path: str) -> str:
        """The guid of the one thing that this lists, once its making has succeeded."""

        def made() -> str | None:
            (one,) = self.operator.ask("GET", path)["resources"]
            return str(one["guid"]) if one["last_operation"]["state"] == "succeeded" else None

        return until(f"{path} to be made", made)

    def until_gone(self, path: str) -> None:
        """Return when this lists nothing any more."""
        until(f"{path} to be gone", lambda: not self.operator.ask("GET", path)["resources"])

    # --- the App ---

    @property
    def installation(self) -> Installation:
        """Where the sandbox's App is let in."""
        return next(iter(self.github.world.installations.values()))

    def grant_app(self, **permissions: str) -> None:
        self.installation.permissions |= permissions

    def let_app_in(self, *repositories: int) -> None:
        """Into these repositories of acme's, and no others."""
        self.installation.repositories = set(repositories)

    def suspend_app(self) -> None:
        self.installation.suspended_at = self.github.world.clock.timestamp

    def limit(self, memory_mb: int) -> None:
        """A quota of its own for the space of the previews."""
        space = self.foundry.space(SPACE)
        quota = SpaceQuota(name="tight", organization=space.organization, memory_mb=memory_mb)
        space.quota = self.foundry.world.add(quota)

    def on_main(self, files: Files) -> None:
        """A commit on the default branch."""
        self._changed |= set(files)
        self.octocat.write("main", "A change", files)

    def heal(self) -> None:
        """Nothing is wrong any more."""
        for observed in (self.github.observed, self.foundry.observed):
            observed.faults.clear()
        for clock in (self.github.world.clock, self.foundry.world.clock):
            clock.offset = timedelta()
        self.installation.suspended_at = None
        self.installation.permissions = dict(self.installation.app.permissions)
        self.let_app_in(*(one.id for one in self.github.world.repositories.values()))
        space = self.foundry.space(SPACE)
        space.quota = None
        quota: Quota = space.organization.quota
        quota.routes, quota.memory_mb = None, ENTITLED
        self._restore_main()
        for app in list(self.foundry.world.all(App)):
            self.operator.delete(app.name)
        with Redis.from_url(self.playground.redis.url) as redis:
            redis.flushall()

    @property
    def leftovers(self) -> list[str]:
        """The apps and routes that are there."""
        world = self.foundry.world
        return [app.name for app in world.all(App)] + [route.host for route in world.all(Route)]

    def _restore_main(self) -> None:
        """The sample's files again, where they were changed."""
        changed, self._changed = self._changed, set()
        files: dict[str, str | None] = {
            name: (SAMPLE / name).read_text() if (SAMPLE / name).exists() else None
            for name in changed
            if (SAMPLE / name).exists() or (self.octocat.folder / name).exists()
        }
        if files:
            self.octocat.write("main", "As it was", files)
