"""How often all workers together may call one endpoint."""

from __future__ import annotations

import math
import time
from typing import Final, Protocol

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis

from reviewapps.errors import RateLimited

_ROOM: Final = """
local time = redis.call('TIME')
local now, limit, window = tonumber(time[1]) + tonumber(time[2]) / 1000000, tonumber(ARGV[1]), tonumber(ARGV[2])
local calls, since = redis.call('LRANGE', KEYS[1], 0, limit - 1), now - window
local function counts(at) return at and at > since and at <= now end
"""
"""A list of when the latest calls were, newest first, by Redis ``TIME``: by their own, workers whose clocks differ
would keep each other out. What is to come was noted before that clock was set back, and keeps nobody out."""

_HIT: Final = (
    _ROOM
    + """
local oldest = tonumber(calls[limit])
if counts(oldest) then return string.format('%.6f', math.max(0.001, oldest - since)) end
redis.call('LPUSH', KEYS[1], string.format('%.6f', now))
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(window * 1000))
return '0'
"""
)
_LEFT: Final = (
    _ROOM
    + """
local left = limit
for _, at in ipairs(calls) do if counts(tonumber(at)) then left = left - 1 end end
return left
"""
)


class BudgetSpent(RateLimited):
    """We hold back by ourselves: the endpoint was called as often as it may be."""


def of_cloudfoundry(redis: Redis | None, prefix: str, per_second: float) -> Budget:
    """Cloud Foundry's, for everybody who asks it."""
    return Budget(redis, prefix, "cloudfoundry", per_second, max(1, round(2 * per_second)))


def of_github(redis: Redis | None, prefix: str, per_second: float) -> Budget:
    """GitHub's, for everybody who asks it."""
    return Budget(redis, prefix, "github", per_second, max(1, round(10 * per_second)))


class _Window(Protocol):
    """So many calls in any so many seconds."""

    def hit(self) -> float:
        """Count one call: 0. Where there is no room, the seconds until there is, and nothing is counted."""

    def left(self) -> int:
        """How many more there is room for."""


class _OfAll:
    """Those of all who share a Redis."""

    def __init__(self, redis: Redis, key: str, limit: int, seconds: int) -> None:
        self._keys, self._args = [key], [limit, seconds]
        self._hit, self._left = redis.register_script(_HIT), redis.register_script(_LEFT)

    def hit(self) -> float:
        return float(self._hit(keys=self._keys, args=self._args))

    def left(self) -> int:
        return int(self._left(keys=self._keys, args=self._args))


class _Own:
    """Our own alone."""

    def __init__(self, name: str, limit: int, seconds: int) -> None:
        self._limiter, self._name = MovingWindowRateLimiter(MemoryStorage()), name
        self._allowed = RateLimitItemPerSecond(limit, seconds)

    def hit(self) -> float:
        if self._limiter.hit(self._allowed, self._name):
            return 0.0
        return max(0.01, self._limiter.get_window_stats(self._allowed, self._name).reset_time - time.time())

    def left(self) -> int:
        return self._limiter.get_window_stats(self._allowed, self._name).remaining


class Budget:
    """At most ``burst`` calls at once, and ``per_second`` in the long run.

    Held as a moving window of whole seconds, rounded up, so the rate is never exceeded:
    6 a second with a burst of 10 become 10 in any 2 seconds. Without a Redis it counts our own calls alone.
    """

    def __init__(self, redis: Redis | None, prefix: str, name: str, per_second: float, burst: int) -> None:
        self.name = name
        self.allowed = burst  # calls in one window
        seconds, key = math.ceil(burst / per_second), f"{prefix}budget:{name}"
        self._window: _Window = (
            _Own(name, burst, seconds) if redis is None else _OfAll(redis, key, burst, seconds)
        )

    def spend(self, wait: float = 0.0) -> None:
        """Count one call, waiting for room up to ``wait`` seconds; raise BudgetSpent if that is too short."""
        deadline = time.monotonic() + wait
        while after := self._window.hit():
            if time.monotonic() + after > deadline:
                raise BudgetSpent(f"{self.name}: as many requests as allowed, room in {after:.1f} s", after)
            time.sleep(after)

    def left(self) -> int:
        """How many more may be made now."""
        return max(0, self._window.left())
