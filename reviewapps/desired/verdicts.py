"""What should become of an environment, and what has to be known to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Literal

from reviewapps.approval import Evidence, Requires
from reviewapps.desired.room import Room, Waiter
from reviewapps.errors import BadRules, ReviewAppsError
from reviewapps.model import Entrance, Environment, Over, PullRequest, Refusal, Tag, Tagging
from reviewapps.outcome import Shortage
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Hold:
    """Why a commit may not go to a shared environment yet, in words; ``pulls`` are the pull requests that are
    told; ``unapproved``: what one of them lacks is among the reasons. It goes by itself when the reasons are gone,
    but for ``drift``, which somebody has to end."""

    commit: str
    why: Literal["approval", "lock", "freeze", "drift", "rules"]
    reasons: tuple[str, ...]
    pulls: tuple[int, ...] = ()
    unapproved: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Run:
    """This commit should run. ``ends`` is when a review environment expires without another push or visit. For a
    shared one, ``source`` is the tag or branch that says so, ``tags_seen`` what is to be remembered of all tags.
    ``entrance``: who may open it; ``deadline`` how long it may take to come up, where the rules say so.
    ``app``: what the app is called, where the rules say that. ``held`` is what a newer commit waits for
    meanwhile; ``approved`` what speaks for this one, where that was asked for just now; ``over`` the wishes that
    it takes the place of, where it is a new one. ``notes`` are what lies on a shared environment besides, in
    words: a lock, a freeze, that somebody went back. ``by_own_rules``: the rules at the commit itself hold, and
    not those of the default branch; ``rests``: something holds it, so that what was refused is not tried anew.
    Where its attempt asks for more memory than what serves has, it ``fits``, or is ``short`` of room."""

    commit: str
    config: str
    source: str | None = None
    tags_seen: frozenset[str] | None = None
    ends: datetime | None = None
    entrance: Entrance = "public"
    deadline: timedelta | None = None
    app: str | None = None
    held: Hold | None = None
    approved: tuple[str, ...] = ()
    over: tuple[Over, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    by_own_rules: bool = False
    rests: bool = False
    fits: bool = False
    short: NoRoom | None = None


@dataclass(frozen=True)
class Held:
    """A shared environment stays as it is, or absent, and people are told why. ``notes`` as of Run."""

    hold: Hold
    notes: tuple[str, ...] = field(default=(), compare=False)


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
    a push or a visit make one ``expired``, or too ``old`` to begin with. But for its build, where a shared
    environment of the name ``kept_for`` has still to take that."""

    why: Literal["merged", "closed", "expired", "unlabelled", "bot", "old", "missing"]
    at: datetime | None = None
    days: int = field(default=0, compare=False)
    kept_for: str = ""


@dataclass(frozen=True)
class Destroyed:
    """Somebody took it away by hand, at this commit: nothing should be there but what remembers that."""

    commit: str
    at: datetime


@dataclass(frozen=True)
class Leave:
    """Whatever is there stays as it is, for the reason ``why``, where that is something that people can mend."""

    why: str = field(default="", compare=False)


Verdict = Run | Held | NoRoom | Fork | Refused | Absent | Destroyed | Leave


@dataclass(frozen=True)
class Way:
    """From what runs in a shared environment to the head of its branch, and what is required on it."""

    branch: str
    running: str | None
    head: str
    requires: Requires


@dataclass(frozen=True)
class Known:
    """What was answered so far to what was asked: by GitHub, and by the gate, which tells when each preview was
    visited last, as far as it remembers. ``needs`` are MB by commit; ``room`` is None until it is asked.
    ``untold`` is why GitHub does not answer what is asked of shared environments: no answer, so it stays asked."""

    committed: Mapping[str, datetime] = field(default_factory=dict)
    taggings: Mapping[Tag, Tagging | None] = field(default_factory=dict)
    pull_requests: Mapping[int, PullRequest | None] = field(default_factory=dict)
    visits: Mapping[Environment, datetime | None] = field(default_factory=dict)
    rules_at: Mapping[str, Rules | BadRules] = field(default_factory=dict)
    evidence: Mapping[Way, Evidence] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)
    untold: Mapping[Tag | str | Way, ReviewAppsError] = field(default_factory=dict)
    room: Room | None = None

    def with_answers(self, more: Known) -> Known:
        """All that is known now."""
        by_name = (f.name for f in fields(self) if f.name != "room")
        united = {name: {**getattr(self, name), **getattr(more, name)} for name in by_name}
        return Known(**united, room=more.room or self.room)

    def answered(self, asked: Asks) -> Asks:
        """What of the questions has its answer here."""
        return Asks(
            frozenset(self.committed),
            frozenset(self.taggings),
            frozenset(self.pull_requests),
            frozenset(self.visits),
            frozenset(self.rules_at),
            frozenset(self.evidence),
            frozenset(pr for pr in asked.needs if pr.commit in self.needs),
            self.room is not None,
        )


@dataclass(frozen=True)
class Asks:
    """What has to be known first: dates of commits, meanings of tags, pull requests that the listing lacks, the
    last visits of previews that would end now without one, the rules at commits, evidence of approvals; what pull
    requests need, and what room there is."""

    commits: frozenset[str] = frozenset()
    tags: frozenset[Tag] = frozenset()
    pull_requests: frozenset[int] = frozenset()
    visits: frozenset[Environment] = frozenset()
    rules_at: frozenset[str] = frozenset()
    ways: frozenset[Way] = frozenset()
    needs: frozenset[PullRequest] = frozenset()
    room: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, asked.name) for asked in fields(self))

    def __or__(self, other: Asks) -> Asks:
        return Asks(*(getattr(self, f.name) | getattr(other, f.name) for f in fields(self)))

    def without(self, those: Known | Asks) -> Asks:
        """What is still asked when those are answered, or were asked in vain."""
        gone = those.answered(self) if isinstance(those, Known) else those
        sets = (f.name for f in fields(self) if f.name != "room")
        left = {name: getattr(self, name) - getattr(gone, name) for name in sets}
        return Asks(**left, room=self.room and not gone.room)


@dataclass(frozen=True)
class Desired:
    """A verdict for each environment of one repository that is wanted or there. While ``asks`` is not empty,
    the verdicts are not final. ``unsafe`` is why deletions are held back, in words. ``line`` are those that want
    memory and hold none yet, whether or not they get it now. ``refused`` is what GitHub will not answer until an
    operator acts, in words."""

    verdicts: Mapping[Environment, Verdict]
    asks: Asks = Asks()
    unsafe: str | None = None
    line: tuple[Waiter, ...] = ()
    refused: tuple[str, ...] = ()

    def of(self, environment: Environment) -> Verdict:
        """What should become of it. One that nobody knows is left alone."""
        return self.verdicts.get(environment, Leave())
