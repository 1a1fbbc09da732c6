"""From a preview's space to staging's and production's: copied where our signature vouches, built where it does
not."""

from __future__ import annotations

from typing import Any

import pytest

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.cloudfoundry.state import AuditEvent, Deployment
from tests.stories.commands.terminal import Terminal
from tests.stories.orchestrator import Orchestrator
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story

KEY = "k" * 40

PEOPLE = {"review": "reviewer", "staging": "stager", "production": "releaser"}
"""Whose account acts in which space. Everybody's password is their name."""

TARGET = """
[target.{name}]
api = "{api}"
space = "acme/{name}"
credentials = "cf-{name}"
address = "http://{{host}}:{port}"
access = "public"
"""

OURS = """
instance = "acme-ours"
{targets}
[github]
url = "{github}"

[signing]

[[repository]]
name = "acme/shop"
environments = {{ review = "review", staging = "staging" }}
"""

THEIRS = """
instance = "acme-production"
only = ["production"]
{targets}
builds = false
copies_from = ["acme/review", "acme/staging"]

[github]
url = "{github}"

[signing]

[[repository]]
name = "acme/shop"
environments = {{ production = "production" }}
requires = {{ production = {{ approvals = 0 }} }}
"""

MAIN = "environments: {staging: {follows: {branch: main}}}"


class Promotions:
    """A space for previews, one for staging and one for production, each with an account of its own, which may
    read the spaces before it."""

    def __init__(self, town: Town, *, stager_reads: bool = True) -> None:
        self.town, self.foundry = town, town.world.cloudfoundry
        self.foundry.add_space("acme", "staging")
        reads = {
            "staging": ["acme/review"] if stager_reads else [],
            "production": ["acme/review", "acme/staging"],
        }
        for space, who in PEOPLE.items():
            read = dict.fromkeys(reads.get(space, ()), "space_auditor")
            self.foundry.add_user(who, who, roles={f"acme/{space}": "space_developer", **read})
        self.foundry.add_user("mallory", "mallory", roles={"acme/review": "space_developer"})
        town.on_main({".reviewapps.yml": MAIN})
        self.ours, self.theirs = self._file(OURS, "review", "staging"), self._file(THEIRS, "production")

    def _file(self, text: str, *targets: str) -> str:
        place = {"api": self.foundry.api_url, "port": self.foundry.app_port}
        told = "".join(TARGET.format(name=name, **place) for name in targets)
        return text.format(targets=told, github=self.town.world.github.url)

    def _told(self, whose: str) -> dict[str, str]:
        text = self.ours if whose == "ours" else self.theirs
        named = [(space, who) for space, who in PEOPLE.items() if f"cf-{space}" in text]
        accounts = {f"SECRET_CF_{space.upper()}": f"{who}:{who}" for space, who in named}
        return {**accounts, "SECRET_CF": "", "SECRET_SIGNING": KEY, "HOME": str(self.town.home / whose)}

    def let_ours_know_of_production(self) -> None:
        """That another installation keeps it."""
        granted = self.ours.replace(
            'staging = "staging" }', 'staging = "staging", production = "production" }'
        )
        place = {"api": self.foundry.api_url, "port": self.foundry.app_port}
        target = TARGET.format(name="production", **place)
        self.ours = f'only = ["review", "staging"]{granted}{target}'

    def employ_ours(self) -> Orchestrator:
        """The installation that keeps previews and staging."""
        return self.town.employ_by_file(self.ours, **self._told("ours"))

    def employ_theirs(self) -> Orchestrator:
        """The installation that keeps production alone, and never builds."""
        return self.town.employ_by_file(self.theirs, **self._told("theirs"))

    def at_ours(self) -> Terminal:
        return Terminal(self.town, environment=self.town.environment_by_file(self.ours, **self._told("ours")))

    def at_theirs(self) -> Terminal:
        return Terminal(
            self.town, environment=self.town.environment_by_file(self.theirs, **self._told("theirs"))
        )

    def until_says(self, environment: str, words: str) -> None:
        """Return once a shared environment's page says these words, and all is settled."""
        self.town.until(
            f"{words} on {environment}", lambda: self.town.page(f"shop-{environment}").headline == words
        )
        self.town.until_idle()

    def asked_by(self, name: str, method: str, path: str) -> list[str]:
        """What this account asked of Cloud Foundry."""
        return [call.path for call in self.town.cf.asked(method, path) if call.who == name]

    def wrote_where_it_only_reads(self, name: str, home: str) -> list[str]:
        """What the platform wrote down of this account's deeds in other spaces than its own."""
        events = self.foundry.world.all(AuditEvent)
        return [one.type for one in events if one.actor["name"] == name and one.space.name != home]

    def as_mallory(self, method: str, path: str, body: Any = None) -> Any:
        """What somebody does who may push to the previews' space, and to no other."""
        return self.town.operator.ask(method, path, body, who="mallory")


