"""The nouns: what GitHub wants, what is tried, what Cloud Foundry has.

All values are frozen. Times are aware datetimes in UTC, commits and trees are 40 hex digits of git, memory
and disk are MB as Cloud Foundry counts them (1 MB = 1024 × 1024 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

FORMAT = "1"
"""The version of our labels, markers and payloads. What bears another one is not ours to touch."""


Entrance = Literal["password", "unlisted", "public"]
"""Who may open an environment's address: whoever has the team's password; everybody, but no robot (both by the
gate before it); or everybody."""

ADOPTED = "adopted"
"""Stands where a commit does, for what somebody else deployed to an app that was taken over since."""


class Secret(str):
    """A string that does not show itself when printed by ``repr``, in a log or in a trace."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "•••"


# --- what runs where ---


@dataclass(frozen=True, order=True)
class Environment:
    """One running copy of a repository's app or apps, known by the repository's id, which outlives renames.

    >>> Environment(123, "pr-12").number
    12
    >>> Environment.at("123/dev").shared
    True
    """

    repository: int
    name: str

    @classmethod
    def at(cls, key: str) -> Environment:
        """The environment that ``key`` names."""
        repository, _, name = key.partition("/")
        return cls(int(repository), name)

    @classmethod
    def of_pull_request(cls, repository: int, number: int) -> Environment:
        return cls(repository, f"pr-{number}")

    @property
    def key(self) -> str:
        """Its name in messages, leases and the due set."""
        return f"{self.repository}/{self.name}"

    @property
    def number(self) -> int | None:
        """The pull request that it follows; None where it follows something else."""
        prefix, _, digits = self.name.rpartition("-")
        return int(digits) if prefix == "pr" and digits.isdecimal() else None

    @property
    def kind(self) -> str:
        """What the operator grants and the rules name: ``review`` for pull requests, else its own name."""
        return self.name if self.number is None else "review"

    @property
    def shared(self) -> bool:
        """Whether more than one pull request depends on it, so that it is never deleted."""
        return self.number is None


# --- GitHub's side ---


@dataclass(frozen=True)
class Repository:
    """``name`` is ``owner/name`` as it is now; ``head`` the commit at the tip of the default branch."""

    id: int
    name: str
    default_branch: str
    private: bool
    head: str


@dataclass(frozen=True)
class PullRequest:
    """``merged_as`` is the commit that its base branch was at when it had been merged.

    ``updated_at`` moves with any change, a comment of ours included; it only ever says "not older"."""

    number: int
    commit: str
    branch: str
    base: str
    open: bool
    draft: bool
    fork: bool
    bot: bool
    author: str
    labels: frozenset[str]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_as: str | None = None


@dataclass(frozen=True, order=True)
class Tag:
    """A tag's name and the object that it points at: a commit, or a tag object where ``annotated``."""

    name: str
    object: str
    annotated: bool


@dataclass(frozen=True)
class Tagging:
    """What a tag means. Only annotated tags know when they were made."""

    commit: str
    tagged_at: datetime | None
    committed_at: datetime


@dataclass(frozen=True)
class Wanted:
    """GitHub's side of one repository, looked at as a whole.

    ``pull_requests`` holds every open one and those closed lately. ``rules_text`` is ``.reviewapps.yml`` at
    ``repository.head``; None where there is none, or where it is no text: ``rules_broken`` says why.
    ``branches`` are the heads of those that environments follow, besides the default one.
    """

    repository: Repository
    pull_requests: tuple[PullRequest, ...]
    tags: tuple[Tag, ...]
    rules_text: str | None
    rules_broken: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PastDeploy:
    """One deployment to an environment, as GitHub remembers it: how it ended, or how it is (``state``), when it
    began and when that was said. ``about`` is what was said of it."""

    commit: str
    state: str
    began_at: datetime
    at: datetime
    about: str = ""
    url: str = ""


@dataclass(frozen=True)
class Comment:
    """A sticky comment of ours, as the marker in its first line tells. ``state`` is its outcome's name."""

    id: int
    environment: Environment
    state: str


# --- what is tried ---

