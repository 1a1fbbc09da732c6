"""No wait is overshot by more than a small part of it, and few are asked however many wait."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from reviewapps.installation import Installation
from reviewapps.model import Actual, Build, Environment, Progress
from reviewapps.plan import lasting, with_ends
from reviewapps.reconcile import Reconciler
from reviewapps.reconcile.means import Means, Pace
from reviewapps.reconcile.over import over
from reviewapps.reconcile.watch import MOST_GUIDS, is_still_under_way, under_way, wait_for
from reviewapps.steps import UnderWay, Wait
from tests.core.settling import NOW, SHOP
from tests.core.test_capacity import Remembering
from tests.core.test_deploying import CloudFoundry, Deploying

HOUR = 3600.0


@dataclass
class Platform:
    """A platform that works on ``ends`` (seconds from now) of each environment, and ``listed`` at those times,
    when these guids (here, names of environments) were ``asked_for``; the ``seconds`` that have passed."""

    ends: dict[Environment, float]
    listed: list[float] = field(default_factory=list)
    asked_for: list[tuple[str, ...]] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def means(self) -> Means:
        platform = self

        class Works(CloudFoundry):
            def under_way(self, kind: UnderWay, guids: Sequence[str] = ()) -> Progress:
                platform.listed.append(platform.seconds)
                platform.asked_for.append(tuple(guids))
                of = {e: at for e, at in platform.ends.items() if not guids or e.name in guids}
                working = frozenset(e for e, at in of.items() if at > platform.seconds)
                over = [Build(e.name, "ready", "p", "k", "1", f"d-{e.name}") for e in of.keys() - working]
                return Progress(working, frozenset(e.name for e in working), tuple(over) if guids else ())

        own: dict[str, Any] = {"cloudfoundry": Works(NOW, {}), "memory": self.memory, "pace": Pace()}
        return replace(Deploying(()).means, now=self.now, wake=self.woken.append, **own)

    def now(self) -> Any:
        return NOW + timedelta(seconds=self.seconds)

    def __post_init__(self) -> None:
        self.memory = Remembering()

    def noticed(
        self, kinds: Callable[[Environment], UnderWay | None], until: float = HOUR
    ) -> dict[str, float]:
        """When it is noticed of each that the platform is done; each is asked as often as it wants to be."""
        means, due = self.means, {}
        waits = {e: Wait("it", kinds(e)) for e in self.ends}
        for environment, wait in waits.items():
            due[environment] = wait_for(means, environment, wait, "1")
        found: dict[str, float] = {}
        self.turns = 0
        while due:
            self.turns += 1
            environment = min(due, key=lambda one: due[one])
            self.seconds = due.pop(environment)
            again = is_still_under_way(means, environment)
            if again is None and self.seconds < self.ends[environment]:  # a closer look
                again = wait_for(means, environment, waits[environment], "1")
            if again is None:
                found[environment.name] = self.seconds
            elif self.seconds < until:
                due[environment] = self.seconds + again
            for key in self.woken:
                due |= {one: self.seconds for one in due if one.key == key}
            self.woken.clear()
        return found


def _some(count: int, lasts: Callable[[int], float]) -> Platform:
    return Platform({Environment(SHOP.id, f"pr-{n}"): lasts(n) for n in range(1, count + 1)})


@pytest.mark.parametrize("kind", ["package", "build", "deployment", "task", None])
@pytest.mark.parametrize("lasts", [0.1, 3.0, 11.0, 42.0, 95.0, 190.0])
def test_a_wait_is_overshot_by_a_twentieth_or_half_a_second(kind: UnderWay | None, lasts: float) -> None:
    platform = _some(1, lambda n: lasts)
    noticed = platform.noticed(lambda environment: kind)["pr-1"]
    assert lasts <= noticed <= lasts + max(0.55, 0.055 * lasts)


@pytest.mark.parametrize("count", [10, 60, 200])
def test_however_many_wait_few_listings_are_asked_for(count: int) -> None:
    kinds: list[UnderWay] = ["package", "build", "deployment", "task"]
    platform = _some(count, lambda n: 20.0 + n)
    noticed = platform.noticed(lambda environment: kinds[(environment.number or 0) % 4])
    assert len(noticed) == count
    for second in range(10, 200):
        assert sum(second <= at < second + 10 for at in platform.listed) <= 10 / Pace().apart + 1
    for name, at in noticed.items():
        lasted = 20.0 + int(name.removeprefix("pr-"))
        assert at <= lasted + 2 + 0.1 * lasted
    assert platform.turns <= 25 * max(noticed.values())


@pytest.mark.parametrize("ahead", [1.0, 300.0])
def test_a_clock_that_is_ahead_keeps_nobody_else_from_looking(ahead: float) -> None:
    platform = _some(1, lambda n: HOUR)
    (environment,) = platform.ends
    other = replace(platform.means, now=lambda: platform.now() + timedelta(seconds=ahead))
    under_way(other, "build", but=environment)
    wait_for(platform.means, environment, Wait("it", "build"), "1")
    for turn in range(20):
        if turn == 10:  # by then Redis has forgotten it
            (listing,) = (name for name in platform.memory.values if name.endswith(":build"))
            platform.memory.write(listing, None, 1.0)
        platform.seconds += (again := is_still_under_way(platform.means, environment) or Pace().soon)
        assert again <= Pace().soon
    assert len(platform.listed) > 1


def test_what_lasts_for_ever_is_looked_at_seldom_but_looked_at() -> None:
    platform = _some(1, lambda n: HOUR)
    platform.noticed(lambda environment: "build", until=900.0)
    gaps = [at - before for before, at in itertools.pairwise(platform.listed)]
    assert max(gaps) <= 2 * Pace().seldom + 0.1  # in between somebody looked closer
    assert sum(at > 300 for at in platform.listed) <= 600 / Pace().seldom + 15


def test_who_asks_for_himself_asks_the_more_rarely_the_more_do() -> None:
    platform = _some(40, lambda n: HOUR)
    means, wait = platform.means, Wait("the first instance")
    waits = [wait_for(means, environment, wait, "1") for environment in platform.ends]
    assert waits[0] == Pace().first
    assert waits[-1] == 40 * Pace().apart
    platform.seconds = 60.0
    assert wait_for(means, next(iter(platform.ends)), Wait("something else"), "1") == Pace().first


def test_whose_wait_is_over_keeps_nobody_waiting() -> None:
    platform = _some(3, lambda n: HOUR)
    means, (one, other, third) = platform.means, platform.ends
    wait_for(means, one, Wait("the first instance"), "1")
    platform.seconds = 1.0
    assert wait_for(means, other, Wait("the first instance"), "1") == 2 * Pace().apart
    platform.seconds = 5.0
    assert wait_for(means, third, Wait("the first instance"), "1") == Pace().first


@pytest.mark.parametrize("kind", ["package", None])
@pytest.mark.parametrize("lasts", [0.05, 0.25, 0.6])
def test_what_is_over_in_a_moment_is_noticed_in_a_moment(kind: UnderWay | None, lasts: float) -> None:
    platform = _some(1, lambda n: lasts)
    noticed = platform.noticed(lambda environment: kind)["pr-1"]
    assert noticed - lasts <= (0.5 if kind is not None and lasts > Pace().first else 0.3)


def test_a_listing_from_before_the_wait_says_nothing_of_it() -> None:
    platform = _some(2, lambda n: HOUR)
    means, (one, other) = platform.means, platform.ends
    platform.ends = {one: HOUR}
    wait_for(means, one, Wait("the upload", "package"), "1")
    platform.seconds = 0.1
    assert is_still_under_way(means, one) is not None
    platform.ends = {one: HOUR, other: HOUR}
    platform.seconds = 0.2
    wait_for(means, other, Wait("the upload", "package"), "1")
    platform.seconds = 0.3
    again = is_still_under_way(means, other)
    assert again is not None and 0.3 <= again < 0.55, "until another listing may be asked for"
    assert platform.listed == [0.1]


def test_before_there_is_anything_to_be_seen_nobody_looks() -> None:
    platform = _some(1, lambda n: HOUR)
    again = Wait("another try", until=NOW + timedelta(seconds=40))
    assert wait_for(platform.means, next(iter(platform.ends)), again, "1") == 40.0


def test_another_wait_begins_anew() -> None:
    platform = _some(1, lambda n: HOUR)
    means, (environment,) = platform.means, platform.ends
    first, build = Wait("staging", "build"), Wait("the new instance", "deployment")
    wait_for(means, environment, first, "1")
    platform.seconds = 100.0
    assert wait_for(means, environment, first, "1") == 5.0
    assert wait_for(means, environment, first, "2") == Pace().soon
    assert wait_for(means, environment, build, "2") == Pace().soon


def test_who_wants_another_commit_is_looked_at_closer() -> None:
    platform = _some(1, lambda n: HOUR)
    (environment,) = platform.ends
    wait_for(platform.means, environment, Wait("staging", "build"), "1")
    assert is_still_under_way(platform.means, environment) is not None
    platform.memory.write("acme/shop:waiting:pr-1", None, 60.0)
    assert is_still_under_way(platform.means, environment) is None


def test_builds_of_others_are_told_from_ones_own() -> None:
    platform = _some(2, lambda n: HOUR)
    one, other = platform.ends
    assert under_way(platform.means, "build", but=one)
    del platform.ends[other]
    platform.seconds = 6.0
    assert not under_way(platform.means, "build", but=one)


class Free:
    """Leases that nobody holds, and environments that become due."""

    def __init__(self) -> None:
        self.woken: list[str] = []

    def take(self, key: str) -> Any:
        return nullcontext()

    def wake(self, key: str, queue: str) -> None:
        self.woken.append(key)


def test_what_somebody_says_by_hand_is_not_kept_waiting() -> None:
    platform = _some(1, lambda n: HOUR)
    means, (environment,), free = platform.means, platform.ends, Free()
    installation = Installation(
        cast(Any, {SHOP.name: Reconciler(means)}),
        due=cast(Any, free),
        leases=cast(Any, free),
        clock=cast(Any, None),
        soon=cast(Any, None),
        memory=platform.memory,
        announce=free.woken.append,
    )
    wait_for(means, environment, Wait("staging", "build"), "1")
    assert is_still_under_way(means, environment) is not None
    with installation.held(environment, "octocat"):
        pass
    assert is_still_under_way(means, environment) is None


def _builds(environment: Environment) -> Wait:
    return Wait("staging", "build", guid=environment.name)


def test_whoever_lists_sees_how_the_builds_of_all_who_wait_ended() -> None:
    platform = _some(3, lambda n: 10.0 * n)
    means, (one, other, third) = platform.means, platform.ends
    for environment in platform.ends:
        wait_for(means, environment, _builds(environment), "1")
    platform.seconds = 21.0
    assert is_still_under_way(means, one) is None
    assert platform.asked_for == [("pr-1", "pr-2", "pr-3")]
    assert is_still_under_way(means, other) is None
    platform.seconds = 23.0
    assert is_still_under_way(means, third) is not None
    assert platform.asked_for[1:] == [("pr-3",)]
    ended = [over(means, environment.name) for environment in platform.ends]
    assert [one and one.droplet for one in ended] == ["d-pr-1", "d-pr-2", None]


def test_of_more_than_an_address_holds_only_what_is_under_way_is_listed() -> None:
    platform = _some(MOST_GUIDS + 1, lambda n: 10.0)
    means, one = platform.means, next(iter(platform.ends))
    for environment in platform.ends:
        wait_for(means, environment, _builds(environment), "1")
    platform.seconds = 11.0
    assert is_still_under_way(means, one) is None
    assert (platform.asked_for, over(means, one.name)) == ([()], None)
    platform.ends = {one: 30.0}
    wait_for(means, one, _builds(one), "2")
    platform.seconds = 13.0
    assert is_still_under_way(means, one) is not None
    assert platform.asked_for[1:] == [("pr-1",)], "of the many none is waited for any more"


def test_a_listing_of_what_others_wait_for_says_nothing_of_ones_own() -> None:
    platform = _some(2, lambda n: HOUR)
    means, (one, other) = platform.means, platform.ends
    wait_for(means, one, _builds(one), "1")
    for environment, wait in ((other, Wait("an older staging", "build")), (other, _builds(other))):
        wait_for(means, environment, wait, "1")
        platform.seconds += 1.0
        assert is_still_under_way(means, one) is not None
        platform.seconds += 0.1
        assert is_still_under_way(means, other) is not None, "until another listing may be asked for"


def test_builds_of_anybody_are_listed_whatever_is_waited_for() -> None:
    platform = _some(2, lambda n: HOUR)
    one = next(iter(platform.ends))
    wait_for(platform.means, one, _builds(one), "1")
    platform.seconds = 1.0
    assert is_still_under_way(platform.means, one) is not None
    assert under_way(platform.means, "build", but=one)
    assert platform.asked_for == [("pr-1",), ()]


@pytest.mark.parametrize("before", [(), (Build("before", "failed", "p", "k", "0"),)])
def test_a_build_that_ended_well_is_gone_on_with(before: tuple[Build, ...]) -> None:
    staging = Build("b", "waiting", "p", "k", "1")
    built = replace(staging, state="ready", droplet="d")
    there = Actual(Environment(SHOP.id, "pr-1"), builds=(staging, *before), droplets=())
    lasted = lasting(there)
    ends = with_ends(lasted, there.builds, None, {"b": built}.get)
    assert (ends.builds, ends.droplets) == ((built, *before), None)
    assert ends.uncopied == {"b"}
    assert with_ends(lasted, there.builds, None, lambda guid: None) == lasted
    assert lasted.builds is None


def test_who_lists_wakes_others_and_goes_on_himself() -> None:
    platform = _some(2, lambda n: 10.0)
    means, (one, other) = platform.means, platform.ends
    for environment in (one, other):
        wait_for(means, environment, Wait("staging", "build"), "1")
    platform.seconds = 5.0
    assert is_still_under_way(means, one) is not None
    platform.seconds = 11.0
    assert is_still_under_way(means, one) is None
    assert platform.woken == [other.key]


def test_a_wait_that_another_version_wrote_down_is_looked_at_closer() -> None:
    platform = _some(1, lambda n: HOUR)
    means, (environment,) = platform.means, platform.ends
    wait_for(means, environment, Wait("staging", "build"), "1")
    entry = means.remembered("waiting", environment.name)
    assert isinstance(entry, dict)
    means.remember({key: entry[key] for key in entry if key != "closer"}, 60.0, "waiting", environment.name)
    assert is_still_under_way(means, environment) is None
    assert wait_for(means, environment, Wait("staging", "build"), "1") == Pace().soon
