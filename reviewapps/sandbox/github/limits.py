"""The primary rate limit, counted and told; calls beyond it are answered all the same."""

from __future__ import annotations

from collections import Counter

from aiohttp import web

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.github.state import JSON

HOUR = 3600


class Limits:
    """The points that each token used in the present hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: Counter[tuple[int, str]] = Counter()

    def headers(self, request: web.Request, *, counted: bool) -> dict[str, str]:
        """What an answer says of the limit; ``counted`` ones cost a point."""
        if counted and request.path != "/rate_limit":
            self._used[self._key(request)] += 1
        standing = self.standing(request)
        told = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in standing.items()}
        return told | {"X-RateLimit-Resource": "core"}

    def standing(self, request: web.Request) -> JSON:
        """Limit, used, remaining, and when it starts anew (Unix time)."""
        limit = 5000 if "Authorization" in request.headers else 60
        hour, _ = key = self._key(request)
        used = self._used[key]
        return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": (hour + 1) * HOUR}

    def _key(self, request: web.Request) -> tuple[int, str]:
        return int(self._clock.now.timestamp()) // HOUR, request.headers.get("Authorization", "")
