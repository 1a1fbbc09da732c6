"""What Cloud Foundry makes of an app: packages, builds, droplets, tasks, services, deployments, instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reviewapps.model.environments import Environment

State = Literal["waiting", "ready", "failed"]

EXPIRED = "it has expired"
"""The error of a package or a droplet that was ready once, and that the platform has taken the bits of."""


@dataclass(frozen=True)
class Package:
    """Uploaded source. ``waiting`` covers both "nothing uploaded yet" and "being processed"; ``processed``: that
    should be over by now, and nobody looked how it ended."""

    guid: str
    state: State
    build_key: str | None
    uploaded: bool
    error: str = ""
    attempt: str | None = None
    app: str | None = None
    processed: bool = False


@dataclass(frozen=True)
class Build:
    """A staging. ``waiting`` until it is staged (``ready``, with its droplet) or failed (with its error)."""

    guid: str
    state: State
    package: str
    build_key: str | None
    attempt: str | None
    droplet: str | None = None
    error: str = ""
    environment: Environment | None = None
    app: str | None = None


@dataclass(frozen=True)
class Droplet:
    """What can be started. ``checksum`` stays the same when it is copied, labels do not. ``signed_for`` is the
    build key for which a signature of ours, for this very checksum and repository, vouches, ``built_by`` the
    environment that it says built it, and ``commands`` the digest of the start commands that it says it has
    (listings do not show them). ``copy_of`` is the droplet of another space that we copied; the copy is
    ``refused`` where its commands are not those that were signed."""

    guid: str
    state: State
    checksum: str | None
    error: str = ""
    app: str | None = None
    created_at: datetime | None = None
    signed_for: str | None = None
    built_by: str | None = None
    commands: str | None = None
    copy_of: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class Abroad:
    """What other spaces have of one build: the droplets with a ``signed`` word of ours for it, newest first. Where
    there are none, ``unsigned`` are the environments that are said to have built it, and ``unread`` the spaces
    (org/space) that our account may not read."""

    signed: tuple[Droplet, ...] = ()
    unsigned: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A command that runs, or ran, with a droplet. ``key`` says what it was run for, so that it is not run twice.
    ``cancelled``: it was asked to end."""

    guid: str
    kind: str
    key: str
    state: State
    created_at: datetime
    attempt: str | None = None
    error: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class ServiceInstance:
    """A service instance. ``service`` is the name that the manifest knows it by; ``ours``: it bears our labels for
    this environment, and goes with it. ``database`` is what a database of its own is called, and ``data`` which
    data it was last made for; without, it holds none yet. ``plan`` (``offering/plan``) is what another was made
    of. ``set_up`` is the key of the setup that was done for it. ``undeleted``: what failed is only that it should
    be deleted, so that it may hold all that it held.
    """

    guid: str
    name: str
    service: str
    state: State
    ours: bool
    database: str | None = None
    data: str | None = None
    attempt: str | None = None
    error: str = ""
    plan: str | None = None
    undeleted: bool = False
    set_up: str | None = None


@dataclass(frozen=True)
class Binding:
    """That an app is bound to a service instance; ``name`` is the one that the app knows it by. ``ours``: made by
    us, and to be taken away by us. ``going``: it is being taken away, or about to be."""

    guid: str
    instance: str
    state: State
    ours: bool
    name: str | None = None
    attempt: str | None = None
    error: str = ""
    going: bool = False


@dataclass(frozen=True)
class Deployment:
    """A rolling switch that is ``active`` or over; over well only where ``deployed``. ``created_at`` is by the
    platform's clock."""

    guid: str
    active: bool
    cancelling: bool
    deployed: bool
    droplet: str | None
    attempt: str | None
    processes: tuple[str, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """What the platform is working on, by whose it is and by ``guids``; and the builds and deployments that were
    asked for by guid and came to a good end."""

    working: frozenset[Environment] = frozenset()
    guids: frozenset[str] = frozenset()
    builds: tuple[Build, ...] = ()
    deployments: tuple[Deployment, ...] = ()


@dataclass(frozen=True)
class Instance:
    """One container of ``web``. ``routable`` is None where the platform does not say."""

    state: Literal["RUNNING", "CRASHED", "STARTING", "STOPPING", "DOWN"]
    routable: bool | None

    @property
    def well(self) -> bool:
        return self.state == "RUNNING" and self.routable is not False


@dataclass(frozen=True)
class Crash:
    """That an instance ended, as the platform wrote it down."""

    at: datetime
    description: str


@dataclass(frozen=True)
class CandidateRoute:
    """A route of an app that may be taken over. ``plain``: HTTP, with a host and without a path; only such a one
    can be ours. ``whose`` says in words whose labels it bears, None where it bears none of any installation."""

    guid: str
    address: str
    plain: bool
    whose: str | None = None


@dataclass(frozen=True)
class Candidate:
    """An app that may be taken over. ``whose`` labels it bears, where those are not this environment's; ``ours``
    where they are: it was taken over before. Sizes are of its web process, None where it has none."""

    guid: str
    name: str
    started: bool
    ours: bool
    whose: str | None
    routes: tuple[CandidateRoute, ...]
    instances: int | None = None
    memory_mb: int | None = None


LogSource = Literal["STG", "APP", "TASK"]
"""Who wrote a line: staging, the app, or a task of it."""


@dataclass(frozen=True)
class LogLine:
    """``at`` is nanoseconds since 1970 by the platform's clock."""

    at: int
    source: LogSource
    text: str


@dataclass(frozen=True)
class Guard:
    """The gate before a route: whether the route is ``bound`` to it, and whether it is ``up``. ``tended``: what
    can be done for it now was done."""

    bound: bool
    up: bool
    tended: bool = False
