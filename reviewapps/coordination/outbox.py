"""What waits to be said in Slack's channels, and when it may be.

All of it may be lost: what has to arrive is remembered with the apps, and put here again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Final, cast
from uuid import uuid4

from redis import Redis

from reviewapps.model import Said
from reviewapps.outcome import Line, Queued

KEPT: Final = 3 * 24 * 3600
"""Seconds for which lines wait, and for which it is known what was sent."""

MOST: Final = 500
"""Lines that wait for one channel. More than these are not worth reading."""

ALONE: Final = 30
"""Seconds after which whoever sends is taken for dead."""

ENDS: Final = ("live", "failed", "rolled_back")
"""What is told however much comes after it: that is how a deploy ended."""

AFTER: Final = "|ended|"
"""Stands in the key of an end that waits on, after something newer came, before what ended."""

_TAKE: Final = """
local before = redis.call('HGET', KEYS[1], ARGV[1])
local line, body = cjson.decode(ARGV[2]), cjson.decode(cjson.decode(ARGV[2]).body)
local time = redis.call('TIME')
line.at, line.raw = tonumber(time[1]) + tonumber(time[2]) / 1000000, line.body
if before then
  local old = cjson.decode(before)
  if old.raw == line.raw then return 0 end
  if old.ended and old.ended ~= ARGV[6] and redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then
    local kept = cjson.decode(old.body)
    kept.key = ARGV[1] .. ARGV[7] .. old.ended
    old.body = cjson.encode(kept)
    redis.call('HSET', KEYS[1], kept.key, cjson.encode(old))
  end
elseif redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
if body.edits ~= cjson.null then
  for _, other in ipairs(redis.call('HVALS', KEYS[1])) do
    local told = cjson.decode(cjson.decode(other).body)
    local same = told.edits ~= cjson.null and told.edits.ts == body.edits.ts
    if same and told.key:sub(1, #ARGV[1] + #ARGV[7]) == ARGV[1] .. ARGV[7] then
      body.edits, body.alone = cjson.null, true
      line.body = cjson.encode(body)
      break
    end
  end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(line))
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('SADD', KEYS[2], ARGV[5])
return 1
"""

_DROP: Final = """
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before and cjson.decode(before).body == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[3]) end
"""

_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Outbox:
    """Lines by channel and key. A key has one line; a newer one takes its place. But how a deploy ended waits on
    when something else comes, as a line of its own; what comes after it leaves the message that it edits alone."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis, self._prefix = redis, f"{prefix}slack:"
        self._take = redis.register_script(_TAKE)
        self._drop = redis.register_script(_DROP)
        self._release = redis.register_script(_RELEASE)

    def put(self, line: Line) -> None:
        """Take the line; one that waits already keeps its place."""
        body, said = json.dumps(asdict(line), sort_keys=True), line.said
        ended = said.of if said.state.partition(" ")[0] in ENDS and AFTER not in line.key else ""
        queued = {"body": body} | ({"ended": ended} if ended else {})
        keys = [self._key("lines", line.channel), self._key("channels")]
        args: list[str | int] = [line.key, json.dumps(queued), MOST, KEPT, line.channel, said.of, AFTER]
        self._take(keys=keys, args=args)

    def channels(self) -> list[str]:
        """Those for which something waits."""
        return sorted(
            name.decode() for name in cast("set[bytes]", self._redis.smembers(self._key("channels")))
        )

    def waiting(self, channel: str) -> list[Queued]:
        """What waits for this channel, the oldest first."""
        stored = cast("dict[bytes, bytes]", self._redis.hgetall(self._key("lines", channel)))
        return sorted((_queued(value) for value in stored.values()), key=lambda one: (one.at, one.line.key))

    def sent(self, lines: Sequence[Queued], place: str, ts: str) -> None:
        """Know that these lines stand in one message, and where; they wait no longer."""
        for one in lines:
            said = replace(one.line.said, place=place, ts=ts)
            self._redis.set(
                self._key("sent", one.line.key.partition(AFTER)[0]), json.dumps(asdict(said)), ex=KEPT
            )
        self.drop(lines)

    def drop(self, lines: Sequence[Queued]) -> None:
        """Forget these lines, but not what came in their place meanwhile."""
        for one in lines:
            channel = one.line.channel
            keys = [self._key("lines", channel), self._key("channels")]
            self._drop(keys=keys, args=[one.line.key, one.body, channel])

    def last(self, key: str) -> Said | None:
        """What was sent last under this key; None where nothing was, or it is forgotten."""
        stored = cast("bytes | None", self._redis.get(self._key("sent", key)))
        return None if stored is None else Said(**json.loads(stored))

    # --- when ---

    def now(self) -> float:
        """Seconds of Redis's clock."""
        seconds, micros = self._redis.time()
        return seconds + micros / 1e6

    def rest(self, channel: str, seconds: float) -> None:
        """Let nothing be sent to this channel for so long."""
        self._redis.set(self._key("rest", channel), 1, px=max(1, int(seconds * 1000)))

    def rests(self, channel: str) -> bool:
        return bool(self._redis.exists(self._key("rest", channel)))

    def failed(self, channel: str) -> int:
        """One more failure; how many there were since the last success."""
        key = self._key("failures", channel)
        count = self._redis.incr(key)
        self._redis.expire(key, KEPT)
        return count

    def succeeded(self, channel: str) -> None:
        self._redis.delete(self._key("failures", channel))

    def fails(self, channel: str) -> bool:
        """Whether the last that was sent to this channel was not taken."""
        return bool(self._redis.exists(self._key("failures", channel)))

    @contextmanager
    def alone(self, channel: str) -> Iterator[bool]:
        """Whether it is ours to send to this channel now."""
        key, token = self._key("sender", channel), uuid4().hex
        mine = bool(self._redis.set(key, token, nx=True, ex=ALONE))
        try:
            yield mine
        finally:
            if mine:
                self._release(keys=[key], args=[token])

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)


def _queued(stored: bytes) -> Queued:
    found = json.loads(stored)
    fields: dict[str, Any] = json.loads(found["body"])
    edits = fields["edits"]
    line = Line(**fields | {"said": Said(**fields["said"]), "edits": Said(**edits) if edits else None})
    return Queued(line, float(found["at"]), found["body"])
