"""What GitHub shows of the way from the commit that runs to the new head of a branch.

Logins, teams and the names of sign-offs are lower case: GitHub does not tell cases apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MOST_COMMITS = 1000
"""So many commits at once are traced; of more, only the number is known."""


@dataclass(frozen=True)
class Commit:
    """A commit between what runs and the head."""

    sha: str
    parents: tuple[str, ...]


Opinion = Literal["approved", "changes requested", "dismissed"]


@dataclass(frozen=True)
class Review:
    """A submitted review that says yes or no, or said so and was dismissed. ``id`` grows with time.

    ``commit`` is the head that the reviewer saw. ``counts``: a person's, who may write in the repository.
    """

    id: int
    reviewer: str
    opinion: Opinion
    commit: str
    at: datetime
    counts: bool = True


Decision = Literal["approved", "changes requested", "review required"]


@dataclass(frozen=True)
class Pull:
    """A merged pull request. ``head`` is the commit that was merged, ``merged_as`` what the base branch was at
    afterwards. ``decision`` is GitHub's own, which knows branch rules and code owners; None where none of
    them asks for a review.

    ``authors`` are, for each of its commits, whoever wrote it, co-authors too. ``pushers`` are those who pushed
    to its branch or merged into that, while its commits came there. ``all_told``: GitHub told all of them.
    ``retargeted_at``: when it was given another base branch last, or that was rewritten or deleted.
    ``unlisted`` came into the base by its merge, and GitHub does not show it among its commits.
    """

    number: int
    base: str
    head: str
    merged_as: str
    author: str
    url: str = ""
    decision: Decision | None = None
    reviews: tuple[Review, ...] = ()
    authors: tuple[frozenset[str], ...] = ()
    pushers: frozenset[str] = frozenset()
    all_told: bool = True
    retargeted_at: datetime | None = None
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """The branch went from ``before`` to ``after``: by a merge on GitHub, or by a push. ``forward``: nothing was
    lost, as it is where a branch is rewritten, deleted or made anew."""

    before: str
    after: str
    merge: bool
    at: datetime
    forward: bool = True


@dataclass(frozen=True)
class Check:
    """What one check run or commit status says of the head: ``green`` or, in a word, what else."""

    name: str
    state: str
    url: str = ""

    @property
    def green(self) -> bool:
        return self.state == "green"


@dataclass(frozen=True)
class Team:
    """Who is in a team; None where that cannot be read."""

    name: str
    members: frozenset[str] | None


@dataclass(frozen=True)
class SignOff:
    """That somebody said of this very commit, by hand, that it may go there."""

    person: str
    commit: str


@dataclass(frozen=True)
class Evidence:
    """All that a judgement needs. ``straight``: the running commit lies on the way to the head.

    ``total`` commits lie between; ``commits`` holds them, or nothing where they are more than MOST_COMMITS.
    ``associated`` says which pull requests a commit on the branch's own line belongs to, by number, of those
    that are in ``pulls``. ``moves`` are those of the branch, newest first, None where this GitHub tells of none;
    with ``all_moves`` there is none before them.
    """

    branch: str
    running: str
    head: str
    straight: bool = True
    total: int = 0
    commits: tuple[Commit, ...] = ()
    pulls: tuple[Pull, ...] = ()
    associated: tuple[tuple[str, int], ...] = ()
    moves: tuple[Move, ...] | None = None
    all_moves: bool = True
    checks: tuple[Check, ...] = ()
    teams: tuple[Team, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
