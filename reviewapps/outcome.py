"""What came of an environment, as data; ``report`` puts it into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from reviewapps.model import Entrance, Environment, Refusal


@dataclass(frozen=True)
class Serving:
    """A commit and the URL that shows it."""

    commit: str
    url: str


@dataclass(frozen=True)
class Building:
    """It is on its way. ``still`` serves meanwhile."""

    commit: str
    since: datetime
    still: Serving | None = None


@dataclass(frozen=True)
class Live:
    """The URL answers with this commit. ``same_build_as`` names the environment whose build it shares;
    ``entrance`` says who may open it."""

    commit: str
    url: str
    at: datetime
    took: timedelta | None = None
    ends: datetime | None = None
    source: str | None = None
    same_build_as: str | None = None
    stop_start: bool = False
    not_taken: tuple[str, ...] = ()
    entrance: Entrance = "public"


@dataclass(frozen=True)
class Failed:
    """It did not come up, and is not tried again by itself. ``still`` serves on."""

    commit: str
    refusal: Refusal
    still: Serving | None = None


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
    ``shortage`` of memory."""

    commit: str
    place: int
    of: int
    limit: int
    holders: tuple[int, ...] = ()
    shortage: Shortage | None = None


@dataclass(frozen=True)
class Forbidden:
    """It comes from a fork. Nothing was fetched, built or run."""

    commit: str


@dataclass(frozen=True)
class Removed:
    """App and address are gone."""

    why: Literal["merged", "closed", "expired", "unlabelled", "destroyed"]
    at: datetime | None
    days: int = 0


Outcome = Building | Live | Failed | Waiting | Forbidden | Removed


@dataclass(frozen=True)
class Telling:
    """What people are told of one environment's outcome, in the words of each place.

    ``comment`` goes to the pull request (None: there is none to go to); where ``only_edit``, a comment that
    does not exist yet is not made. ``deployment`` is GitHub's deployment state with at most 140 characters of
    description; None where there is no deployment to speak of. ``slack`` is one line, None for silence.
    """

    environment: Environment
    commit: str | None
    state: str
    comment: str | None
    only_edit: bool = False
    deployment: Literal["in_progress", "success", "failure", "error", "inactive"] | None = None
    description: str = ""
    url: str | None = None
    slack: str | None = None
