"""What a stretch of the story cost: time, Cloud Foundry requests, GitHub writes, rate-limit points."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT, World

UNDER_WAY: Final = re.compile(
    r"^/v3/(packages\?.*states=PROCESSING_UPLOAD|builds\?.*states=STAGING|deployments\?.*status_values=ACTIVE"
    r"|(builds|deployments)\?(.*&)?guids=|(apps/[^/]+/)?processes/[^/]+/stats)"
)
"""What only asks whether the platform is still at it; the last, how those are whose address does not answer."""

GOING: Final = re.compile(r"^/v3/(packages|builds|droplets|deployments|jobs)\b")
"""What asks how something goes."""

COPIES: Final = re.compile(r"^/v3/droplets\?source_guid=")
DROPLETS: Final = re.compile(r"^/v3/droplets\?")


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


def without_waiting(calls: Iterable[Call]) -> list[Call]:
    """The requests to Cloud Foundry's API but for those that only asked whether something was over yet.

    How many those are hangs on how long the platform takes, and not on what is done. So it is with all that asks
    for droplets right after one was copied. Of any other question, asked again and again with nothing done in
    between, the last one counts.
    """
    kept: list[Call] = []
    for call in calls:
        if not call.path.startswith("/v3") or UNDER_WAY.search(call.path):
            continue
        if call.method == "GET" and GOING.search(call.path):
            written, since = _since_the_last_write(kept)
            if written is not None and COPIES.search(written.path) and DROPLETS.search(call.path):
                continue
            kept = [one for one in kept if one not in since or one.path != call.path]
        kept.append(call)
    return kept


def _since_the_last_write(calls: list[Call]) -> tuple[Call | None, list[Call]]:
    """The last call that changed something, and those after it."""
    writes = [at for at, call in enumerate(calls) if call.method != "GET"]
    return (calls[writes[-1]], calls[writes[-1] + 1 :]) if writes else (None, calls)