def test_what_was_previewed_reaches_staging_and_production_without_another_build(quiet_town: Town) -> None:
    town, spaces = quiet_town, Promotions(quiet_town)
    spaces.let_ours_know_of_production()
    spaces.employ_ours()
    spaces.until_says("staging", "Welcome to the shop")
    ours, theirs = spaces.at_ours(), spaces.at_theirs()
    assert "built, because there was no build of it in acme/review" in ours.types("history", "staging")

    town.until_live(number := town.open("blue", headline("blue")))
    town.until_idle()
    builds = town.builds
    town.octocat.merge(number)
    spaces.until_says("staging", "blue")
    town.until_comment(number, "Preview: removed", "On **staging** since")
    assert "same build as pr-1" in ours.types("history", "staging")

    town.until("the end of the preview", lambda: town.apps == ["shop-staging"])
    spaces.employ_theirs()
    spaces.until_says("production", "blue")
    assert "same build as pr-1" in theirs.types("history", "production")
    comment = town.until_comment(number, "On **staging** since", "On **production** since")
    assert f": {town.url('shop-production')}" in comment and len(town.onlooker.comments(number)) == 1
    assert town.builds == builds

    theirs.types("lock", "production", "1h", "demo")
    town.until_live(number := town.open("green", headline("green")))
    town.octocat.merge(number)
    town.until_comment(number, "On **staging** since", "**production** waits: locked", "demo")
    theirs.types("unlock", "production")
    town.until_comment(number, "On **staging** since", "On **production** since")
    assert len(town.onlooker.comments(number)) == 1
    for path in ("/v3/packages", "/v3/builds"):
        assert not spaces.asked_by("releaser", "POST", path)
    assert not spaces.wrote_where_it_only_reads("releaser", "production")


def test_what_is_forged_in_the_previews_space_does_not_reach_production(quiet_town: Town) -> None:
    town, spaces = quiet_town, Promotions(quiet_town)
    ours = spaces.employ_ours()
    town.until_live(town.open("blue", headline("blue")))
    town.until_live(town.open("evil", headline("evil")))
    town.until_idle()
    town.orchestrators.clear()
    town.octocat.merge(1)
    droplet = forged(spaces, good="shop-pr-1", evil="shop-pr-2")

    spaces.employ_theirs()
    theirs, head = spaces.at_theirs(), town.head_of("main")[:7]
    lacking = "no signed build in acme/review or acme/staging (pr-1: unsigned)"
    town.until("its hold", lambda: f"{head} waits: {lacking}" in theirs.types("list"))
    town.until("its line", lambda: town.onlooker.deployment_states("production") == ["queued"])
    assert f"nothing is built here, and there is {lacking}" in theirs.types("history", "production")

    town.orchestrators.append(ours)
    spaces.until_says("staging", "blue")
    spaces.until_says("production", "blue")
    history = spaces.at_ours().types("history", "staging")
    assert "built, because there was no signed build in acme/review (pr-1: unsigned)" in history
    assert "same build as staging" in theirs.types("history", "production")
    assert not list(town.cf.asked("POST", f"source_guid={droplet}"))


def forged(spaces: Promotions, *, good: str, evil: str) -> str:
    """The guid of a droplet in the previews' space, with the evil one's bits, which bears word for word what the
    good one bore before it was deleted."""
    ask, app = spaces.as_mallory, spaces.town.operator.app
    bears = ask("GET", f"/v3/apps/{app(good).guid}/droplets/current")["metadata"]
    assert bears["annotations"]["reviewapps-signature"]
    source = ask("GET", f"/v3/apps/{app(evil).guid}/droplets/current")["guid"]
    space = {"space": {"data": {"guid": spaces.foundry.space("review").guid}}}
    mine = ask("POST", "/v3/apps", {"name": "mallory", "relationships": space})["guid"]
    copy = {"relationships": {"app": {"data": {"guid": mine}}}}
    droplet = ask("POST", f"/v3/droplets?source_guid={source}", copy)["guid"]
    until("the copy", lambda: ask("GET", f"/v3/droplets/{droplet}")["state"] == "STAGED")
    ask("PATCH", f"/v3/droplets/{droplet}", {"metadata": bears})
    for name in (good, evil):
        ask("DELETE", f"/v3/apps/{app(name).guid}")
    until("the end of both", lambda: not {good, evil} & set(spaces.town.apps))
    return str(droplet)


