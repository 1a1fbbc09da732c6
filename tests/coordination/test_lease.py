"""One holder at a time, and a holder that was stopped too long notices before it acts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from redis import Redis

from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.coordination.lease import Lease, Leases
from reviewapps.errors import LeaseLost
from tests.coordination.conftest import PREFIX
from tests.coordination.waiting import until

KEY = f"{PREFIX}lease:1/pr-12"


@pytest.fixture
def leases(redis: Redis) -> Leases:
    return Leases(redis, PREFIX, seconds=60)


def taken(leases: Leases) -> Lease:
    lease = leases.take("1/pr-12")
    assert lease is not None
    return lease


def test_a_second_taker_gets_nothing(leases: Leases) -> None:
    with taken(leases):
        assert leases.take("1/pr-12") is None


def test_another_environment_is_free(leases: Leases) -> None:
    with taken(leases), leases.take("1/pr-13") or pytest.fail("not free") as other:
        other.check()


def test_leaving_the_block_gives_it_back_also_after_an_error(leases: Leases) -> None:
    with pytest.raises(ZeroDivisionError), taken(leases):
        _ = 1 / 0
    taken(leases).release()


def test_who_gave_it_back_may_not_act_any_more(leases: Leases) -> None:
    lease = taken(leases)
    lease.release()
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_held_lease_outlives_its_own_time(redis: Redis) -> None:
    leases = Leases(redis, PREFIX, seconds=1.0)
    with taken(leases) as lease:
        renewed = redis.pttl(KEY)
        until(lambda: redis.pttl(KEY) < renewed - 50, "the lease to run down")
        until(lambda: redis.pttl(KEY) > renewed - 50, "the renewal")
        lease.check()


def test_a_lease_that_somebody_else_took_is_lost_and_not_taken_away_again(
    leases: Leases, redis: Redis
) -> None:
    first = taken(leases)
    redis.delete(KEY)
    second = taken(leases)
    with pytest.raises(LeaseLost):
        first.check()
    first.release()
    second.check()
    second.release()


def test_a_lost_lease_stays_lost(leases: Leases, redis: Redis) -> None:
    lease = taken(leases)
    token = redis.get(KEY)
    redis.flushall()
    with pytest.raises(LeaseLost):
        lease.check()
    redis.set(KEY, token or b"")
    with pytest.raises(LeaseLost):
        lease.check()


def test_fences_grow_from_holder_to_holder(leases: Leases) -> None:
    fences = []
    for _ in range(50):
        with taken(leases) as lease:
            fences.append(lease.fence)
    assert all(older < newer for older, newer in pairwise(fences))


def test_the_fence_never_runs_backwards_after_a_wipe(leases: Leases, redis: Redis) -> None:
    before = taken(leases).fence
    redis.flushall()
    assert taken(leases).fence > before


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis.start(tmp_path / "mortal")
    yield server
    server.stop()


def test_while_redis_is_silent_the_last_renewal_holds_for_its_time_only(mortal: EmbeddedRedis) -> None:
    lease = taken(Leases(Redis.from_url(mortal.url), PREFIX, seconds=2.0))
    mortal.stop()
    lease.check()

    def lost() -> bool:
        try:
            lease.check()
        except LeaseLost:
            return True
        return False

    until(lost, "the loss of the lease")


STOPPED = """
import sys
from redis import Redis
from reviewapps.coordination.lease import Leases
from reviewapps.errors import LeaseLost

lease = Leases(Redis.from_url(sys.argv[1]), sys.argv[2], seconds=1.5).take("1/pr-12")
print("held", flush=True)
sys.stdin.readline()
try:
    lease.check()
    print("acted", flush=True)
except LeaseLost:
    print("lost", flush=True)
"""


def holder(server: EmbeddedRedis) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STOPPED, server.url, PREFIX],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("somebody_else_takes_it", [True, False])
def test_a_process_stopped_beyond_its_lease_notices_before_it_acts(
    server: EmbeddedRedis, redis: Redis, somebody_else_takes_it: bool
) -> None:
    with holder(server) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "held\n"
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: not redis.exists(KEY), "the end of the stopped holder's lease")
        newer = taken(Leases(redis, PREFIX, seconds=60)) if somebody_else_takes_it else None
        os.kill(process.pid, signal.SIGCONT)
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "lost\n"
    if newer:
        newer.check()
        newer.release()


def test_a_process_that_goes_on_in_time_keeps_its_lease(server: EmbeddedRedis, redis: Redis) -> None:
    with holder(server) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "held\n"
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "acted\n"