Fault = Literal[
    "build",
    "crash",
    "source",
    "manifest",
    "rules",
    "platform",
    "name",
    "gate",
    "destroyed",
    "release",
    "setup",
    "service",
]
"""``destroyed``: somebody took the preview away by hand. ``release`` and ``setup``: that command failed.
``service``: a service of its own could not be made."""

TaskKind = Literal["release", "setup", "teardown"]
"""``release``: with the new droplet, before the switch, once for a commit and its data. ``setup``: once for a
database. ``teardown``: before everything is deleted."""


@dataclass(frozen=True)
class Refusal:
    """Why a commit is not tried again. ``log`` are the last lines of the build or of the app, masked."""

    fault: Fault
    message: str
    at: datetime
    log: tuple[str, ...] = ()
    decision: str = ""


@dataclass(frozen=True)
class Attempt:
    """One try to bring a commit to life, remembered on the app before anything else is done.

    ``id`` labels the packages and builds it makes, so that one of an earlier attempt that failed is not taken
    for ours.
    ``fresh`` makes no use of a droplet that stands already. ``tries`` counts what the platform did wrong.
    What people are told of it afterwards is kept here too: the environment whose build was ``copied_from``,
    whether the switch needed a pause (``stop_start``), what of manifest and source was ``not_taken``, and which
    ``services`` it has, in words. ``approved`` is by whom and by what, where that was asked for.
    ``asked_at`` is when somebody last asked for it by hand, which counts as a push does. ``task`` is the key of
    the task that was asked for last, written down before it was, at ``task_asked_at``. ``data`` names the data
    that it wants: a database that holds other data is made anew; None takes what is there.
    """

    id: str
    commit: str
    config: str
    began: datetime
    tries: int = 0
    fresh: bool = False
    refusal: Refusal | None = None
    copied_from: str | None = None
    stop_start: bool = False
    not_taken: tuple[str, ...] = ()
    asked_at: datetime | None = None
    task: str | None = None
    task_asked_at: datetime | None = None
    data: str | None = None
    services: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()

    def is_for(self, commit: str, config: str) -> bool:
        return (self.commit, self.config) == (commit, config)


@dataclass(frozen=True)
class Said:
    """What Slack was told last of an app: which ``state`` of what (``of``, an attempt's id), at which ``commit``,
    in which ``channel`` as the operator calls it.

    ``place`` and ``ts`` are Slack's own words for the message, by which it can be edited; empty where it cannot.
    Where ``of`` is empty, Slack was away and nothing was told yet.
    """

    of: str = ""
    state: str = ""
    commit: str = ""
    channel: str = ""
    place: str = ""
    ts: str = ""

    @property
    def editable(self) -> bool:
        """Whether its message is still open, and we know where it stands."""
        return self.state == "started" and bool(self.ts)


@dataclass(frozen=True)
class Health:
    """How Cloud Foundry finds out that an instance is well. ``timeout`` is what a start may take, seconds."""

    type: Literal["port", "http", "process"] = "port"
    endpoint: str | None = None
    timeout: int | None = None


@dataclass(frozen=True)
class Follows:
    """What a shared environment follows: ``tags``, by patterns; or a ``branch``, None being the default one."""

    tags: tuple[str, ...] = ()
    branch: str | None = None


@dataclass(frozen=True)
class Command:
    """A command that is run once, as a task of Cloud Foundry's, for at most as long as ``timeout``."""

    run: str
    timeout: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Service:
    """A service that an app is bound to, by the ``name`` that its manifest knows it by.

    ``database``: one of its own, in the operator's PostgreSQL; ``fresh``: made anew for each commit. ``share``:
    the instance of this name in the space. ``plan``: an instance of its own, of ``plan`` (``offering/plan``).
    """

    name: str
    kind: Literal["database", "share", "plan"]
    plan: str | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Process:
    """A process beside ``web``: how many instances, and what the manifest says of it."""

    instances: int
    command: str | None = None
    memory_mb: int | None = None


