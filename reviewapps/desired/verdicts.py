"""What should become of an environment, and what has to be known to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from reviewapps.desired.room import Room, Waiter
from reviewapps.model import Entrance, Environment, PullRequest, Refusal, Tag, Tagging
from reviewapps.outcome import Shortage


@dataclass(frozen=True)
class Run:
    """This commit should run. ``ends`` is when a review environment expires without another push. For a shared
    one, ``source`` is the tag that says so, and ``tags_seen`` what is to be remembered of all tags. ``entrance``:
    who may open it."""

    commit: str
    config: str
    source: str | None = None
    tags_seen: frozenset[str] | None = None
    ends: datetime | None = None
    entrance: Entrance = "public"


@dataclass(frozen=True)
class NoRoom:
    """It should run and has no place yet: ``place`` (from 1) of ``of``. Without a ``shortage`` of memory it is the
    ``limit`` of previews that is reached."""

    commit: str
    place: int
    of: int
    limit: int
    holders: tuple[int, ...]
    shortage: Shortage | None = None


@dataclass(frozen=True)
class Fork:
    """It comes from a fork, and this project makes no previews for forks."""

    commit: str


@dataclass(frozen=True)
class Refused:
    """It would run, but for this."""

    commit: str
    refusal: Refusal


@dataclass(frozen=True)
class Absent:
    """Nothing should be there. ``missing``: GitHub does not know the pull request (any more). ``days`` without
    a push make one ``expired``, or too ``old`` to begin with."""

    why: Literal["merged", "closed", "expired", "unlabelled", "bot", "old", "missing"]
    at: datetime | None = None
    days: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Destroyed:
    """Somebody took it away by hand, at this commit: nothing should be there but what remembers that."""

    commit: str
    at: datetime


@dataclass(frozen=True)
class Leave:
    """Whatever is there stays as it is."""


Verdict = Run | NoRoom | Fork | Refused | Absent | Destroyed | Leave


@dataclass(frozen=True)
class Known:
    """What was answered so far. ``needs`` are MB by commit; ``room`` is None until it is asked."""

    committed: Mapping[str, datetime] = field(default_factory=dict)
    taggings: Mapping[Tag, Tagging | None] = field(default_factory=dict)
    pull_requests: Mapping[int, PullRequest | None] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)
    room: Room | None = None

    def with_answers(self, more: Known) -> Known:
        """All that is known now."""
        return Known(
            {**self.committed, **more.committed},
            {**self.taggings, **more.taggings},
            {**self.pull_requests, **more.pull_requests},
            {**self.needs, **more.needs},
            more.room or self.room,
        )


@dataclass(frozen=True)
class Asks:
    """What has to be known first: dates of commits, meanings of tags, pull requests that the listing lacks; what
    pull requests need, and what room there is."""

    commits: frozenset[str] = frozenset()
    tags: frozenset[Tag] = frozenset()
    pull_requests: frozenset[int] = frozenset()
    needs: frozenset[PullRequest] = frozenset()
    room: bool = False

    def __bool__(self) -> bool:
        return bool(self.commits or self.tags or self.pull_requests or self.needs or self.room)

    def without(self, those: Known | Asks) -> Asks:
        """What is still asked when those are answered, or were asked in vain."""
        if isinstance(those, Known):
            return self.without(_answered(those, self))
        return Asks(
            self.commits - those.commits,
            self.tags - those.tags,
            self.pull_requests - those.pull_requests,
            self.needs - those.needs,
            self.room and not those.room,
        )


def _answered(known: Known, asked: Asks) -> Asks:
    return Asks(
        frozenset(known.committed),
        frozenset(known.taggings),
        frozenset(known.pull_requests),
        frozenset(pr for pr in asked.needs if pr.commit in known.needs),
        known.room is not None,
    )


@dataclass(frozen=True)
class Desired:
    """A verdict for each environment of one repository that is wanted or there. While ``asks`` is not empty,
    the verdicts are not final. ``unsafe`` is why deletions are held back, in words. ``line`` are those that want
    memory and hold none yet, whether or not they get it now."""

    verdicts: Mapping[Environment, Verdict]
    asks: Asks = Asks()
    unsafe: str | None = None
    line: tuple[Waiter, ...] = ()

    def of(self, environment: Environment) -> Verdict:
        """What should become of it. One that nobody knows is left alone."""
        return self.verdicts.get(environment, Leave())