def test_what_starts_otherwise_than_it_was_signed_does_not_reach_production(quiet_town: Town) -> None:
    town, spaces = quiet_town, Promotions(quiet_town)
    spaces.employ_ours()
    town.until_live(town.open("blue", headline("blue")))
    town.until_idle()
    town.orchestrators.clear()
    town.octocat.merge(1)
    evil = uploaded(spaces, good="shop-pr-1", commands={"web": "exec python3 -m http.server $PORT"})

    spaces.employ_theirs()
    spaces.until_says("production", "blue")
    assert "same build as pr-1" in spaces.at_theirs().types("history", "production")
    assert len(spaces.asked_by("releaser", "POST", f"source_guid={evil}")) == 1
    there = spaces.foundry.world.app_named(spaces.foundry.space("production"), "shop-production")
    assert there is not None and {
        roll.droplet for roll in spaces.foundry.world.of_app(Deployment, there)
    } == {there.droplet}
    good = town.operator.app("shop-pr-1").droplet
    assert there.droplet and good and there.droplet.process_types == good.process_types


def uploaded(spaces: Promotions, *, good: str, commands: dict[str, str]) -> str:
    """The guid of a droplet in the previews' space with the good one's bits and all that it bears, which starts by
    other commands."""
    ask, answer = spaces.as_mallory, spaces.town.operator.answer
    source = ask("GET", f"/v3/apps/{spaces.town.operator.app(good).guid}/droplets/current")
    assert source["metadata"]["annotations"]["reviewapps-signature"]
    space = {"space": {"data": {"guid": spaces.foundry.space("review").guid}}}
    mine = ask("POST", "/v3/apps", {"name": "mallory", "relationships": space})["guid"]
    wanted = {"relationships": {"app": {"data": {"guid": mine}}}, "process_types": commands}
    path = f"/v3/droplets/{ask('POST', '/v3/droplets', wanted)['guid']}"
    bits = answer("GET", f"/v3/droplets/{source['guid']}/download", who="mallory").content
    answer("POST", f"{path}/upload", who="mallory", files={"bits": ("droplet.tgz", bits)})
    until("the upload", lambda: ask("GET", path)["state"] == "STAGED")
    made = ask("PATCH", path, {"metadata": source["metadata"]})
    assert made["checksum"] == source["checksum"]
    return str(made["guid"])


def test_who_may_not_read_the_previews_space_builds_and_says_why(quiet_town: Town) -> None:
    spaces = Promotions(quiet_town, stager_reads=False)
    spaces.employ_ours()
    spaces.until_says("staging", "Welcome to the shop")
    typed = spaces.at_ours()
    why = "built, because there was no signed build in acme/review (acme/review: not ours to read)"
    assert why in typed.types("history", "staging")
    doctor = typed.types("doctor")
    assert "warn cf staging this account cannot read acme/review" in " ".join(doctor.split())
    assert "cf set-space-role stager acme review SpaceAuditor" in doctor


def test_production_alone_takes_the_build_of_a_merged_preview_that_is_kept_for_it(quiet_town: Town) -> None:
    town, spaces = quiet_town, Promotions(quiet_town)
    spaces.ours = spaces.ours.replace(', staging = "staging" }', ' }\nkeep_merged = "10m"')
    spaces.employ_ours()
    town.until_live(number := town.open("blue", headline("blue")))
    town.until_idle()
    builds = town.builds
    town.octocat.merge(number)
    town.until("its stop", lambda: town.hosts == [] and town.operator.app("shop-pr-1").state == "STOPPED")
    spaces.employ_theirs()
    town.until("blue on production", lambda: town.page("shop-production").headline == "blue")
    assert town.builds == builds and "shop-pr-1" in town.apps
