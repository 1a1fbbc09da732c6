"""A tick's own report, as a line of the log."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from reviewapps.desired import Desired
from reviewapps.model import Environment, Space, Wanted
from reviewapps.overview import Row, overview
from reviewapps.reconcile.means import Means
from reviewapps.report.untrusted import Mask

log = structlog.get_logger()

REASON = 200
"""Characters; all of it is in ``reviewapps show``."""


def report(
    means: Means, wanted: Wanted, desired: Desired, space: Space, to_settle: Iterable[Environment]
) -> None:
    """Say what was looked at: how many environments are right, which are settled now, and which wait or were
    refused, each with why. (What is repaired says so itself, as a warning.)"""
    rows = overview(wanted, desired, space, means.grant, means.now()).rows
    mask = Mask.over(means.secrets)

    def those(*states: str) -> dict[str, str]:
        return {name(row): mask.line(row.reason, REASON) for row in rows if row.state in states}

    def name(row: Row) -> str:
        return row.environment.name

    log.info(
        "looked",
        repository=means.name,
        right=sum(row.state in ("live", "kept") for row in rows),
        settled_now=[environment.name for environment in to_settle],
        waiting=those("waiting"),
        refused=those("failed", "unreadable"),
    )
