"""What happened how often, counted by all processes of an installation together: a hash in Redis.

Lost with Redis, which whoever reads counters takes for a restart. Nothing depends on it, so that a Redis which
is away is nobody's obstacle.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

BOUNDS: Final[tuple[float, ...]] = tuple(
    map(float, (0.5, 1, 2, 5, 10, 30, 60, 120, 180, 300, 600, 900, 1800, 3600))
)
"""Upper bounds of a histogram's buckets, seconds: from a webhook's way to a build that takes very long."""


@dataclass(frozen=True)
class Count:
    """How often something happened: a counter's value, or, ``upto`` a bound, a histogram's.

    ``kind`` "sum" is a histogram's sum, seconds.
    """

    name: str
    kind: str
    labels: tuple[tuple[str, str], ...]
    value: float
    upto: float | None = None


class RedisCounters:
    """The counters of one installation."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._key = f"{prefix}counters"

    def count(self, name: str, **labels: str) -> None:
        """It happened once more."""
        with contextlib.suppress(RedisError):
            self._redis.hincrby(self._key, _field(name, "count", labels), 1)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """It happened once more, and took so long."""
        bound = next((bound for bound in BOUNDS if seconds <= bound), float("inf"))
        with contextlib.suppress(RedisError), self._redis.pipeline() as both:
            both.hincrby(self._key, _field(name, "bucket", labels, bound), 1)
            both.hincrbyfloat(self._key, _field(name, "sum", labels), seconds)
            both.execute()

    def all(self) -> Iterator[Count]:
        """Everything that was counted; a histogram's buckets each by itself."""
        for field, value in self._redis.hgetall(self._key).items():
            name, kind, labels, bound = json.loads(field)
            yield Count(name, kind, tuple(sorted(labels.items())), float(value), _upto(bound))


def _field(name: str, kind: str, labels: dict[str, str], bound: float | None = None) -> str:
    return json.dumps([name, kind, labels, None if bound is None else str(bound)], sort_keys=True)


def _upto(bound: str | None) -> float | None:
    return None if bound is None else float(bound)
