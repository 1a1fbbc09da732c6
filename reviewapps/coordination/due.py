"""Which environments are to be looked at, and when: one sorted set per queue, scored by Redis ``TIME``.

A message on a queue may be lost; an entry here is not. Whatever is popped stays in its set, scored forward,
and so comes back by itself unless somebody finishes it.
"""

from __future__ import annotations

from typing import Any, Final, cast

from redis import Redis

QUEUES: Final = ("teardown", "deploy")
"""In the order in which they are emptied. An environment stands in one of them at most."""

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function exact(seconds) return string.format('%.6f', seconds) end
local function place(environment)
  for index, key in ipairs(KEYS) do
    local score = redis.call('ZSCORE', key, environment)
    if score then return key, tonumber(score) end
  end
end
"""

_WAKE = """
local environment, queue, due = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]) or now
local old, score = place(environment)
if old then
  due = math.min(due, score)
  redis.call('ZREM', old, environment)
end
redis.call('ZADD', queue and KEYS[queue] or old or KEYS[#KEYS], exact(due), environment)
"""

_WATCH = """
if not place(ARGV[1]) then redis.call('ZADD', KEYS[tonumber(ARGV[2])], exact(tonumber(ARGV[3])), ARGV[1]) end
"""

_POP = """
local forward, limit = exact(now + tonumber(ARGV[1])), tonumber(ARGV[2])
local popped, queues = {}, #KEYS / 2
for index = 1, queues do
  local key = KEYS[index]
  local room = math.max(0, math.min(limit - redis.call('LLEN', KEYS[queues + index]), limit - #popped))
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', exact(now), 'LIMIT', 0, room)
  for _, environment in ipairs(due) do
    redis.call('ZADD', key, forward, environment)
    popped[#popped + 1] = {index, environment}
  end
end
return popped
"""

_NEXT = """
local soonest
for _, key in ipairs(KEYS) do
  local due = redis.call('ZRANGEBYSCORE', key, '(' .. exact(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if due[2] and (not soonest or tonumber(due[2]) < soonest) then soonest = tonumber(due[2]) end
end
return soonest and exact(soonest - now)
"""

_CLAIM = """
local score = exact(now + tonumber(ARGV[2]))
redis.call('ZADD', place(ARGV[1]) or KEYS[#KEYS], score, ARGV[1])
return score
"""

_FINISH = """
local environment, seen, due = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local queue, score = place(environment)
if score and score ~= seen then due = math.min(score, due or score) end
if due then
  redis.call('ZADD', queue or KEYS[#KEYS], exact(due), environment)
elseif queue then
  redis.call('ZREM', queue, environment)
end
"""


class Due:
    """The environments of one installation that somebody should look at.

    ``forward`` is how many seconds an environment that was popped stays hidden: longer than a lease lives,
    so that what comes back finds no holder.
    """

    def __init__(self, redis: Redis, prefix: str, *, forward: float) -> None:
        self.forward = forward
        self._redis = redis
        self._keys = [f"{prefix}due:{queue}" for queue in QUEUES]
        self._messages = [f"{prefix}{queue}" for queue in QUEUES]
        self._wake = redis.register_script(_NOW + _WAKE)
        self._watch = redis.register_script(_NOW + _WATCH)
        self._pop = redis.register_script(_NOW + _POP)
        self._next = redis.register_script(_NOW + _NEXT)
        self._claim = redis.register_script(_NOW + _CLAIM)
        self._finish = redis.register_script(_NOW + _FINISH)

    def now(self) -> float:
        """The time by which everything here is judged: seconds since 1970, by Redis."""
        seconds, microseconds = self._redis.time()
        return float(seconds) + microseconds / 1_000_000

    def wake(self, environment: str, *, queue: str | None = None, at: float | None = None) -> None:
        """Make it due at that time (now, if none is given), or earlier if it was due earlier.

        It moves to the queue that is named; without one it stays where it is.
        """
        index = "" if queue is None else QUEUES.index(queue) + 1
        self._wake(keys=self._keys, args=[environment, index, _argument(at)])

    def watch(self, environment: str, *, queue: str, at: float) -> None:
        """Make it due at that time, unless it has a time already."""
        self._watch(keys=self._keys, args=[environment, QUEUES.index(queue) + 1, _argument(at)])

    def pop(self, limit: int) -> list[tuple[str, str]]:
        """What is due now, as (queue, environment), teardown first, and of each queue what was due first; each is
        scored forward, not removed. So many at the most, and no more than that many messages wait on a queue
        then: what waits here is not forgotten, and goes by its age."""
        keys = [*self._keys, *self._messages]
        popped = self._pop(keys=keys, args=[_argument(self.forward), limit])
        return [(QUEUES[index - 1], environment.decode()) for index, environment in popped]

    def next_in(self) -> float | None:
        """Seconds until the next one becomes due; None where nobody waits."""
        found = self._next(keys=self._keys)
        return None if found is None else float(found)

    def claim(self, environment: str) -> float:
        """The score that ``finish`` wants back. It is scored forward, whether it stood here or not.

        Whatever woke it until now is covered by the turn that begins; whatever wakes it from now on changes
        the score, and so is seen at the end.
        """
        return float(self._claim(keys=self._keys, args=[environment, _argument(self.forward)]))

    def all(self) -> dict[str, float]:
        """Every environment that somebody should look at, and when."""
        listed: list[list[tuple[bytes, float]]] = [
            cast("Any", self._redis.zrange(key, 0, -1, withscores=True)) for key in self._keys
        ]
        return {environment.decode(): score for scores in listed for environment, score in scores}

    def score(self, environment: str) -> float | None:
        """When it is due, or None if nobody waits for it."""
        scores = [self._redis.zscore(key, environment) for key in self._keys]
        return next((score for score in scores if score is not None), None)

    def finish(self, environment: str, seen_score: float | None, next_at: float | None) -> None:
        """Set the next look, or remove it; if somebody changed its score meanwhile, the earlier time wins."""
        self._finish(keys=self._keys, args=[environment, _argument(seen_score), _argument(next_at)])


def _argument(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.6f}"
