"""One turn at a time, exactly one more for whatever happened meanwhile, none forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from reviewapps.coordination.due import Due
from reviewapps.coordination.lease import Lease, Leases
from reviewapps.coordination.turns import Turns
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until

PR = "1/pr-12"


@pytest.fixture
def due(redis: Redis) -> Due:
    return Due(redis, PREFIX, forward=90)


def turns(redis: Redis, due: Due, settle: Callable[[str, Lease], float | None]) -> Turns:
    return Turns(due, Leases(redis, PREFIX, seconds=60), settle)


def drain(due: Due, taker: Turns) -> int:
    """The number of turns taken until nothing is due."""
    count = 0
    while popped := due.pop(10):
        for _, environment in popped:
            count += taker.take(environment)
    return count


def test_a_settle_holds_the_lease_and_gives_it_back(redis: Redis, due: Due) -> None:
    def settle(environment: str, lease: Lease) -> None:
        lease.check()
        assert taker.leases.take(environment) is None

    taker = turns(redis, due, settle)
    assert taker.take(PR)
    assert taker.leases.take(PR) is not None


@pytest.mark.parametrize(("answer", "again"), [(None, False), (30.0, True)])
def test_the_answer_says_when_to_look_again(
    redis: Redis, due: Due, answer: float | None, again: bool
) -> None:
    turns(redis, due, lambda environment, lease: answer).take(PR)
    score = due.score(PR)
    assert (score is not None) == again
    assert score is None or 29 < score - due.now() <= 30


def test_an_environment_that_is_busy_is_put_off_by_a_second(redis: Redis, due: Due) -> None:
    taker = turns(redis, due, lambda environment, lease: pytest.fail("settled without a lease"))
    with taker.leases.take(PR) or pytest.fail("not free"):
        assert not taker.take(PR)
    assert 0 < (due.score(PR) or 0) - due.now() <= 1


def test_a_settle_that_fails_comes_again(redis: Redis, due: Due) -> None:
    due = Due(redis, PREFIX, forward=0.05)

    def settle(environment: str, lease: Lease) -> None:
        raise RuntimeError("no")

    taker = turns(redis, due, settle)
    with pytest.raises(RuntimeError):
        taker.take(PR)
    assert taker.leases.take(PR) is not None
    until(lambda: due.pop(10) == [("deploy", PR)], "the environment whose settle failed")


@pytest.mark.parametrize("answer", [None, 600.0])
@pytest.mark.parametrize("wakes", [1, 3])
def test_wakes_during_a_turn_make_exactly_one_more(
    redis: Redis, due: Due, answer: float | None, wakes: int
) -> None:
    events = [wakes]

    def settle(environment: str, lease: Lease) -> float | None:
        for _ in range(events.pop() if events else 0):
            due.wake(environment, queue="deploy")
        return answer

    due.wake(PR, queue="deploy")
    assert drain(due, turns(redis, due, settle)) == 2


def test_a_wake_whose_message_met_the_running_turn_is_not_forgotten(redis: Redis, due: Due) -> None:
    """The message of the wake is popped and taken while the first turn still runs."""
    inside = [True]

    def settle(environment: str, lease: Lease) -> None:
        if inside.pop() if inside else False:
            due.wake(environment, queue="deploy")
            assert drain(due, taker) == 0

    taker = turns(redis, due, settle)
    due.wake(PR, queue="deploy")
    assert drain(due, taker) == 1
    until(lambda: drain(due, taker) == 1, "the turn for the wake")
    assert due.score(PR) is None


def test_a_late_message_for_a_settled_environment_does_no_harm(redis: Redis, due: Due) -> None:
    taker = turns(redis, due, lambda environment, lease: None)
    assert taker.take(PR)
    assert taker.take(PR)
    assert due.score(PR) is None


def test_a_wipe_during_a_turn_loses_neither_the_next_look_nor_the_next_wake(redis: Redis, due: Due) -> None:
    def settle(environment: str, lease: Lease) -> float:
        redis.flushall()
        return 30

    turns(redis, due, settle).take(PR)
    assert due.score(PR) is not None
    due.wake(PR)
    assert due.pop(10) == [("deploy", PR)]
