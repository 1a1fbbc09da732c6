"""The right to touch one environment, for as long as it is renewed.

A key with an owner's token and a time to live. The fence comes from Redis ``TIME``, not from ``INCR``: a
counter starts again at 1 when Redis is wiped, and then the older holder looks like the newer one.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Final, Self

from redis import Redis
from redis.exceptions import RedisError

from reviewapps.errors import LeaseLost

_TAKE = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local time = redis.call('TIME')
local fence = tonumber(time[1]) * 1000000 + tonumber(time[2])
local previous = tonumber(redis.call('GET', KEYS[2])) or 0
fence = math.max(fence, previous + 1)
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', 86400000)
return {fence, previous}
"""

_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class Leases:
    """The leases of one installation; each lives ``seconds`` beyond its last renewal."""

    def __init__(self, redis: Redis, prefix: str, *, seconds: float) -> None:
        self.seconds = seconds
        self._redis, self._prefix = redis, prefix
        self._take = redis.register_script(_TAKE)
        self._renew = redis.register_script(_RENEW)
        self._release = redis.register_script(_RELEASE)

    def take(self, environment: str) -> Lease | None:
        """The lease on this environment, already being renewed; None if somebody holds it."""
        key, fences = f"{self._prefix}lease:{environment}", f"{self._prefix}fence:{environment}"
        token, milliseconds = secrets.token_hex(16), int(self.seconds * 1000)
        asked = time.monotonic()
        taken = self._take(keys=[key, fences], args=[token, milliseconds])
        if taken is None:
            return None
        fence, previous = taken
        renew = partial(self._renew, keys=[key], args=[token, milliseconds])
        release = partial(self._release, keys=[key], args=[token])
        lease = Lease(
            environment, fence, asked, self.seconds, previous=previous or None, renew=renew, release=release
        )
        threading.Thread(target=lease.keep, name=f"lease of {environment}", daemon=True).start()
        return lease

    def held(self, environments: Iterable[str]) -> int:
        """How many of these environments somebody may touch at this moment."""
        keys = [f"{self._prefix}lease:{environment}" for environment in environments]
        return int(self._redis.exists(*keys)) if keys else 0


class Lease:
    """One environment, held. Leaving its ``with`` block gives it back.

    ``fence`` (microseconds of Redis ``TIME``) grows from holder to holder, also across a wiped Redis. ``previous``
    is that of the holder before; None where Redis knows of none.
    """

    def __init__(
        self,
        environment: str,
        fence: int,
        asked: float,
        seconds: float,
        *,
        previous: int | None = None,
        renew: Callable[[], object],
        release: Callable[[], object],
    ) -> None:
        self.environment: Final = environment
        self.fence: Final = fence
        self.previous: Final = previous
        self._renewed = asked
        self._seconds = seconds
        self._renew = renew
        self._release = release
        self._over = threading.Event()

    def check(self) -> None:
        """Return if the environment is still ours; raise LeaseLost if it is not, or if nobody can say.

        While Redis is silent, the last renewal's word holds for as long as that renewal does.
        """
        try:
            self._ask()
        except RedisError:
            if time.monotonic() - self._renewed >= self._seconds:
                self._over.set()
        if self._over.is_set():
            raise LeaseLost(f"{self.environment}: the lease ran out, and somebody else may act on it now")

    def keep(self) -> None:
        """Renew every third of the lease's life until it is over; for the thread that does just this."""
        while not self._over.wait(self._seconds / 3):
            with contextlib.suppress(RedisError):
                self._ask()

    def release(self) -> None:
        """Give it back if it is still ours. With Redis away it runs out by itself."""
        self._over.set()
        with contextlib.suppress(RedisError):
            self._release()

    def _ask(self) -> None:
        asked = time.monotonic()
        if self._renew():
            self._renewed = asked
        else:
            self._over.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
