"""Branches as people move them: what GitHub would show of merges of all kinds, and of pushes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from reviewapps.approval import Check, Commit, Evidence, Move, Pull, Review
from reviewapps.approval.evidence import Opinion

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
Method = Literal["merge", "squash", "rebase"]


def review(
    reviewer: str, opinion: Opinion = "approved", commit: str = "", minute: int = 0, *, counts: bool = True
) -> Review:
    """A review that ``Branch.merge`` lets be of the pull request's head, where it names no commit."""
    identity = minute * 100 + sum(map(ord, reviewer))
    return Review(identity, reviewer, opinion, commit, NOON + timedelta(minutes=minute), counts)


def yes(*reviewers: str) -> tuple[Review, ...]:
    """So many approvals of the head."""
    return tuple(map(review, reviewers))


@dataclass
class Branch:
    """``main``, at the commit that runs."""

    shas: int = 1
    head: str = "0" * 40
    commits: list[Commit] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    associated: list[tuple[str, int]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    def merge(
        self, reviews: Iterable[Review] = (), how: Method = "merge", size: int = 2, **told: object
    ) -> Pull:
        """A merged pull request of ann's with so many commits, which she wrote and pushed."""
        before, number = self.head, len(self.pulls) + 1
        theirs = self._line(before, size)
        head = theirs[-1].sha
        if how == "merge":
            landed = [Commit(self._sha(), (before, head))]
            self.commits += theirs
        else:
            landed = self._line(before, size if how == "rebase" else 1)
        self.commits += landed
        self._move(landed[-1].sha, merge=True)
        self.associated += [(commit.sha, number) for commit in (*theirs, *landed)]
        pull = Pull(
            number,
            "main",
            head,
            self.head,
            "ann",
            reviews=tuple(one if one.commit else replace(one, commit=head) for one in reviews),
            authors=(frozenset({"ann"}),) * size,
            pushers=frozenset({"ann"}),
        )
        self.pulls.append(replace(pull, **told))  # type: ignore[arg-type]
        return self.pulls[-1]

    def push(self, size: int = 1) -> None:
        """Commits that nobody opened a pull request for."""
        pushed = self._line(self.head, size)
        self.commits += pushed
        self._move(pushed[-1].sha, merge=False)

    def move(self, before: str, after: str, minute: int, *, forward: bool = True) -> None:
        """A move of the branch that it is not where it was before."""
        self.moves.append(Move(before, after, False, NOON + timedelta(minutes=minute), forward))

    def evidence(self, **told: object) -> Evidence:
        """What GitHub shows of it."""
        found = Evidence(
            "main",
            "0" * 40,
            self.head,
            total=len(self.commits),
            commits=tuple(self.commits),
            pulls=tuple(self.pulls),
            associated=tuple(self.associated),
            moves=tuple(reversed(self.moves)),
            checks=(Check("test", "green"),),
        )
        return replace(found, **told)  # type: ignore[arg-type]

    def _line(self, before: str, size: int) -> list[Commit]:
        found: list[Commit] = []
        for _ in range(size):
            found.append(Commit(self._sha(), (found[-1].sha if found else before,)))
        return found

    def _sha(self) -> str:
        self.shas += 1
        return f"{self.shas:07d}".ljust(40, "0")

    def _move(self, after: str, *, merge: bool) -> None:
        self.moves.append(Move(self.head, after, merge, NOON + timedelta(minutes=20 + len(self.moves))))
        self.head = after
