"""``reviewapps history``: a line for each deploy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from reviewapps.model import PastDeploy
from reviewapps.report.untrusted import Mask
from reviewapps.report.wording import age

ABOUT: Final = 140
STATES: Final = {"success": "live", "in_progress": "building", "queued": "held", "inactive": "gone"}


def past_deploys(found: Sequence[PastDeploy], mask: Mask, now: datetime) -> Iterator[str]:
    """Newest first."""
    if not found:
        yield "GitHub shows no deploy of ours"
    for one in found:
        state = STATES.get(one.state, one.state)
        about = "runs now; " * one.runs + mask.line(one.about, ABOUT)
        ago = f"{age(now - one.at)} ago"
        yield f"{one.began_at:%Y-%m-%d %H:%M}  {one.commit[:7]}  {state:<8}  {ago:<10}  {about}"


def past_as_json(found: Sequence[PastDeploy], mask: Mask) -> str:
    rows = [
        {
            "commit": one.commit,
            "state": STATES.get(one.state, one.state),
            "began_at": one.began_at.isoformat(),
            "at": one.at.isoformat(),
            "about": mask.line(one.about, ABOUT),
            "url": one.url,
            "runs": one.runs,
        }
        for one in found
    ]
    return json.dumps({"deploys": rows}, indent=2)
