"""A push that asks for more memory than what serves: it stands in line, and what serves serves on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.desired import NoRoom, Room, Run
from reviewapps.desired.growing import Growing
from reviewapps.model import App, Attempt, Environment, Space
from reviewapps.outcome import Shortage
from tests.core.imagined import CloudFoundry
from tests.core.settling import (
    DEADLINE,
    NOW,
    SHOP,
    SIZE,
    GitHub,
    Settling,
    is_as_it_should_be,
    pull_request,
    sha,
)

NEW = sha(99)
PR_1, PR_2, PR_3 = (Environment(SHOP.id, f"pr-{number}") for number in (1, 2, 3))


def world(allowance: int | None) -> Settling:
    """Two previews that serve, where so many MB may be had; of #1 a commit is pushed that takes twice as much."""
    there = Settling(
        GitHub({1: pull_request(1), 2: pull_request(2)}), CloudFoundry(NOW, {}), allowance=allowance
    )
    there.until_settled()
    there.github.needs[NEW] = 2 * SIZE
    there.github.pull_requests[1] = pull_request(1, NEW)
    return there


def rounds(there: Settling, times: int) -> None:
    for _ in range(times):
        for environment in there.attention():
            there.turn(environment)
        there.cf.pass_time()


def built(there: Settling, commit: str) -> bool:
    return there.cf.builds_made[there.github.tree(commit)] > 0


@pytest.mark.parametrize("allowance", [None, 10 * SIZE])
def test_where_there_is_room_it_goes_at_once(allowance: int | None) -> None:
    there = world(allowance)
    there.until_settled()
    assert there.cf.look().actual(PR_1).apps[0].commit == NEW and is_as_it_should_be(there) == {}


def test_where_there_is_none_it_waits_beyond_its_deadline_and_goes_when_somebody_leaves() -> None:
    there = world(4 * SIZE)
    rounds(there, 3)
    there.cf.now += 2 * DEADLINE
    rounds(there, 3)
    (app,) = there.cf.look().actual(PR_1).apps
    assert (app.commit, app.started, built(there, NEW)) == (sha(1), True, False)
    verdict = there.judged().of(PR_1)
    assert isinstance(verdict, Run)
    assert verdict.short == NoRoom(NEW, 1, 1, 5, (2,), Shortage(2 * SIZE, 4 * SIZE, (2,)))
    there.github.pull_requests[2] = pull_request(2, open=False, closed_at=NOW)
    there.until_settled()
    app, *_ = there.cf.look().actual(PR_1).apps
    assert app.commit == NEW and app.attempt is not None
    assert (app.attempt.tries, app.attempt.needs_mb) == (0, None)  # its time began when there was room


def test_who_comes_later_does_not_take_its_room() -> None:
    there = world(4 * SIZE)
    rounds(there, 3)
    there.github.pull_requests[3] = pull_request(3)
    rounds(there, 3)
    assert isinstance(there.judged().of(PR_3), NoRoom)


def test_another_push_that_asks_for_no_more_goes_at_once() -> None:
    there = world(4 * SIZE)
    rounds(there, 3)
    there.github.pull_requests[1] = pull_request(1, sha(98))
    there.until_settled()
    assert there.cf.look().actual(PR_1).apps[0].commit == sha(98)


def test_who_is_killed_goes_on_waiting() -> None:
    there = world(4 * SIZE)
    there.kills = frozenset(range(len(there.taken), len(there.taken) + 9))
    rounds(there, 12)
    assert there.cf.look().actual(PR_1).apps[0].commit == sha(1) and not built(there, NEW)
    assert not any(isinstance(step, steps.Refuse) for step in there.taken)


def grower(number: int, needs: int, minutes: int, repository: int = SHOP.id) -> App:
    """An app of one that serves and waits to grow, since so many minutes."""
    environment, guid = Environment.of_pull_request(repository, number), f"{repository}-{number}"
    attempt = Attempt("a", NEW, "c", NOW - timedelta(minutes=minutes), needs_mb=needs)
    plain = App(guid, guid, environment, "app", True, "d", sha(number), "c", NOW)
    return replace(plain, attempt=attempt)


def short(
    number: int, *apps: App, allowance: int = 2048, granted: frozenset[int] | None = None
) -> NoRoom | None:
    """What the one of this number is short of, where each of them holds 256 MB."""
    sizes = dict.fromkeys((app.guid for app in apps), 256)
    room = Room(allowance, allowance, sizes, staging=256, granted=granted)
    return Growing(room, Space(apps), 5).short(Environment.of_pull_request(SHOP.id, number), NEW)


def test_of_two_that_would_grow_the_one_that_asked_first_goes_first() -> None:
    first, second = grower(2, 512, 9), grower(1, 512, 5)
    assert short(2, first, second, allowance=1800) is None
    waits = short(1, first, second, allowance=1800)
    assert waits is not None and (waits.place, waits.of) == (2, 2)


def test_whoever_of_another_repository_asked_first_goes_first() -> None:
    assert short(1, grower(1, 512, 5), grower(1, 512, 9, repository=8), allowance=1800) is not None


@pytest.mark.parametrize(("granted", "waits"), [({8}, True), (None, True), (set(), False)])
def test_but_for_one_whose_repository_is_not_granted_any_more(granted: set[int] | None, waits: bool) -> None:
    here = None if granted is None else frozenset({SHOP.id} | granted)
    theirs = grower(1, 512, 9, repository=8)
    found = short(1, grower(1, 512, 5), theirs, allowance=1800, granted=here)
    assert (found is not None) == waits


def test_what_could_never_be_had_is_said_and_holds_up_nobody() -> None:
    first, second = grower(2, 4096, 9), grower(1, 512, 5)
    never = short(2, first, second)
    assert never is not None and never.shortage is not None and never.shortage.never
    assert short(1, first, second) is None
