"""GitHub's view, the rules and the grants → what should exist, and why the rest should not. Pure.

Where something has to be asked of GitHub first (the date of a commit, what a tag means), ``desired`` says so in
``asks`` and is simply called again with the answers: it asks for no more than it needs.
"""

from reviewapps.desired.desired import desired, questions
from reviewapps.desired.following import branches_of, head_of
from reviewapps.desired.holding import no_approvals
from reviewapps.desired.inquiry import Inquiry
from reviewapps.desired.permitted import has_drifted, overridden, permitted_last, spoken_for
from reviewapps.desired.review import lasting
from reviewapps.desired.room import STAGING, Line, Room, Waiter
from reviewapps.desired.shared import Shared
from reviewapps.desired.tags import followed_tags, natural, overwritten, tags_seen
from reviewapps.desired.verdicts import (
    Absent,
    Asks,
    Desired,
    Destroyed,
    Fork,
    Held,
    Hold,
    Known,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
    Way,
)
from reviewapps.desired.without_rules import lost

__all__ = [
    "STAGING",
    "Absent",
    "Asks",
    "Desired",
    "Destroyed",
    "Fork",
    "Held",
    "Hold",
    "Inquiry",
    "Known",
    "Leave",
    "Line",
    "NoRoom",
    "Refused",
    "Room",
    "Run",
    "Shared",
    "Verdict",
    "Waiter",
    "Way",
    "branches_of",
    "desired",
    "followed_tags",
    "has_drifted",
    "head_of",
    "lasting",
    "lost",
    "natural",
    "no_approvals",
    "overridden",
    "overwritten",
    "permitted_last",
    "questions",
    "spoken_for",
    "tags_seen",
]
