"""What is due comes, in order, and cannot be lost."""

from __future__ import annotations

from threading import Thread

import pytest
from redis import Redis

from reviewapps.coordination.due import Due
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until


@pytest.fixture
def due(redis: Redis) -> Due:
    return Due(redis, PREFIX, forward=90)


def test_what_was_woken_is_popped_once(due: Due) -> None:
    due.wake("1/pr-12", queue="deploy")
    assert due.pop(10) == [("deploy", "1/pr-12")]
    assert due.pop(10) == []


def test_teardown_goes_first_whatever_was_woken_first(due: Due) -> None:
    due.wake("1/pr-1", queue="deploy", at=due.now() - 100)
    due.wake("1/pr-2", queue="teardown")
    assert due.pop(1) == [("teardown", "1/pr-2")]
    assert due.pop(1) == [("deploy", "1/pr-1")]


def test_what_is_due_longest_goes_first_within_a_queue(due: Due) -> None:
    due.wake("late", queue="deploy", at=due.now() - 1)
    due.wake("later", queue="deploy")
    due.wake("latest", queue="deploy", at=due.now() - 50)
    assert [environment for _, environment in due.pop(2)] == ["latest", "late"]


def test_what_is_not_due_yet_is_not_popped(due: Due) -> None:
    due.wake("1/pr-12", queue="deploy", at=due.now() + 60)
    assert due.pop(10) == []


def test_when_the_next_one_is_due_is_known(due: Due) -> None:
    assert due.next_in() is None
    due.wake("due already, and held back", queue="deploy", at=due.now() - 5)
    assert due.next_in() is None
    due.wake("1/pr-1", queue="deploy", at=due.now() + 60)
    due.wake("1/pr-2", queue="teardown", at=due.now() + 30)
    soonest = due.next_in()
    assert soonest is not None and 20 < soonest <= 30


def test_a_lost_message_comes_back_by_itself(redis: Redis) -> None:
    due = Due(redis, PREFIX, forward=0.05)
    due.wake("1/pr-12", queue="deploy")
    assert due.pop(10)
    until(lambda: due.pop(10) == [("deploy", "1/pr-12")], "the second message")


@pytest.mark.parametrize(("first", "second"), [(20, 50), (50, 20)])
def test_the_earlier_time_wins(due: Due, first: float, second: float) -> None:
    due.wake("1/pr-12", queue="deploy", at=first)
    due.wake("1/pr-12", queue="deploy", at=second)
    assert due.score("1/pr-12") == 20


@pytest.mark.parametrize(("old", "new"), [("deploy", "teardown"), ("teardown", "deploy")])
def test_an_environment_stands_in_one_queue_only(due: Due, old: str, new: str) -> None:
    due.wake("1/pr-12", queue=old)
    due.wake("1/pr-12", queue=new)
    assert due.pop(10) == [(new, "1/pr-12")]


def test_a_wake_without_a_queue_leaves_it_where_it_is(due: Due) -> None:
    due.wake("1/pr-12", queue="teardown", at=due.now() + 60)
    due.wake("1/pr-12")
    assert due.pop(10) == [("teardown", "1/pr-12")]


def test_a_watch_changes_nothing_for_what_waits_already(due: Due) -> None:
    due.wake("1/pr-12", queue="teardown", at=50)
    due.watch("1/pr-12", queue="deploy", at=20)
    assert due.score("1/pr-12") == 50
    assert due.pop(10) == [("teardown", "1/pr-12")]


def test_a_watch_adds_what_nobody_waits_for(due: Due) -> None:
    due.watch("1/pr-12", queue="deploy", at=20)
    assert due.pop(10) == [("deploy", "1/pr-12")]


@pytest.mark.parametrize(("next_at", "score"), [(None, None), (5e9, 5e9)])
def test_finishing_sets_the_next_look_or_removes_it(
    due: Due, next_at: float | None, score: float | None
) -> None:
    due.wake("1/pr-12", queue="deploy")
    due.finish("1/pr-12", due.claim("1/pr-12"), next_at)
    assert due.score("1/pr-12") == score


@pytest.mark.parametrize("next_at", [None, 5e9])
def test_a_wake_meanwhile_outlives_the_finish(due: Due, next_at: float | None) -> None:
    seen = due.claim("1/pr-12")
    due.wake("1/pr-12", queue="teardown")
    due.finish("1/pr-12", seen, next_at)
    assert due.pop(10) == [("teardown", "1/pr-12")]


def test_a_wake_for_later_gives_way_to_an_earlier_next_look(due: Due) -> None:
    seen = due.claim("1/pr-12")
    due.pop(10)
    due.wake("1/pr-12", at=due.now() + 50)
    soon = round(due.now() + 10, 6)
    due.finish("1/pr-12", seen, soon)
    assert due.score("1/pr-12") == soon


def test_a_claim_takes_in_the_wakes_before_it(due: Due) -> None:
    due.wake("1/pr-12", queue="deploy")
    due.claim("1/pr-12")
    assert due.pop(10) == []


def test_a_claim_hides_what_redis_forgot_and_lets_it_come_back(redis: Redis) -> None:
    due = Due(redis, PREFIX, forward=0.05)
    due.wake("1/pr-12", queue="teardown")
    redis.flushall()
    due.claim("1/pr-12")
    until(lambda: due.pop(10) == [("deploy", "1/pr-12")], "the environment of the forgotten message")


def test_a_finish_after_a_wipe_still_sets_the_next_look(due: Due, redis: Redis) -> None:
    due.wake("1/pr-12", queue="deploy")
    seen = due.claim("1/pr-12")
    redis.flushall()
    due.finish("1/pr-12", seen, 20)
    assert due.pop(10) == [("deploy", "1/pr-12")]


def test_the_scripts_outlive_a_server_that_forgot_them(due: Due, redis: Redis) -> None:
    due.wake("1/pr-12", queue="deploy")
    redis.script_flush()
    assert due.pop(10) == [("deploy", "1/pr-12")]


def test_two_pumps_never_pop_the_same(due: Due) -> None:
    names = [f"1/pr-{number}" for number in range(200)]
    for name in names:
        due.wake(name, queue="deploy")
    popped: list[str] = []

    def pump() -> None:
        while batch := due.pop(7):
            popped.extend(environment for _, environment in batch)

    pumps = [Thread(target=pump) for _ in range(2)]
    for each in pumps:
        each.start()
    for each in pumps:
        each.join(timeout=10)
    assert sorted(popped) == sorted(names)


def test_two_installations_do_not_see_each_other(due: Due, redis: Redis) -> None:
    due.wake("1/pr-12", queue="deploy")
    assert Due(redis, "reviewapps:other:", forward=90).pop(10) == []
