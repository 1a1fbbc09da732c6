"""The smaller things that workers share."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any

import pytest
from redis import Redis

from reviewapps.coordination.budget import Budget, BudgetSpent
from reviewapps.coordination.cache import Cache
from reviewapps.coordination.clock import Clock
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until


def test_the_clock_strikes_once_for_everybody_who_asks(redis: Redis) -> None:
    strikes: list[bool] = []
    askers = [
        Thread(target=lambda: strikes.append(Clock(redis, PREFIX).strikes("look", 1e6))) for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=10)
    assert sorted(strikes) == [False] * 7 + [True]


def test_the_clock_strikes_again_in_the_next_slot(redis: Redis) -> None:
    clock = Clock(redis, PREFIX)
    assert clock.strikes("look", 0.05)
    until(lambda: clock.strikes("look", 0.05), "the next strike")


def test_each_name_has_a_clock_of_its_own(redis: Redis) -> None:
    clock = Clock(redis, PREFIX)
    assert clock.strikes("look", 1e6)
    assert clock.strikes("metrics", 1e6)


def test_a_wiped_clock_strikes_again(redis: Redis) -> None:
    clock = Clock(redis, PREFIX)
    assert clock.strikes("look", 1e6)
    redis.flushall()
    assert clock.strikes("look", 1e6)


VALUES = [None, 0, "", "ü" * 5000, [1, {"a": None}], {"etag": 'W/"1"', "body": [{"number": 1}] * 500}]


@pytest.mark.parametrize("value", VALUES)
def test_what_was_written_is_read(redis: Redis, value: Any) -> None:
    cache = Cache(redis, PREFIX)
    cache.write("listing", value, 60)
    assert cache.read("listing") == value


def test_what_was_never_written_reads_as_none(redis: Redis) -> None:
    assert Cache(redis, PREFIX).read("listing") is None


def test_a_value_is_gone_when_its_time_is_over(redis: Redis) -> None:
    cache = Cache(redis, PREFIX)
    cache.write("listing", 1, 0.05)
    until(lambda: cache.read("listing") is None, "the end of the value's time")


@pytest.mark.parametrize("stored", [b"", b"{", b"zplain", b"z", b"\xff\xfe", b"?1"])
def test_an_unreadable_value_reads_as_none(redis: Redis, stored: bytes) -> None:
    redis.set(f"{PREFIX}cache:listing", stored)
    assert Cache(redis, PREFIX).read("listing") is None


def test_a_large_value_is_kept_small(redis: Redis) -> None:
    Cache(redis, PREFIX).write("listing", ["the same"] * 5000, 60)
    assert redis.strlen(f"{PREFIX}cache:listing") < 1000


def test_a_budget_allows_its_burst_and_then_says_how_long_to_wait(redis: Redis) -> None:
    budget = Budget(redis, PREFIX, "cf", per_second=0.1, burst=3)
    for _ in range(3):
        budget.spend()
    with pytest.raises(BudgetSpent) as spent:
        budget.spend(wait=0.5)
    assert 25 < spent.value.after <= 30


def test_a_budget_is_shared_by_all_who_name_it_and_by_nobody_else(redis: Redis) -> None:
    Budget(redis, PREFIX, "cf", per_second=0.1, burst=1).spend()
    with pytest.raises(BudgetSpent):
        Budget(redis, PREFIX, "cf", per_second=0.1, burst=1).spend()
    Budget(redis, PREFIX, "github", per_second=0.1, burst=1).spend()


def test_spending_waits_for_room_if_it_may(redis: Redis) -> None:
    budget = Budget(redis, PREFIX, "cf", per_second=1, burst=1)
    budget.spend()
    began = time.monotonic()
    budget.spend(wait=5)
    assert time.monotonic() - began > 0.5


def test_a_wiped_budget_begins_anew(redis: Redis) -> None:
    budget = Budget(redis, PREFIX, "cf", per_second=0.1, burst=1)
    budget.spend()
    redis.flushall()
    budget.spend()


@pytest.mark.parametrize("of_all", [False, True])
def test_a_budget_says_what_is_left_of_it(redis: Redis, of_all: bool) -> None:
    budget = Budget(redis if of_all else None, PREFIX, "cf", per_second=0.1, burst=2)
    left = [budget.left()]
    for _ in range(2):
        budget.spend()
        left.append(budget.left())
    assert left == [2, 1, 0] and budget.allowed == 2
    with pytest.raises(BudgetSpent):
        budget.spend()


def test_a_clock_that_was_set_back_keeps_nobody_out(redis: Redis) -> None:
    budget = Budget(redis, PREFIX, "cf", per_second=0.1, burst=2)
    budget.spend()
    (key,) = redis.keys(f"{PREFIX}budget*")
    seconds, _ = redis.time()
    redis.delete(key)
    redis.rpush(key, f"{seconds + 3600}.0", f"{seconds + 3599}.0")
    assert budget.left() == 2
    for _ in range(2):
        budget.spend()
    with pytest.raises(BudgetSpent):
        budget.spend()


def test_a_budget_goes_by_one_clock_for_all(redis: Redis) -> None:
    budget = Budget(redis, PREFIX, "cf", per_second=0.1, burst=1)
    budget.spend()
    (key,) = redis.keys(f"{PREFIX}budget*")
    (at,) = redis.lrange(key, 0, -1)
    seconds, microseconds = redis.time()
    assert 0 <= seconds + microseconds / 1e6 - float(at) < 5
    assert 0 < redis.pttl(key) <= 10_000
