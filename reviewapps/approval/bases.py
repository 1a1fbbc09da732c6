"""What a pull request's reviewers saw: the difference to its base branch, as long as that only went forward.

All of the head that the base did not have was shown to them. What the base had, it has still when the pull request
is merged, unless it was rewritten, deleted or made anew meanwhile: then more is merged than they saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from reviewapps.approval.evidence import Evidence, Move
from reviewapps.approval.ordering import in_order
from reviewapps.approval.tracing import movers, trunk


def with_bases(evidence: Evidence) -> Evidence:
    """The same, with each pull request's base changed when the branch last did anything else than go forward."""
    bringing = movers(evidence, trunk(evidence.head, evidence.commits))
    moves = in_order(evidence.moves or (), lambda move: move)
    pulls = []
    for pull in evidence.pulls:
        merge = bringing.get(pull.merged_as)
        broken = _broken_at(moves[moves.index(merge) :], evidence.all_moves) if merge is not None else None
        changed = [at for at in (pull.retargeted_at, broken) if at is not None]
        pulls.append(replace(pull, retargeted_at=max(changed, default=None)))
    return replace(evidence, pulls=tuple(pulls))


def _broken_at(before: Sequence[Move], all_moves: bool) -> datetime | None:
    """When the branch last did anything else than go forward before the first of these, newest first; None where
    it never did.

    Where one move does not begin at what the one before it left, there is something that GitHub does not tell."""
    for newer, older in pairwise(before):
        if not newer.forward or newer.before != older.after:
            return newer.at
    oldest = before[-1]
    return None if oldest.forward and all_moves else oldest.at
