"""Where a merged pull request has come: since when, what it waits for, and whom it is news to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps.desired import Desired, Held, Hold, Leave, Run, Verdict
from reviewapps.errors import OperatorMustAct, ReviewAppsError, TryLater
from reviewapps.model import App, Environment, PastDeploy, Pin, PullRequest, Space, Wanted
from reviewapps.reconcile.arriving import arrivals, come, news, note
from reviewapps.reconcile.means import Means
from tests.core.settling import NOW, SHOP, pull_request, sha
from tests.core.test_deploying import Deploying, GitHub

STAGING = Environment(SHOP.id, "staging")
HOUR = timedelta(hours=1)
FROZEN = Hold(sha(3), "freeze", ("frozen until Monday",))


class Kept:
    """A memory that nobody empties."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}

    def read(self, name: str) -> Any | None:
        return self.all.get(name)

    def write(self, name: str, value: Any, seconds: float) -> None:
        self.all[name] = value


@dataclass
class Line(GitHub):
    """One branch, whose commits are numbered. ``asked`` counts what was asked of GitHub."""

    past: tuple[PastDeploy, ...] = ()
    asked: list[str] = field(default_factory=list)

    wrong: Mapping[str, ReviewAppsError] = field(default_factory=dict)
    """What is answered of commits, and of the past, instead."""

    def contains(self, commit: str, other: str) -> bool:
        self.asked.append("contains")
        if commit in self.wrong:
            raise self.wrong[commit]
        return int(other, 16) <= int(commit, 16)

    there: tuple[PastDeploy, ...] = ()
    away: bool = False

    def elsewhere(self, environment: Environment) -> tuple[PastDeploy, ...]:
        self.asked.append("elsewhere")
        if self.away:
            raise TryLater("GitHub is away")
        return self.there

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        self.asked.append("history")
        if "history" in self.wrong:
            raise self.wrong["history"]
        return self.past


def merged(number: int) -> PullRequest:
    """Pull request N was merged as commit N, N hours from now."""
    at = NOW + number * HOUR
    return pull_request(number, sha(100 + number), open=False, merged_at=at, merged_as=sha(number))


def live(number: int) -> PastDeploy:
    """Commit N was live ten minutes after its merge."""
    at = NOW + number * HOUR + HOUR / 6
    return PastDeploy(sha(number), "success", at - HOUR / 12, at)


def run(number: int) -> Run:
    """As staging is judged to run commit N."""
    return Run(sha(number), "c", "staging", tags_seen=frozenset())


class World:
    """Staging serves commit ``serves``; pull requests 1 to 3 were merged."""

    def __init__(self, serves: int, verdict: Verdict | None = None, **more: Any) -> None:
        self.github = Line(past=tuple(live(number) for number in range(serves, 0, -1)))
        self.means: Means = replace(Deploying(()).means, github=self.github, memory=Kept())
        self.wanted = Wanted(SHOP, tuple(merged(number) for number in (1, 2, 3)), (), None)
        self.serve(serves, verdict, **more)

    def serve(self, serves: int, verdict: Verdict | None = None, **more: Any) -> None:
        at = live(serves).at
        app = App("a", "shop-staging", STAGING, "app", True, "d", sha(serves), "c", NOW, live_since=at)
        self.space = Space((replace(app, **more),))
        self.desired = Desired({STAGING: verdict or run(serves)})

    def told(self, number: int) -> list[tuple[Any, str]]:
        """Since when it is on staging, or what it waits for; and this is told."""
        found = arrivals(self.means, self.wanted, self.space, self.desired, number)
        note(self.means, self.wanted, self.space, self.desired, number, come(found))
        return [(one.at, one.waits) for one in found]

    @property
    def untold(self) -> list[int]:
        return sorted(one.number or 0 for one in news(self.means, self.wanted, self.space, self.desired))


def test_only_who_came_with_what_lacks_an_approval_is_called() -> None:
    def called(hold: Hold) -> list[int]:
        world = World(1, replace(run(1), held=hold))
        seen = (world.means, world.wanted, world.space, world.desired)
        return [n for n in (1, 2, 3) if any(one.calls for one in arrivals(*seen, n))]

    lacks = Hold(sha(3), "approval", ("1 approval (#3)",), (3,), unapproved=True)
    checked = Hold(sha(3), "approval", ("check test did not run yet",), (3,))
    assert (called(lacks), called(checked), called(FROZEN)) == ([3], [], [])


def test_it_is_there_since_it_came_and_not_since_the_one_after_it() -> None:
    world = World(1)
    assert world.told(1) == [(live(1).at, "")]
    world.github.past = (live(2), live(1))
    world.serve(2)
    assert world.told(1) == [(live(1).at, "")] and world.told(2) == [(live(2).at, "")]


