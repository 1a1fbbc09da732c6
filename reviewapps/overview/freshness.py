"""Whether somebody looks at a repository, by when a worker looked last. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reviewapps.overview.overview import Overview
from reviewapps.report.wording import age

FRESH: Final = timedelta(minutes=5)
"""A whole look that is older says that nobody works here; one is due in every quiet interval."""

WORK: Final = ("due", "building", "removing")
"""The states in which a worker has something to do."""


@dataclass(frozen=True)
class Watched:
    """When a worker looked last (None: not known), and whether that is so long ago that none seems to run."""

    repository: str
    looked_at: datetime | None
    stale: bool


def watched(repository: str, looked_at: datetime | None, now: datetime, quiet_every: float) -> Watched:
    """What is known of a repository's workers, who look at least every ``quiet_every`` seconds."""
    return Watched(repository, looked_at, looked_at is None or now - looked_at >= longest(quiet_every))


def longest(quiet_every: float) -> timedelta:
    """For how long a look is young enough, where one is due every ``quiet_every`` seconds."""
    return max(FRESH, timedelta(seconds=3 * quiet_every))


def nobody_looks(seen: Sequence[Watched], overviews: Sequence[Overview], now: datetime) -> list[str]:
    """A sentence for each repository at which nobody seems to look. Where nothing is known of a worker it is only
    said while there is something to do: a workflow has none that stays."""
    waiting = {one.repository for one in overviews if any(row.state in WORK for row in one.rows)}
    return [
        _words(one, now)
        for one in seen
        if one.stale and (one.looked_at is not None or one.repository in waiting)
    ]


def _words(one: Watched, now: datetime) -> str:
    if one.looked_at is None:
        return (
            f"{one.repository}: no worker is known here. `reviewapps run` works all the time, "
            "`reviewapps look --wait` once"
        )
    return (
        f"{one.repository}: no worker has looked for {age(now - one.looked_at)}; does `reviewapps run` run?"
    )
