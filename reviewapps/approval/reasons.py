"""Why a commit waits, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_NAMED = 5


@dataclass(frozen=True, order=True)
class Reason:
    """One thing that is missing, as a part of a sentence. ``pull`` is the pull request that it is about, None
    for what is about the whole head. ``operator``: only the operator can mend it.
    ``by_hand``: by no approval of anybody, but by bringing the commit there."""

    text: str
    pull: int | None = None
    operator: bool = False
    by_hand: bool = False


def short(commit: str) -> str:
    """The seven digits by which people know a commit."""
    return commit[:7]


def listed(words: Sequence[str], between: str = ", ") -> str:
    """The first few, and how many more.

    >>> listed(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    shown = between.join(words[:MOST_NAMED])
    more = len(words) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
