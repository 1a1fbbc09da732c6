"""Who gets memory, and who waits for it: never over the cap, never for ever, and by turns between repositories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given

from reviewapps.desired import Absent, Asks, Known, Line, NoRoom, Room, Run, Verdict, Waiter, desired
from reviewapps.desired.room import Sharing, holdings
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import USUAL, App, Attempt, Environment, PullRequest, Refusal, Space
from reviewapps.outcome import Shortage
from reviewapps.plan import fingerprint
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.settling import DAY, NOW, SHOP, GitHub, Settling, pull_request, sha
from tests.core.worlds import quickly, worlds

OTHER = 8
HOUR = timedelta(hours=1)


def of(number: int, repository: int = SHOP.id) -> Environment:
    return Environment.of_pull_request(repository, number)


def app(number: int, repository: int = SHOP.id, **more: object) -> App:
    """The app of a preview that serves; its guid tells the repository."""
    guid = f"{repository}-{number}"
    plain = App(guid, f"app-{guid}", of(number, repository), "app", True, "d", sha(number), "c", NOW - DAY)
    return replace(plain, **more)  # type: ignore[arg-type]


def aged(number: int) -> PullRequest:
    """The higher its number, the newer."""
    return pull_request(number, created_at=NOW - DAY + number * DAY / 100)


def judged(
    *numbers: int,
    allowance: int | None,
    apps: dict[App, int] | None = None,
    needs: dict[int, int] | None = None,
    limit: int = 9,
    **room: object,
) -> dict[int, Verdict]:
    """The verdicts on these pull requests, of which those without an app want room; builds take 256 MB."""
    held = apps or {}
    known = Known(
        {sha(n): NOW - DAY for n in range(1, 10)},
        needs={sha(n): (needs or {}).get(n, 256) for n in range(1, 10)},
        room=Room(allowance, 2048, {one.guid: mb for one, mb in held.items()}, staging=256, **room),  # type: ignore[arg-type]
    )
    github = GitHub({n: aged(n) for n in numbers})
    found = desired(github.look(), Rules(), Grant(limit=limit), Space(tuple(held)), known, NOW)
    assert not found.asks
    return {e.number or 0: verdict for e, verdict in found.verdicts.items()}


def running(found: dict[int, Verdict]) -> set[int]:
    return {number for number, verdict in found.items() if isinstance(verdict, Run)}


def shortage(verdict: Verdict) -> Shortage:
    assert isinstance(verdict, NoRoom) and verdict.shortage is not None
    return verdict.shortage


TWO = {app(1): 256, app(2): 256}


def test_who_does_not_fit_waits_and_is_told_what_for() -> None:
    found = judged(1, 2, 3, 4, allowance=1200, apps=TWO)  # 1,200 - 512 awake - 512 for a build and a switch
    first, second = found[4], found[3]
    assert first == NoRoom(sha(4), 1, 2, 9, (1, 2), Shortage(256, 2048, freed_by=(1, 2)))
    assert (shortage(first).free, running(found)) == (176, {1, 2})
    assert second == NoRoom(sha(3), 2, 2, 9, (1, 2), Shortage(256, 2048))


@pytest.mark.parametrize(
    ("allowance", "up"), [(1279, {1, 2}), (1280, {1, 2, 4}), (1536, {1, 2, 3, 4}), (None, {1, 2, 3, 4})]
)
def test_a_build_and_a_switch_have_their_part(allowance: int | None, up: set[int]) -> None:
    assert running(judged(1, 2, 3, 4, allowance=allowance, apps=TWO)) == up


@pytest.mark.parametrize(("allowance", "up"), [(255, set()), (256, {3}), (1024, {2, 3})])
def test_the_first_may_have_all_there_is(allowance: int, up: set[int]) -> None:
    assert running(judged(1, 2, 3, allowance=allowance, limit=2)) == up


def test_a_small_space_keeps_half_of_itself_for_building_and_switching() -> None:
    assert running(judged(1, 2, 3, allowance=512, needs={1: 128, 2: 128, 3: 128})) == {2, 3}


def test_the_limit_of_previews_holds_also_where_memory_is_left() -> None:
    found = judged(1, 2, 3, allowance=9999, apps=TWO, limit=2)
    assert found[3] == NoRoom(sha(3), 1, 1, 2, (1, 2))


def test_what_could_never_fit_holds_up_nobody() -> None:
    found = judged(1, 2, 3, 4, allowance=1280, apps=TWO, needs={4: 4096})
    assert running(found) == {1, 2, 3}
    assert shortage(found[4]).never
    found = judged(1, 2, 3, 4, allowance=1200, apps=TWO, needs={4: 4096})
    places = {n: verdict.place for n, verdict in found.items() if isinstance(verdict, NoRoom)}
    assert (places, shortage(found[3]).freed_by) == ({3: 1, 4: 2}, (1, 2))


def test_what_will_be_refused_needs_no_room() -> None:
    assert running(judged(1, 2, 3, allowance=1024, apps=TWO, needs={3: 0})) == {1, 2, 3}


def test_what_is_on_its_way_holds_what_it_needs() -> None:
    begun = app(1, started=False, commit=None, attempt=Attempt("a", sha(1), "c", NOW))
    found = judged(1, 2, allowance=1500, apps={begun: 64}, needs={1: 512})
    assert running(found) == {1}


def test_what_was_refused_and_is_stopped_holds_nothing() -> None:
    refusal = Refusal("build", "it does not build", NOW)
    stopped = app(1, started=False, commit=None, attempt=Attempt("a", sha(1), "c", NOW, refusal=refusal))
    assert holdings(Room(4096, sizes={stopped.guid: 512}), Space((stopped,)), {}) == {}


def test_what_everybody_leaves_alone_holds_what_it_has_and_no_more() -> None:
    grows = app(1, 8, attempt=Attempt("a", sha(9), "c", NOW, needs_mb=1024))
    begun = app(2, 8, started=False, commit=None, attempt=Attempt("a", sha(2), "c", NOW))
    room = Room(4096, sizes={grows.guid: 256, begun.guid: 512}, granted=frozenset({SHOP.id, 8}))
    space = Space((grows, begun))
    assert holdings(room, space, {}) == {of(1, 8): 1024, of(2, 8): 512}
    assert holdings(replace(room, granted=frozenset({SHOP.id})), space, {}) == {of(1, 8): 256}


# --- the line ---


def waiting(number: int, since: timedelta, need: int) -> Waiter:
    return Waiter(number, need, NOW - since)


def test_an_older_one_that_would_fit_does_not_pass_a_larger_one() -> None:
    assert running(judged(1, 2, 3, 4, allowance=1300, apps=TWO, needs={4: 512, 3: 64})) == {1, 2}


@pytest.mark.parametrize(("waited", "first"), [(HOUR, 3), (HOUR / 2, 4)])
def test_after_an_hour_newer_ones_that_need_less_are_not_put_before_a_larger_one(
    waited: timedelta, first: int
) -> None:
    before = (waiting(3, waited, 1024),)
    found = judged(1, 2, 3, 4, allowance=1300, apps=TWO, needs={3: 1024, 4: 256}, before=before)
    places = {n: verdict.place for n, verdict in found.items() if isinstance(verdict, NoRoom)}
    assert places == ({3: 1, 4: 2} if first == 3 else {3: 1})
    assert running(found) == ({1, 2} if first == 3 else {1, 2, 4})


def test_who_needs_as_much_is_passed_by_the_newer_however_long_it_waits() -> None:
    found = judged(1, 2, 3, 4, allowance=1300, apps=TWO, before=(waiting(3, DAY, 256),))
    assert running(found) == {1, 2, 4}


def test_it_is_remembered_since_when_each_waits() -> None:
    github = GitHub({n: aged(n) for n in (1, 2)})
    room = Room(600, 600, staging=256, before=(waiting(1, HOUR, 256),))
    known = Known({sha(n): NOW for n in (1, 2)}, needs={sha(1): 256, sha(2): 256}, room=room)
    found = desired(github.look(), Rules(), Grant(), Space(), known, NOW)
    assert found.line == (waiting(2, timedelta(), 256), waiting(1, HOUR, 256))


# --- between repositories ---


def line(*waiters: Waiter) -> tuple[Line, ...]:
    return (Line(OTHER, waiters),)


def test_the_repository_that_holds_less_goes_first() -> None:
    found = judged(1, 2, 3, allowance=1300, apps=TWO, lines=line(waiting(5, timedelta(), 256)))
    assert running(found) == {1, 2}
    first = Shortage(256, 2048, freed_by=(1, 2), others_first=True)
    assert shortage(found[3]) == first  # theirs fits, and has its room from now on


def test_the_repository_that_holds_more_waits() -> None:
    theirs = {app(1, OTHER): 256, app(2, OTHER): 256}
    found = judged(3, allowance=1300, apps=theirs, lines=line(waiting(5, DAY, 256)))
    assert running(found) == {3}


@pytest.mark.parametrize(("since", "up"), [(HOUR, set()), (-HOUR, {3})])
def test_of_two_that_hold_as_much_the_longer_waiting_goes_first(since: timedelta, up: set[int]) -> None:
    found = judged(3, allowance=400, lines=line(waiting(5, since, 256)))
    assert running(found) == up


@pytest.mark.parametrize(("theirs", "up"), [(USUAL - 1, {1}), (USUAL + 1, {1, 3})])
def test_what_is_on_its_way_counts_for_the_turns_as_everybody_sees_it(theirs: int, up: set[int]) -> None:
    begun = app(1, started=False, commit=None, attempt=Attempt("a", sha(1), "c", NOW))
    known = {1: 64, 3: 64}
    found = judged(
        1,
        3,
        allowance=2048,
        apps={begun: USUAL, app(1, OTHER): theirs},
        needs=known,
        lines=line(waiting(5, DAY, 900)),
    )
    assert running(found) == up


def test_who_comes_first_elsewhere_and_does_not_fit_holds_up_who_would() -> None:
    found = judged(1, 2, 3, allowance=1300, apps=TWO, lines=line(waiting(5, timedelta(), 900)))
    assert running(found) == {1, 2}
    assert shortage(found[3]) == Shortage(256, 2048, others_first=True)


def test_who_could_never_fit_elsewhere_holds_up_nobody() -> None:
    found = judged(1, 2, 3, allowance=1300, apps=TWO, lines=line(waiting(5, timedelta(), 9000)))
    assert running(found) == {1, 2, 3}


def test_who_waited_elsewhere_and_has_an_app_by_now_is_counted_once() -> None:
    begun = {**TWO, app(5, OTHER): 64}
    found = judged(1, 2, 3, allowance=1400, apps=begun, lines=line(waiting(5, HOUR, 512)))
    assert running(found) == {1, 2, 3}


# --- what is asked ---


def asks(known: Known, grant: Grant, rules: Rules | None = None) -> Asks:
    github = GitHub({n: aged(n) for n in (1, 2)})
    return desired(github.look(), rules or Rules(), grant, Space(), known, NOW).asks


DATES = Known({sha(n): NOW for n in (1, 2)})


def test_room_is_asked_for_only_by_who_could_run() -> None:
    assert asks(Known(), Grant()) == Asks(commits=frozenset({sha(1), sha(2)}))
    assert asks(DATES, Grant()) == Asks(room=True)
    assert asks(DATES, Grant(limit=0)) == Asks()


def test_no_manifest_is_read_where_there_is_room_for_the_largest_that_is_allowed() -> None:
    plenty = replace(DATES, room=Room(9999, 9999))
    assert asks(plenty, Grant()) == Asks()
    tight = replace(DATES, room=Room(2500, 2500))
    assert asks(tight, Grant(memory_mb=2048)) == Asks(needs=frozenset({aged(1)}))
    assert (
        asks(tight, Grant(memory_mb=2048), Rules(environments={"review": EnvironmentRules(memory_mb=2048)}))
        == Asks()
    )


def test_a_figure_that_moves_is_not_told_again() -> None:
    verdicts = [NoRoom(sha(1), 1, 1, 5, (2,), Shortage(512, 2048, (2,), free=mb)) for mb in (64, 128)]
    actual = Space().actual(of(1))
    assert len({fingerprint(verdict, actual) for verdict in verdicts}) == 1


# --- whatever there is ---


@quickly
@given(worlds())
def test_nothing_is_planned_over_the_cap(world: Settling) -> None:
    assume(world.allowance is not None and not isinstance(world.github.rules, BadRules))
    allowance, space = world.allowance or 0, world.cf.look()
    found, before = world.judged(), _held(world, space)
    new = {e: _need(world, v) for e, v in found.verdicts.items() if isinstance(v, Run) and _is_new(space, e)}
    if new:
        assert sum(before.values()) + sum(new.values()) <= allowance


@quickly
@given(worlds())
def test_nobody_waits_while_there_is_room_for_the_first_in_line(world: Settling) -> None:
    """Where everything is awake, so that nobody has to guess what anything holds."""
    found, space = world.judged(), world.cf.look()
    assume(all(app.started for app in space.apps))
    held = _held(world, space)
    new = {e: _need(world, v) for e, v in found.verdicts.items() if isinstance(v, Run) and e not in held}
    waiters = sorted((v.place, v) for v in found.verdicts.values() if isinstance(v, NoRoom) and v.shortage)
    sharing = Sharing(world.room(), SHOP.id, held | new)
    for _, verdict in waiters:
        need = shortage(verdict).need
        if need is not None and not shortage(verdict).never:
            assert not sharing.fits(need)
            break


def _held(world: Settling, space: Space) -> dict[Environment, int]:
    needs = {
        of(pr.number): world.github.needs.get(pr.commit, 256)
        for pr in world.github.pull_requests.values()
        if not any(one.started for one in space.actual(of(pr.number)).apps)
    }
    return holdings(world.room(), space, needs)


def _need(world: Settling, verdict: Verdict) -> int:
    assert isinstance(verdict, Run)
    return world.github.needs.get(verdict.commit, 256)


def _is_new(space: Space, environment: Environment) -> bool:
    return environment.number is not None and environment not in space.environments(SHOP.id)


def test_absent_ones_hold_their_room_until_they_are_gone() -> None:
    github = GitHub({1: pull_request(1, open=False, closed_at=NOW), 2: aged(2)})
    room = Room(400, 400, {app(1).guid: 256}, staging=256)
    known = Known({sha(2): NOW}, needs={sha(2): 256}, room=room)
    found = desired(github.look(), Rules(), Grant(), Space((app(1),)), known, NOW)
    assert isinstance(found.of(of(1)), Absent)
    assert isinstance(found.of(of(2)), NoRoom)
