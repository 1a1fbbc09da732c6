"""What a deployment was, time after time: a commit has one, and goes where it goes as often as people want."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from reviewapps.github.parse_told import Deployed, DeploymentStatus
from reviewapps.model import PastDeploy

INACTIVE: Final = "inactive"
ENDS: Final = ("success", "failure", "error")
BEGINS: Final = ("queued", "in_progress")


def past_deploys(one: Deployed, said: Sequence[DeploymentStatus]) -> Iterator[PastDeploy]:
    """Its deploys, oldest first, each as it was before it was replaced. ``said`` is what was said of it, newest
    first. What comes after its end, or after it was replaced, is another deploy; having only waited is none, and
    what waited begins when it may go: another one may have run meanwhile."""
    began, before, begun = one.created_at, "", False
    last: DeploymentStatus | None = None
    for status in reversed(said):
        goes, waited = status.state not in ("queued", INACTIVE), last is not None and last.state == "queued"
        again = before == INACTIVE or (before in ENDS and status.state in BEGINS)
        if status.state != INACTIVE and last is not None and again and not waited:
            yield _past(one, last, began)
            began, begun = status.at, goes
        elif goes and waited and (before == INACTIVE or not begun):
            began = status.at
        before, begun = status.state, begun or goes
        last = last if status.state == INACTIVE else status
    if last is not None:
        yield _past(one, last, began)
    else:
        yield PastDeploy(one.commit, INACTIVE, one.created_at, one.created_at)


def _past(one: Deployed, last: DeploymentStatus, began: datetime) -> PastDeploy:
    return PastDeploy(one.commit, last.state, began, last.at, last.description, last.url)
