"""What the last look saw of a repository, kept for people: a page must cost neither side a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import structlog

from reviewapps.desired import Desired, Verdict
from reviewapps.errors import ReviewAppsError
from reviewapps.model import Actual, Space, Wanted
from reviewapps.overview import Overview, kept, overview, recalled, row, with_row
from reviewapps.ports import Memory
from reviewapps.reconcile.means import Means

log = structlog.get_logger()

KEPT_FOR = 7 * 24 * 3600.0
"""Seconds. The page says how old it is; where nobody looks any more, the last look is still worth reading."""

OVERVIEW = "overview"


def keep_overview(means: Means, wanted: Wanted, desired: Desired, space: Space) -> None:
    """Keep what a look saw."""
    seen = overview(wanted, desired, space, means.grant, means.now(), _memory(means))
    means.remember(kept(seen), KEPT_FOR, OVERVIEW)


def last_overview(memory: Memory, repository: str) -> Overview | None:
    """What the last look at that repository saw; None where nobody looked yet, or it is forgotten."""
    return recalled(memory.read(f"{repository}:{OVERVIEW}"))


def keep_row(means: Means, verdict: Verdict, actual: Actual) -> None:
    """Keep what became of one environment since. Of two who do so at once one is lost, until the next look."""
    seen = last_overview(means.memory, means.name)
    if seen is None:
        return
    space, environment = Space(actual.apps, actual.routes), actual.environment
    now = row(environment, verdict, space, means.grant, _memory(means))
    if now not in seen.rows:
        means.remember(kept(with_row(seen, environment, now)), KEPT_FOR, OVERVIEW)


def keep_memory(means: Means) -> None:
    """Keep what each app is sized for: one more listing, so that only whole looks pay for it. A look that cannot
    have it is none the worse for anybody but who reads the page."""
    try:
        means.remember(dict(means.cloudfoundry.memory()), KEPT_FOR, "memory")
    except ReviewAppsError as wrong:
        log.warning("memory not listed", repository=means.name, reason=str(wrong))


def _memory(means: Means) -> Mapping[str, int]:
    return cast("dict[str, int] | None", means.remembered("memory")) or {}
