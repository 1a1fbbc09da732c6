"""Both servers of the sandbox in one thread, and who lives there."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

from reviewapps.sandbox.addresses import ANY, Addresses, Ports
from reviewapps.sandbox.cloudfoundry import CloudFoundry
from reviewapps.sandbox.cloudfoundry.state import App, Build, Droplet, Package, Route, Row
from reviewapps.sandbox.github import GitHub
from reviewapps.sandbox.github.state import Registration

T = TypeVar("T")
R = TypeVar("R", bound=Row)

BOT = "reviewapps-bot"
WRITERS = ("octocat", "hubot")
STRANGER = "stranger"
ADMIN = "mona"
"""Who may set up hooks and protect branches."""

OWNER, REPOSITORY = "acme", "shop"
ORG, SPACE, OTHER_SPACE = "acme", "review", "production"
DEPLOYER = "deployer"
"""A space developer in both spaces; its password is its name."""


APP = Registration(
    name="Review Apps",
    description="An app of its own for every pull request",
    permissions={
        **dict.fromkeys(("actions", "contents", "members", "merge_queues"), "read"),
        **dict.fromkeys(("checks", "deployments", "issues", "pull_requests", "statuses"), "write"),
    },
    events=[
        *("pull_request", "pull_request_review", "push", "create", "delete", "issue_comment"),
        *("repository", "merge_group"),
    ],
)
"""The GitHub App that is installed on the repository. Its hook leads nowhere until somebody says where."""


class World:
    """A GitHub with one repository and a few people, and a Cloud Foundry with two spaces.

    It runs in a thread of its own, so whoever started it may block. Everything is kept below ``home``, and
    the next world there goes on with it, at the same addresses if they can be had; ``moved`` has a sentence for
    each that could not. Entering raises KeptOtherwise where the home is that of another version.
    """

    def __init__(self, home: Path, ports: Ports = ANY) -> None:
        self.home = home
        self.moved: list[str] = []
        self._ports = ports
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        before = Addresses.of(self.home)
        self.github = GitHub(self.home / "github")
        self.cloudfoundry = CloudFoundry(self.home / "cloudfoundry")
        new = {login: f"ghp_{secrets.token_hex(18)}" for login in (BOT, *WRITERS, STRANGER, ADMIN)}
        self.tokens = {**new, **before.tokens}
        self._populate()
        self._thread.start()
        try:
            self._listen(before.ports)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _listen(self, before: Ports) -> None:
        ports = self._ports.preferred(before)
        self.run(self.github.start(ports.github))
        self.run(self.cloudfoundry.start(ports.cloudfoundry, ports.apps))
        now = Ports(self.github.port, self.cloudfoundry.port, self.cloudfoundry.app_port)
        self.moved = now.told(before, self._ports)
        Addresses(now, self.tokens).keep(self.home)

    def __exit__(self, *_: object) -> None:
        with contextlib.ExitStack() as closing:
            closing.callback(self._end)
            closing.callback(lambda: self.run(self.github.stop()))
            closing.callback(lambda: self.run(self.cloudfoundry.stop()))

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=20)
        self._loop.close()

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Let the sandbox's own thread do this, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    @property
    def repository(self) -> str:
        return f"{OWNER}/{REPOSITORY}"

    @property
    def begun(self) -> bool:
        """Whether somebody has pushed to the repository, or taken it away."""
        known = self.github.world.named(OWNER, REPOSITORY)
        return known is None or bool(self.run(known.git.refs("refs/heads/")))

    def described(self) -> dict[str, str | int]:
        """What somebody needs who wants to use it: addresses, and the words to get in."""
        return {
            "github_url": self.github.url,
            "github_user": WRITERS[0],
            "github_token": self.tokens[WRITERS[0]],
            "github_repository": self.repository,
            "orchestrator_user": BOT,
            "orchestrator_token": self.tokens[BOT],
            "stranger_token": self.tokens[STRANGER],
            **{f"{login}_token": self.tokens[login] for login in WRITERS},
            "admin_user": ADMIN,
            "admin_token": self.tokens[ADMIN],
            "cf_api": self.cloudfoundry.api_url,
            "cf_user": DEPLOYER,
            "cf_password": DEPLOYER,
            "cf_org": ORG,
            "cf_space": SPACE,
            "cf_other_space": OTHER_SPACE,
            "app_domain": self.cloudfoundry.app_domain,
            "app_port": self.cloudfoundry.app_port,
        }

    def described_app(self) -> dict[str, str | int]:
        """The App that is installed on the repository, as what it signs in with."""
        installation = next(iter(self.github.world.installations.values()), None)
        if installation is None:
            return {}
        app = installation.app
        return {
            "app_id": app.id,
            "app_slug": app.slug,
            "app_installation_id": installation.id,
            "app_private_key": app.keys.private,
        }

    def labelled(self, environment: str) -> list[str]:
        """What Cloud Foundry has that bears this environment's label, in words."""
        rows = (row for kind in (App, Route, Package, Build, Droplet) for row in self._all(kind))
        mine = (row for row in rows if row.labels.get("reviewapps-environment") == environment)
        return [f"{type(row).__name__.lower()} {getattr(row, 'name', row.guid)}" for row in mine]

    def _all(self, kind: type[R]) -> Iterator[R]:
        return iter(list(self.cloudfoundry.world.all(kind)))

    def _populate(self) -> None:
        for login, token in self.tokens.items():
            self.github.add_user(login, token=token)
        if not self.github.recalled:
            self.github.add_repository(OWNER, REPOSITORY, writers=(*WRITERS, BOT), admins=[ADMIN])
            self.github.add_owner(OWNER, ADMIN)
            self.github.add_app(OWNER, APP, installed_on=[REPOSITORY])
