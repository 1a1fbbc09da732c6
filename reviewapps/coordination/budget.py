"""How often all workers together may call one endpoint."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis

from reviewapps.errors import RateLimited


class BudgetSpent(RateLimited):
    """We hold back by ourselves: the endpoint was called as often as it may be."""


def of_cloudfoundry(redis: Redis | None, prefix: str, per_second: float) -> Budget:
    """Cloud Foundry's, for everybody who asks it."""
    return Budget(redis, prefix, "cloudfoundry", per_second, max(1, round(2 * per_second)))


def of_github(redis: Redis | None, prefix: str, per_second: float) -> Budget:
    """GitHub's, for everybody who asks it."""
    return Budget(redis, prefix, "github", per_second, max(1, round(10 * per_second)))


class Budget:
    """At most ``burst`` calls at once, and ``per_second`` in the long run.

    Held as a moving window of whole seconds, rounded up, so the rate is never exceeded:
    6 a second with a burst of 10 become 10 in any 2 seconds. Without a Redis it counts our own calls alone.
    """

    def __init__(self, redis: Redis | None, prefix: str, name: str, per_second: float, burst: int) -> None:
        self.name = name
        self._limiter = MovingWindowRateLimiter(
            MemoryStorage()
            if redis is None
            else RedisStorage("redis://", connection_pool=redis.connection_pool, key_prefix=f"{prefix}budget")
        )
        self._allowed = RateLimitItemPerSecond(burst, math.ceil(burst / per_second))

    def spend(self, wait: float = 0.0) -> None:
        """Count one call, waiting for room up to ``wait`` seconds; raise BudgetSpent if that is too short."""
        deadline = time.monotonic() + wait
        while not self._limiter.hit(self._allowed, self.name):
            after = self._seconds_until_room()
            if time.monotonic() + after > deadline:
                raise BudgetSpent(f"{self.name}: as many requests as allowed, room in {after:.1f} s", after)
            time.sleep(after)

    @property
    def allowed(self) -> int:
        """How many calls may be made in one window."""
        return self._allowed.amount

    def left(self) -> int:
        """How many more may be made now."""
        return max(0, self._limiter.get_window_stats(self._allowed, self.name).remaining)

    def _seconds_until_room(self) -> float:
        reset = self._limiter.get_window_stats(self._allowed, self.name).reset_time
        return max(0.01, reset - time.time())