@dataclass(frozen=True)
class Blueprint:
    """What of one commit is deployed: its own manifest, cut down to what an environment may be.

    ``path`` is the folder that is uploaded, relative to the tree's top; ``tree`` the git tree of it.
    ``build_key`` is equal exactly where a build would be the same. ``env`` is filled for ``host``; a build sees
    ``build_env`` alone. ``generated`` are variables that are made up once. ``processes`` are those beside web.
    ``not_taken`` names what the manifest asks for and does not get, and what of the source is not uploaded.
    """

    commit: str
    host: str
    app: str
    path: str
    tree: str
    build_key: str
    memory_mb: int | None
    disk_mb: int | None
    command: str | None
    health: Health
    buildpacks: tuple[str, ...]
    stack: str | None
    env: Mapping[str, str]
    not_taken: tuple[str, ...] = ()
    build_env: Mapping[str, str] = field(default_factory=dict)
    generated: frozenset[str] = frozenset()
    instances: int = 1
    processes: Mapping[str, Process] = field(default_factory=dict)
    services: tuple[Service, ...] = ()
    release: Command | None = None
    setup: Command | None = None

    @property
    def own_services(self) -> tuple[Service, ...]:
        """Those that are made for this environment alone."""
        return tuple(service for service in self.services if service.kind != "share")


# --- Cloud Foundry's side ---

BUILDER = "build"
"""What the app of an environment is called, by its label, that only builds: it has no variables but those that a
build may see, and never runs."""


@dataclass(frozen=True)
class Lock:
    """That nobody's commit goes to a shared environment until then."""

    who: str
    why: str
    until: datetime


@dataclass(frozen=True)
class Pin:
    """That a shared environment went back to ``commit``, and stays there while ``over`` is the newest."""

    commit: str
    over: str
    who: str = ""


@dataclass(frozen=True)
class App:
    """An app of ours. ``commit`` and ``config`` are labelled last: what it is known to serve.

    ``source`` is the tag that the wish came from (shared environments) and ``wished`` the commit it meant;
    ``tags_seen`` digests every (name, object) that stood when we last looked. ``env_names`` are the variables
    that we set and so may unset. ``service_names`` are the services that were made or bound for it, ``processes``
    those beside web that we scaled. ``set_up`` is the key of the setup that was done.

    ``live_droplet`` is what it had when it went live last: another one is somebody else's. Of shared environments,
    by hand: ``lock``, ``pin``, the commit that goes in spite of a freeze or a lock (``override``), and who signed
    off which commit (``sign_offs``).
    """

    guid: str
    name: str
    environment: Environment
    app: str
    started: bool
    droplet: str | None
    commit: str | None
    config: str | None
    created_at: datetime
    attempt: Attempt | None = None
    source: str | None = None
    wished: str | None = None
    tags_seen: frozenset[str] | None = None
    env_names: frozenset[str] = frozenset()
    live_since: datetime | None = None
    service_names: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    set_up: str | None = None
    live_droplet: str | None = None
    lock: Lock | None = None
    pin: Pin | None = None
    override: str | None = None
    sign_offs: tuple[tuple[str, str], ...] = ()
    said: Said | None = None

    @property
    def is_builder(self) -> bool:
        """Whether it only builds."""
        return self.app == BUILDER

    @property
    def is_record(self) -> bool:
        """Whether it only remembers that this environment has nothing."""
        return self.droplet is None and self.attempt is not None and self.attempt.refusal is not None

    def destroyed_at(self, commit: str | None = None) -> datetime | None:
        """When somebody took it away by hand, at this commit (at any, if none is named); None if nobody did."""
        attempt = self.attempt
        if attempt is None or attempt.refusal is None or attempt.refusal.fault != "destroyed":
            return None
        return attempt.refusal.at if commit in (None, attempt.commit) else None

    def refusal_of(self, commit: str, config: str) -> Refusal | None:
        """Why this commit is not tried (again) with this config; None where it may be."""
        attempt = self.attempt
        return attempt.refusal if attempt is not None and attempt.is_for(commit, config) else None


@dataclass(frozen=True)
class Route:
    """``address`` is host and domain; ``apps`` the guids of the apps it leads to. ``gated``: labelled as one that
    the gate may stand before."""

    guid: str
    host: str
    address: str
    environment: Environment
    apps: frozenset[str]
    gated: bool = False


State = Literal["waiting", "ready", "failed"]


