"""A clock that every worker may ask and that strikes once for all of them: nobody has to be the leader."""

from __future__ import annotations

from redis import Redis

_STRIKE = """
local time = redis.call('TIME')
local seconds = tonumber(time[1]) + tonumber(time[2]) / 1000000
local slot = string.format('%.0f', math.floor(seconds / tonumber(ARGV[1])))
local first = redis.call('SET', KEYS[1] .. slot, 1, 'NX', 'PX', math.ceil(ARGV[1] * 3000))
return first and 1 or 0
"""


class Clock:
    """Time cut into slots, each of which belongs to whoever asks first."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._prefix = prefix
        self._strike = redis.register_script(_STRIKE)

    def strikes(self, name: str, interval: float) -> bool:
        """Whether the caller is the first to ask in this slot of ``interval`` seconds."""
        return bool(self._strike(keys=[f"{self._prefix}tick:{name}:"], args=[interval]))