def test_what_is_deployed_again_is_there_since_the_first_time_and_what_was_taken_back_is_not() -> None:
    world = World(2)
    world.told(2)
    world.github.past = (live(2), live(1))
    world.serve(2, live_since=live(3).at)
    assert world.told(2) == [(live(2).at, "")] and world.told(1) == [(live(1).at, "")]
    again = replace(live(2), at=live(4).at)
    world.github.past = (again, replace(live(1), at=live(3).at), live(2), live(1))
    world.serve(2, live_since=live(4).at)
    assert world.told(2) == [(live(4).at, "")] and world.told(1) == [(live(1).at, "")]


def test_a_later_deploy_is_no_news_to_who_is_there_and_costs_nothing() -> None:
    world = World(2)
    assert world.untold == [1, 2, 3]
    for number in (1, 2, 3):
        world.told(number)
    assert world.untold == []
    before = len(world.github.asked)
    world.serve(2, replace(run(2), held=FROZEN))
    assert world.untold == [3]
    world.serve(3)
    assert world.untold == [3] and len(world.github.asked) == before
    world.told(3)
    world.serve(1, pin=Pin(sha(1), sha(3), "ada"))
    assert world.untold == [1, 2, 3]
    assert world.told(3) == [(None, f"the next merge, since {sha(1)[:7]} was chosen by hand")]


def test_what_was_live_is_asked_for_once_whoever_is_told() -> None:
    world = World(3)
    for number in (1, 2, 1, 2):
        world.told(number)
    assert world.github.asked.count("history") == 1


@pytest.mark.parametrize("why", ["freeze", "lock", "drift", "approval"])
def test_everybody_between_what_runs_and_the_head_is_told_what_holds_it(why: Any) -> None:
    hold = replace(FROZEN, why=why)
    world = World(1, replace(run(1), held=hold))
    waits = [(None, "frozen until Monday")]
    assert (world.told(1), world.told(2), world.told(3)) == ([(live(1).at, "")], waits, waits)
    world.serve(1, Held(replace(hold, commit=sha(2))))
    assert (world.told(2), world.told(3)) == (waits, [])


def test_what_another_installation_deploys_is_told_too_from_githubs_deployments() -> None:
    world = World(1)
    world.means = replace(world.means, grant=replace(world.means.grant, elsewhere=frozenset({"production"})))
    world.github.there = (live(2),)
    for number in (1, 2, 3):
        world.told(number)
    assert world.untold == []
    assert world.told(1) == [(live(1).at, ""), (live(1).at, "")]
    assert world.told(2) == [(live(2).at, "")] and world.told(3) == []
    before = world.github.asked.count("elsewhere")

    world.github.past, world.github.there = (live(3), live(2), live(1)), (live(3),)
    assert world.untold == [3]  # to the others it is no news
    assert world.told(2) == [(live(2).at, "")] and world.told(3) == [(live(3).at, "")]
    assert world.github.asked.count("elsewhere") == before + 1  # by the look alone
    world.github.away = True
    assert world.untold == [] and world.told(2) == [(live(2).at, "")]


def test_what_waits_in_another_installation_is_told_to_who_is_not_there_yet() -> None:
    world = World(1)
    world.serve(1, Leave())
    world.means = replace(world.means, grant=replace(world.means.grant, elsewhere=frozenset({"production"})))
    world.github.there = (live(1),)
    for number in (1, 2, 3):
        world.told(number)
    assert world.untold == []

    waits = replace(live(2), state="queued", about="1 approval of acme/release (#2)")
    world.github.there = (waits, live(1))
    assert world.untold == [2, 3]
    assert world.told(1) == [(live(1).at, "")] and world.told(3) == []
    assert world.told(2) == [(None, "1 approval of acme/release (#2)")]
    assert world.untold == []
    world.github.there = (replace(waits, about="frozen"), live(1))
    assert world.untold == [2, 3] and world.told(2) == [(None, "frozen")]
    world.github.there = (replace(live(2), state="success"),)
    assert 2 in world.untold and world.told(2) == [(live(2).at, "")]


@pytest.mark.parametrize("what", [sha(1), sha(2), "history"], ids=["before", "live", "the past"])
@pytest.mark.parametrize("wrong", [OperatorMustAct("404"), TryLater("GitHub is away")], ids=["gone", "away"])
def test_what_another_installation_deployed_keeps_no_preview_alive(what: str, wrong: ReviewAppsError) -> None:
    world = World(1)
    world.serve(1, Leave())
    world.means = replace(world.means, grant=replace(world.means.grant, elsewhere=frozenset({"production"})))
    world.github.there, world.github.past = (live(2),), (live(2), live(1))
    world.github.wrong = {what: wrong}
    assert world.told(1) == ([] if what == sha(2) else [(live(2).at, "")])


def test_nor_does_a_commit_of_ours_that_github_knows_no_more() -> None:
    world = World(1)
    world.github.wrong = {sha(1): OperatorMustAct("404")}
    assert world.told(1) == []
