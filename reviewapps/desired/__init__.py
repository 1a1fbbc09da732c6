"""GitHub's view, the rules and the grants → what should exist, and why the rest should not. Pure.

Where something has to be asked of GitHub first (the date of a commit, what a tag means), ``desired`` says so in
``asks`` and is simply called again with the answers: it asks for no more than it needs.
"""

from reviewapps.desired.desired import desired, questions
from reviewapps.desired.dev import dev_tags, natural, tags_seen
from reviewapps.desired.review import lasting
from reviewapps.desired.verdicts import (
    Absent,
    Asks,
    Desired,
    Destroyed,
    Fork,
    Known,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
)

__all__ = [
    "Absent",
    "Asks",
    "Desired",
    "Destroyed",
    "Fork",
    "Known",
    "Leave",
    "NoRoom",
    "Refused",
    "Run",
    "Verdict",
    "desired",
    "dev_tags",
    "lasting",
    "natural",
    "questions",
    "tags_seen",
]
