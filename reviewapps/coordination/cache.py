"""JSON values that are cheap to lose: ETags with their bodies, live progress."""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from redis import Redis

LARGE: Final = 1024
"""Bytes from which on a value is worth compressing. Bodies of GitHub's listings shrink to a tenth."""


_PACKED: Final = b"z"  # no JSON begins like this


class Cache:
    """Values by name, each with a time to live."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    def read(self, name: str) -> Any | None:
        """The value of that name; None if it is not there, has expired or cannot be read."""
        stored = self._redis.get(self._key(name))
        if not isinstance(stored, bytes):
            return None
        try:
            return json.loads(zlib.decompress(stored[1:]) if stored.startswith(_PACKED) else stored)
        except (ValueError, zlib.error):
            return None

    def write(self, name: str, value: Any, seconds: float) -> None:
        """Keep it under that name for so many seconds, in place of what was there."""
        body = json.dumps(value, separators=(",", ":")).encode()
        stored = body if len(body) < LARGE else _PACKED + zlib.compress(body)
        self._redis.set(self._key(name), stored, px=max(1, int(seconds * 1000)))

    def _key(self, name: str) -> str:
        return cached(self._prefix, name)


def cached(prefix: str, name: str) -> str:
    """Where the value of that name stands in Redis."""
    return f"{prefix}cache:{name}"
