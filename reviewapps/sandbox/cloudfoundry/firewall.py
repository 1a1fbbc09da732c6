"""The web firewall that stands in front of a public Cloud Foundry."""

from __future__ import annotations

from collections import defaultdict, deque

from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.sandbox.cloudfoundry.world import World
from reviewapps.sandbox.faults import challenge

WINDOW = 300.0
"""Seconds in which the requests of one address are counted, as in front of cloud.gov."""


class Firewall:
    """Asks whoever sends more than ``Settings.firewall_requests`` in a window whether they are human.

    The answer is a 202 with a page, which a client that looks at the status alone takes for success.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        most = self._world.settings.firewall_requests
        watched = most and not request.path.startswith("/_sandbox/")
        if watched and self._count(request.remote or "") > most:
            return challenge()
        return await handler(request)

    def _count(self, address: str) -> int:
        """The requests of this address in the window, this one included."""
        now, seen = self._world.clock.seconds, self._seen[address]
        while seen and seen[0] <= now - WINDOW:
            seen.popleft()
        seen.append(now)
        return len(seen)
