"""What came of an environment, as data; ``report`` puts it into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from reviewapps.model import Entrance, Environment, Over, Refusal, Said


@dataclass(frozen=True)
class Serving:
    """A commit and the URL that shows it."""

    commit: str
    url: str


@dataclass(frozen=True)
class Building:
    """It is on its way. ``still`` serves meanwhile. ``source`` is the tag that asks for it, ``over`` the wishes
    that it takes the place of."""

    commit: str
    since: datetime
    still: Serving | None = None
    source: str | None = None
    over: tuple[Over, ...] = ()


@dataclass(frozen=True)
class Live:
    """The URL answers with this commit. ``same_build_as`` names the environment whose build it shares;
    ``built_because`` is why it was built and not copied; ``over`` are the wishes that it took the place of;
    ``services`` are those that it has, in words; ``approved`` is what spoke for it;
    ``entrance`` says who may open it."""

    commit: str
    url: str
    at: datetime
    took: timedelta | None = None
    ends: datetime | None = None
    source: str | None = None
    same_build_as: str | None = None
    built_because: str = ""
    stop_start: bool = False
    not_taken: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()
    entrance: Entrance = "public"
    over: tuple[Over, ...] = ()


@dataclass(frozen=True)
class Failed:
    """It did not come up, and is not tried again by itself. ``still`` serves on."""

    commit: str
    refusal: Refusal
    still: Serving | None = None


@dataclass(frozen=True)
class Held:
    """A commit may not, or cannot, go to a shared environment yet, for these ``reasons``; ``still`` serves on.
    ``pulls`` are the pull requests that it is about."""

    commit: str
    why: Literal["approval", "lock", "freeze", "drift", "rules", "build"]
    reasons: tuple[str, ...]
    still: Serving | None = None
    pulls: tuple[int, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """Where a merged pull request has come: it is on ``environment`` since ``at``, with the same build as its
    preview or not; or it waits for what ``waits`` says, or ``failed`` there with what serves now.
    ``lacks``: what it waits for is something that is missing, and not somebody's word; ``calls``: an approval of
    this very pull request, or of one that came with it, of which it is told also where it had no comment."""

    environment: str
    url: str = ""
    at: datetime | None = None
    waits: str = ""
    failed: Refusal | None = None
    lacks: bool = False
    calls: bool = False


@dataclass(frozen=True)
class Shortage:
    """Memory that is not there, MB. ``need`` is what the preview takes (None: not known yet), ``free`` what it
    could have of the limit ``of``. Each of ``freed_by``, alone, would leave enough. ``never``: there would not be
    enough even without all other previews. ``others_first``: it is another repository's turn."""

    need: int | None
    of: int
    freed_by: tuple[int, ...] = ()
    never: bool = False
    others_first: bool = False
    free: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Waiting:
    """There is no room: ``place`` (from 1) of ``of`` who wait. ``limit`` previews are up already, or there is a
    ``shortage`` of memory. ``still`` serves meanwhile."""

    commit: str
    place: int
    of: int
    limit: int
    holders: tuple[int, ...] = ()
    shortage: Shortage | None = None
    still: Serving | None = None


@dataclass(frozen=True)
class Forbidden:
    """It comes from a fork. Nothing was fetched, built or run."""

    commit: str


@dataclass(frozen=True)
class Removed:
    """App and address are gone; but for its build, where that is ``kept_for`` a shared environment."""

    why: Literal["merged", "closed", "expired", "unlabelled", "destroyed"]
    at: datetime | None
    days: int = 0
    arrivals: tuple[Arrival, ...] = ()
    kept_for: str = ""


HOLDS: Final = "Held: "
"""How a deployment's description begins where a commit waits before a shared environment: by this another
installation knows it."""

Outcome = Building | Live | Failed | Held | Waiting | Forbidden | Removed


Event = Literal["started", "live", "failed", "rolled_back", "removed", "approval", "drift", "operator"]
"""What an operator gives channels to. ``rolled_back``: it failed, and what served before serves again.
``approval``: a commit is held, for that or for something else."""


@dataclass(frozen=True)
class News:
    """One line for Slack. ``state`` is what it is not told twice of. ``of`` names what is in that state, where
    that is not the newest attempt."""

    event: Event
    state: str
    text: str
    of: str | None = None


@dataclass(frozen=True)
class Line:
    """One line on its way to a channel. A later one of the same ``key`` takes its place. ``said`` is what is true
    once it is sent. It goes ``alone`` where its message will be edited; with ``edits`` that message is."""

    channel: str
    key: str
    text: str
    said: Said
    alone: bool = False
    edits: Said | None = None


@dataclass(frozen=True)
class Queued:
    """A line that waits since ``at`` (seconds). ``body`` is it as it was written down."""

    line: Line
    at: float
    body: str


@dataclass(frozen=True)
class Mark:
    """A line among a commit's checks, beside that of the environment's own commit. ``about`` is what it is called
    there, after our instance."""

    commit: str
    about: str
    state: Literal["pending", "success", "failure", "error"]
    description: str


@dataclass(frozen=True)
class Telling:
    """What people are told of one environment's outcome, in the words of each place.

    ``comment`` goes to the pull request (None: there is none to go to); where ``only_edit``, a comment that
    does not exist yet is not made. ``deployment`` is GitHub's deployment state with at most 140 characters of
    description; None where there is no deployment to speak of. ``status`` is that of the commit, which has the
    same description; it leads to ``url``, else to the status ``page``. ``slack`` is None for silence.
    ``marks`` are for other commits.
    """

    environment: Environment
    commit: str | None
    state: str
    comment: str | None
    only_edit: bool = False
    deployment: Literal["queued", "in_progress", "success", "failure", "error", "inactive"] | None = None
    description: str = ""
    url: str | None = None
    page: str = ""
    status: Literal["pending", "success", "failure", "error"] | None = None
    slack: News | None = None
    marks: tuple[Mark, ...] = ()
