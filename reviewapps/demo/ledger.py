"""What a stretch of the story cost: time, Cloud Foundry requests, GitHub writes, rate-limit points."""

from __future__ import annotations

import time
from dataclasses import dataclass

from reviewapps.sandbox.world import BOT, World


@dataclass(frozen=True)
class Cost:
    """``points`` count against GitHub's primary limit; answers without news (304) do not."""

    seconds: float
    cf_requests: int
    github_writes: int
    points: int


class Meter:
    """Counts what the orchestrator asks of a world from now on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = time.monotonic()
        self._cf, self._github = len(world.cloudfoundry.observed.calls), len(world.github.observed.calls)

    def cost(self) -> Cost:
        """What it came to since the meter was made."""
        cf = self._world.cloudfoundry.observed.calls[self._cf :]
        github = [c for c in self._world.github.observed.calls[self._github :] if c.who == BOT]
        api = [c for c in github if ".git/" not in c.path]
        return Cost(
            time.monotonic() - self._began,
            sum(c.path.startswith("/v3") for c in cf),
            sum(c.method != "GET" and c.path != "/graphql" for c in api),
            sum(c.status != 304 for c in api),
        )