@dataclass(frozen=True)
class Package:
    """Uploaded source. ``waiting`` covers both "nothing uploaded yet" and "being processed"."""

    guid: str
    state: State
    build_key: str | None
    uploaded: bool
    error: str = ""
    attempt: str | None = None
    app: str | None = None


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
    """What can be started. ``checksum`` stays the same when it is copied, labels do not."""

    guid: str
    state: State
    checksum: str | None
    error: str = ""
    app: str | None = None
    created_at: datetime | None = None


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
    data it was last made for; without, it holds none yet.
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


@dataclass(frozen=True)
class Binding:
    """That an app is bound to a service instance; ``name`` is the one that the app knows it by. ``ours``: made by
    us, and to be taken away by us."""

    guid: str
    instance: str
    state: State
    ours: bool
    name: str | None = None
    attempt: str | None = None
    error: str = ""


@dataclass(frozen=True)
class Deployment:
    """A rolling switch that is ``active`` or over; over well only where ``deployed``."""

    guid: str
    active: bool
    cancelling: bool
    deployed: bool
    droplet: str | None
    attempt: str | None
    processes: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class Actual:
    """One environment as Cloud Foundry has it. What was not looked at is None, never empty. ``configured``: for
    which commit its variables and sizes were set just now; ``scaled``: that its processes were."""

    environment: Environment
    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()
    packages: tuple[Package, ...] | None = None
    builds: tuple[Build, ...] | None = None
    elsewhere: tuple[Build, ...] | None = None
    droplets: tuple[Droplet, ...] | None = None
    sources: Mapping[str, Droplet] = field(default_factory=dict)
    deployments: tuple[Deployment, ...] | None = None
    instances: tuple[Instance, ...] | None = None
    crashes: tuple[Crash, ...] | None = None
    services: tuple[ServiceInstance, ...] | None = None
    bindings: tuple[Binding, ...] | None = None
    tasks: tuple[Task, ...] | None = None
    configured: str | None = None
    scaled: bool = False
    no_room_to_roll: bool = False
    answers: bool | None = None
    guard: Guard | None = None

    @property
    def app(self) -> App | None:
        """The app that is deployed. (An environment may have several; one is deployed now.)"""
        return next((app for app in self.apps if not app.is_builder), None)

    @property
    def builder(self) -> App | None:
        """The app that only builds; most environments have none."""
        return next((app for app in self.apps if app.is_builder), None)

    @property
    def route(self) -> Route | None:
        return self.routes[0] if self.routes else None

    @property
    def empty(self) -> bool:
        return not self.apps and not self.routes

    def with_app(self, app: App) -> Actual:
        """The same with ``app`` in the place of the one of its guid, or added."""
        others = tuple(a for a in self.apps if a.guid != app.guid)
        return replace(self, apps=(app, *others))


@dataclass(frozen=True)
class Belongings:
    """The data of environments in a space: their service instances, and the databases by name."""

    services: tuple[tuple[Environment, ServiceInstance], ...] = ()
    databases: tuple[tuple[Environment, str], ...] = ()


@dataclass(frozen=True)
class Quota:
    """What a space or an org may hold of memory, and holds."""

    limit_mb: int
    used_mb: int


@dataclass(frozen=True)
class Capacity:
    """What limits the memory of a space: its own quota and its org's, where they have one. ``staging`` is what the
    largest of our last builds took, ``builds`` what those under way take, by the guids of their apps; MB."""

    quotas: tuple[Quota, ...] = ()
    staging: int | None = None
    builds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """All that is ours in the space, looked at as a whole.

    ``unreadable`` are environments of which an app or a route says what we never wrote, each with what that
    is; under None what does not even say whose it is.
    """

    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()
    unreadable: Mapping[Environment | None, str] = field(default_factory=dict)

    def actual(self, environment: Environment) -> Actual:
        """What of it belongs to ``environment``, in an order that does not depend on the listing's."""
        apps = sorted(self.apps, key=lambda app: (app.created_at, app.guid))
        routes = sorted(self.routes, key=lambda route: (route.host, route.guid))
        return Actual(
            environment,
            tuple(app for app in apps if app.environment == environment),
            tuple(route for route in routes if route.environment == environment),
        )

    def environments(self, repository: int) -> frozenset[Environment]:
        """Those of this repository that have anything."""
        mine = {a.environment for a in self.apps} | {r.environment for r in self.routes}
        return frozenset(e for e in mine if e.repository == repository)
