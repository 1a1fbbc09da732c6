"""What is not kept for ever: sessions that are over, what has happened, and what has ended.

Events, tasks and jobs are kept as long, and builds and deployments as many of each app, as the Cloud Controller
keeps them; but never more events, tasks or jobs than `MOST`, since an app may crash again and again for weeks.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewapps.sandbox.cloudfoundry.state import App, AuditEvent, Build, Deployment, Job, Row, Task
from reviewapps.sandbox.cloudfoundry.world import World

if TYPE_CHECKING:
    from reviewapps.sandbox.cloudfoundry.platform import Platform

_DAY = 86_400
_AGES: dict[type[Row], int] = {AuditEvent: 31 * _DAY, Task: 31 * _DAY, Job: 90 * _DAY}
"""Seconds from their creation."""
_OF_AN_APP: tuple[type[Build | Deployment], ...] = (Build, Deployment)

MOST_OF_AN_APP = 100
MOST = 5_000


async def sweep_again_and_again(platform: Platform) -> None:
    """Drop what is too old or too much; never comes back."""
    while True:
        await asyncio.sleep(platform.world.settings.sweep_seconds)
        platform.uaa.forget_expired()
        for row in _outdated(platform.world):
            platform.world.remove(row)


def _outdated(world: World) -> Iterator[Row]:
    for kind, age in _AGES.items():
        ended = [row for row in world.all(kind) if _ended(row)]
        since = world.clock.seconds - age
        yield from ended[:-MOST]
        yield from (row for row in ended if row.created_at < since)
    for kind in _OF_AN_APP:
        of_apps: defaultdict[App, list[Row]] = defaultdict(list)
        for row in world.all(kind):
            if _ended(row):
                of_apps[row.app].append(row)
        for rows in of_apps.values():
            yield from rows[:-MOST_OF_AN_APP]


def _ended(row: Row) -> bool:
    match row:
        case Task():
            return not row.unfinished
        case Job():
            return row.state in ("COMPLETE", "FAILED")
        case Build():
            return row.state != "STAGING"
        case Deployment():
            return row.value == "FINALIZED"
    return True
