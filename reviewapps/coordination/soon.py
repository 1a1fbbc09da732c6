"""The repositories to look at now, since GitHub told of something there: a hint that brings a tick forward.

Nothing depends on it. One that is lost costs the time until the clock strikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from redis import Redis

from reviewapps.coordination.cache import cached

APART: Final = 1.0
"""Seconds between two looks that this calls for at one repository, taken over a while, however often it is asked
for."""

AT_ONCE: Final = 2
"""So many may follow each other at once after a pause: who pushes a branch and opens its pull request is told of
in two webhooks, and the second is the one that matters."""

REMEMBERED: Final = 3600
"""Seconds for which what a webhook said is known to have been here. What is taken for a double and is none costs
the time until the clock strikes."""

LAST: Final = "webhook"
"""Under this the memory holds when GitHub told of one of ours last, seconds since 1970: for whoever asks whether
its webhooks arrive."""

LAST_KNOWN: Final = 60 * 24 * 3600
"""Seconds for which that is held."""

Told = Literal["new", "double"]

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function exact(seconds) return string.format('%.6f', seconds) end
"""

ASK: Final = (
    _NOW
    + f"redis.call('SET', KEYS[4], exact(now), 'EX', {LAST_KNOWN})"
    + """
if not redis.call('SET', KEYS[3] .. ARGV[2], 1, 'NX', 'EX', ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], 'NX', exact(now), ARGV[1])
return 1
"""
)
"""A webhook's one write. ARGV: the repository, what its words are known by, for how long they are."""

# Each look pays for the time that follows it; some of that may be paid in advance.
_POP = (
    _NOW
    + """
local popped, limit, apart = {}, tonumber(ARGV[1]), tonumber(ARGV[2])
for _, repository in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if #popped == limit then break end
  local paid = tonumber(redis.call('HGET', KEYS[2], repository) or 0)
  if paid - now <= apart * (tonumber(ARGV[3]) - 1) then
    popped[#popped + 1] = {repository, exact(now - redis.call('ZSCORE', KEYS[1], repository))}
    redis.call('ZREM', KEYS[1], repository)
    redis.call('HSET', KEYS[2], repository, exact(math.max(paid, now) + apart))
  end
end
return popped
"""
)


@dataclass(frozen=True)
class Asked:
    """A repository to look at, and for how long that was asked for, seconds."""

    repository: str
    waited: float


class Soon:
    """The repositories of one installation that somebody should look at before the clock strikes.

    Who asked first is first, and who was looked at twice within a second waits: a busy repository holds up no
    other.
    """

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._keys = keys(prefix)
        self._ask = redis.register_script(ASK)
        self._pop = redis.register_script(_POP)

    def ask(self, repository: str, delivery: str) -> Told:
        """Let that repository be looked at soon, unless these very words asked for it before."""
        new = self._ask(keys=self._keys, args=[repository, delivery, REMEMBERED])
        return "new" if new else "double"

    def pop(self, limit: int) -> list[Asked]:
        """Those to look at now; they are not here any more."""
        popped = cast(
            "list[tuple[bytes, bytes]]", self._pop(keys=self._keys[:2], args=[limit, APART, AT_ONCE])
        )
        return [Asked(repository.decode(), float(waited)) for repository, waited in popped]


def keys(prefix: str) -> list[Any]:
    """Where this stands in Redis: who asks, until when whose looks are paid for, what stands before what is
    known, and when the last one came."""
    return [f"{prefix}soon", f"{prefix}soon:looked", f"{prefix}delivery:", cached(prefix, LAST)]
