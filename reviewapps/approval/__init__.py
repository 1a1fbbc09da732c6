"""Whether a commit may go to an environment that asks for approvals, and what it waits for. Pure.

What has to be there (``Requires``) and what is there (``Evidence``) → ``judgement``: Approved, or Missing with
the reasons in words.
"""

from reviewapps.approval.evidence import (
    MOST_COMMITS,
    Check,
    Commit,
    Evidence,
    Move,
    Pull,
    Review,
    SignOff,
    Team,
)
from reviewapps.approval.judgement import Approved, Judgement, Missing, judgement
from reviewapps.approval.ordering import in_order
from reviewapps.approval.reasons import Reason
from reviewapps.approval.requires import NOTHING, Quorum, Requires, stricter
from reviewapps.approval.tracing import landings, trunk

__all__ = [
    "MOST_COMMITS",
    "NOTHING",
    "Approved",
    "Check",
    "Commit",
    "Evidence",
    "Judgement",
    "Missing",
    "Move",
    "Pull",
    "Quorum",
    "Reason",
    "Requires",
    "Review",
    "SignOff",
    "Team",
    "in_order",
    "judgement",
    "landings",
    "stricter",
    "trunk",
]
