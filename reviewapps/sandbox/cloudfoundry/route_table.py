"""What the router knows of the routes: what they were a little while ago."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewapps.sandbox.cloudfoundry.state import App, Route, RouteBinding
from reviewapps.sandbox.cloudfoundry.world import World

_SHORTEST_LOOK = 0.02  # seconds

Targets = Sequence[tuple[App, str]]
"""Apps, and the process type of each that takes the requests."""


@dataclass(frozen=True)
class Entry:
    """One route with what it leads to, maybe by way of a route service."""

    guid: str
    host: str
    domain: str
    path: str
    targets: Targets
    service_url: str

    def leads(self, host: str, path: str) -> bool:
        name, _, domain = host.lower().partition(".")
        if domain != self.domain or self.host not in (name, "*"):
            return False
        return not self.path or path == self.path or path.startswith(self.path + "/")


class RouteTable:
    """The routes as they were ``route_delay`` seconds ago."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks: deque[tuple[float, Sequence[Entry]]] = deque()

    async def watch(self) -> None:
        """Look at the routes again and again, as long as the router is to be behind."""
        while True:
            delay = self._world.settings.route_delay
            if delay:
                self._looks.append((time.monotonic(), list(self._now())))
            else:
                self._looks.clear()
            await asyncio.sleep(max(_SHORTEST_LOOK, min(delay, 1) / 5))

    def route(self, host: str, path: str) -> Entry | None:
        """The route of a request: the longest path wins, and a host before a wildcard."""
        fitting = [entry for entry in self._known() if entry.leads(host, path)]
        return max(fitting, key=lambda one: (one.host != "*", len(one.path)), default=None)

    def _known(self) -> Iterable[Entry]:
        old_enough = time.monotonic() - self._world.settings.route_delay
        while len(self._looks) > 1 and self._looks[1][0] <= old_enough:
            self._looks.popleft()
        return self._looks[0][1] if self._looks else self._now()

    def _now(self) -> Iterable[Entry]:
        services = {one.route: one.instance.route_service_url or "" for one in self._world.all(RouteBinding)}
        for route in self._world.all(Route):
            targets = [(one.app, one.process_type) for one in route.destinations]
            service_url = services.get(route, "")
            yield Entry(route.guid, route.host, route.domain.name, route.path, targets, service_url)
