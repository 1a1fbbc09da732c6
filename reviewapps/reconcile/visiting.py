"""When previews were visited last, as far as the gate remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from reviewapps.errors import ReviewAppsError
from reviewapps.model import Environment, Space
from reviewapps.reconcile.means import Means

log = structlog.get_logger()


def visited(
    means: Means, asked: frozenset[Environment], space: Space, since: datetime
) -> dict[Environment, datetime | None]:
    """The last visit to each of these previews; None for one that nobody remembers.

    What is remembered since then is enough to keep one. Before one ends, the gate itself is asked: it forgets when
    it starts again, and so may our memory, but seldom both. Empty where it does not answer: all go on until then.
    """
    if not asked:
        return {}
    kept: Any = means.remembered("visits") or {}
    visits = {at: datetime.fromisoformat(text) for at, text in kept.items()}
    found = _last(asked, visits, space)
    if all(seen is not None and seen >= since for seen in found.values()):
        return found
    told = _told(means)
    if told is None:
        return {}
    visits |= {at: max(seen, visits.get(at, seen)) for at, seen in told.items()}
    lasting = means.grant.expire_after
    recent = {at: seen.isoformat() for at, seen in visits.items() if seen > means.now() - lasting}
    means.remember(recent, lasting.total_seconds(), "visits")
    return _last(asked, visits, space)


def _told(means: Means) -> dict[str, datetime] | None:
    """What the gate tells, by address. One that did not answer is not asked again at once."""
    if means.remembered("visits unheard") is not None:
        return None
    try:
        return dict(means.cloudfoundry.visits())
    except ReviewAppsError as wrong:
        log.warning("the gate could not tell of visits", repository=means.name, reason=str(wrong))
        means.remember(True, means.pace.quiet, "visits unheard")
        return None


def _last(
    asked: frozenset[Environment], visits: dict[str, datetime], space: Space
) -> dict[Environment, datetime | None]:
    found: dict[Environment, datetime | None] = dict.fromkeys(asked)
    for route in space.routes:
        seen = visits.get(route.address)
        if route.environment in asked and seen is not None:
            found[route.environment] = max(seen, found[route.environment] or seen)
    return found
