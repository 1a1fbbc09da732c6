"""One repository's verdicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reviewapps.desired.awaited import with_builds_kept
from reviewapps.desired.inquiry import Inquiry
from reviewapps.desired.review import REVIEW, Review
from reviewapps.desired.shared import Shared
from reviewapps.desired.verdicts import Absent, Asks, Desired, Known, Leave, Verdict
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import Environment, Space, Wanted
from reviewapps.rules import Rules


def desired(
    wanted: Wanted,
    rules: Rules | BadRules,
    grant: Grant,
    space: Space,
    known: Known,
    now: datetime,
    also: frozenset[int] = frozenset(),
) -> Desired:
    """What should exist of this repository, given what does.

    ``rules`` that are broken let what exists stay, and refuse what is new. ``also`` are pull requests to judge
    even though GitHub's listing lacks them and nothing of theirs is there. Environments that cannot be read
    are left alone: what seems to lack may be there. So are those of a kind that is not granted (any more).
    """
    review = Review(wanted, rules, grant, space, known, now, also)
    verdicts = review.verdicts() if grant.allows(REVIEW) else {}
    inquiry = Inquiry(known)
    verdicts |= Shared(wanted, rules, grant, space, inquiry, now).verdicts()
    verdicts |= dict.fromkeys(
        (e for e in space.unreadable if e and e.repository == review.repository), Leave()
    )
    asks = Asks(
        frozenset(review.commits_asked),
        pull_requests=frozenset(review.numbers_asked),
        visits=frozenset(review.visits_asked),
        needs=frozenset(review.needs_asked),
        room=review.room_asked,
    )
    pulls = (*wanted.pull_requests, *(pr for pr in known.pull_requests.values() if pr is not None))
    verdicts = with_builds_kept(verdicts, pulls, wanted, rules, grant, space)
    refused = tuple(one.words for one in inquiry.untold if one.operator)
    return replace(_safe(verdicts, asks | inquiry.asks, grant), line=review.line, refused=refused)


def questions(
    wanted: Wanted,
    rules: Rules | BadRules,
    grant: Grant,
    space: Space,
    known: Known,
    now: datetime,
    number: int,
) -> tuple[str, ...]:
    """What is asked about a pull request before room plays a part; the last one speaks against it, where
    anything does."""
    return Review(wanted, rules, grant, space, known, now, frozenset({number})).questions(number)


def _safe(verdicts: dict[Environment, Verdict], asks: Asks, grant: Grant) -> Desired:
    """Too many pull requests that vanished at once are no pull requests that vanished: leave theirs alone.

    Pull requests that GitHub shows as closed do not count: six honest merges at once just go.
    """
    missing = [e for e, v in verdicts.items() if isinstance(v, Absent) and v.why == "missing"]
    if len(missing) <= grant.deletions_at_once:
        return Desired(verdicts, asks)
    names = ", ".join(f"#{e.number}" for e in sorted(missing))
    unsafe = (
        f"{len(missing)} pull requests that have previews are unknown to GitHub all at once ({names}); "
        f"nothing of them is deleted, since at most {grant.deletions_at_once} may be"
    )
    return Desired({**verdicts, **dict.fromkeys(missing, Leave())}, asks, unsafe)
