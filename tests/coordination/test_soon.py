"""The repositories that GitHub told of, and what is counted of them."""

from __future__ import annotations

import threading
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from reviewapps.coordination.counters import BOUNDS, Count, RedisCounters
from reviewapps.coordination.soon import Asked, Soon
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until


def names(soon: Soon, limit: int = 10) -> list[str]:
    return [asked.repository for asked in soon.pop(limit)]


def test_who_is_asked_for_is_looked_at_once_however_often_that_was(redis: Redis) -> None:
    soon = Soon(redis, PREFIX)
    assert [soon.ask("acme/shop", delivery) for delivery in ("1", "2", "2")] == ["new", "new", "double"]
    assert names(soon) == ["acme/shop"]
    assert names(soon) == []


def asked_and_popped(soon: Soon, times: int) -> list[str]:
    """That many webhooks of one repository, each followed by a look at whom to look at."""
    found = []
    for delivery in range(times):
        soon.ask("acme/busy", f"{times}-{delivery}")
        found += names(soon)
    return found


def test_two_looks_follow_each_other_at_once_and_then_one_a_second(redis: Redis) -> None:
    soon = Soon(redis, PREFIX)
    began = time.monotonic()
    assert asked_and_popped(soon, 20) == ["acme/busy"] * 2
    popped: list[Asked] = []

    def come() -> bool:
        popped.extend(soon.pop(10))
        soon.ask("acme/busy", str(len(popped)))
        return len(popped) == 3

    until(come, "three more")
    assert time.monotonic() - began > 2.5
    assert popped[0].waited > 0.5  # and none was forgotten


def test_a_busy_repository_holds_up_no_other(redis: Redis) -> None:
    soon = Soon(redis, PREFIX)
    asked_and_popped(soon, 50)
    soon.ask("acme/quiet", "a")
    soon.ask("acme/small", "b")
    assert names(soon, limit=1) == ["acme/quiet"]
    assert names(soon, limit=1) == ["acme/small"]


def test_several_who_pop_at_once_share_what_there_is(redis: Redis) -> None:
    soon, popped = Soon(redis, PREFIX), list[str]()
    for number in range(40):
        soon.ask(f"acme/{number}", str(number))
    pumps = [threading.Thread(target=lambda: popped.extend(names(soon))) for _ in range(8)]
    for pump in pumps:
        pump.start()
    for pump in pumps:
        pump.join(timeout=10)
    assert sorted(popped) == sorted(f"acme/{number}" for number in range(40))


def test_a_redis_that_forgot_everything_is_asked_anew(redis: Redis) -> None:
    soon = Soon(redis, PREFIX)
    soon.ask("acme/shop", "1")
    redis.flushall()
    redis.script_flush()
    assert names(soon) == []
    assert soon.ask("acme/shop", "1") == "new"


def test_what_was_counted_is_told_by_everybody(redis: Redis) -> None:
    counters = RedisCounters(redis, PREFIX)
    counters.count("deploys", result="live", stage="")
    counters.count("deploys", stage="", result="live")
    counters.observe("time_to_url", 30.0)
    counters.observe("time_to_url", 1e6)
    labels = (("result", "live"), ("stage", ""))
    assert set(RedisCounters(redis, PREFIX).all()) == {
        Count("deploys", "count", labels, 2.0),
        Count("time_to_url", "bucket", (), 1.0, upto=30.0),
        Count("time_to_url", "bucket", (), 1.0, upto=float("inf")),
        Count("time_to_url", "sum", (), 1000030.0),
    }
    assert 30.0 in BOUNDS


def test_a_redis_that_is_away_keeps_nobody_from_counting() -> None:
    counters = RedisCounters(Redis("127.0.0.1", 9, retry=Retry(NoBackoff(), 0)), PREFIX)
    counters.count("deploys", result="live", stage="")
    counters.observe("time_to_url", 1.0)
