"""The nouns: what GitHub wants, what Cloud Foundry has, what came of it.

All values are frozen. Times are aware datetimes in UTC, commits and trees are 40 hex digits of git, memory and
disk are MB as Cloud Foundry counts them (1 MB = 1024 × 1024 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

FORMAT = "1"
"""The version of our labels, markers and payloads. What bears another one is not ours to touch."""


class Secret(str):
    """A string that does not show itself when printed by ``repr``, in a log or in a trace."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "•••"


# --- what runs where -----------------------------------------------------------------------------------------


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
    def shared(self) -> bool:
        """Whether more than one pull request depends on it, so that it is never deleted."""
        return self.number is None


# --- GitHub's side -------------------------------------------------------------------------------------------


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
    """``updated_at`` moves with any change, a comment of ours included; it only ever says "not older"."""

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
    ``repository.head``; None where there is none.
    """

    repository: Repository
    pull_requests: tuple[PullRequest, ...]
    tags: tuple[Tag, ...]
    rules_text: str | None


@dataclass(frozen=True)
class Comment:
    """A sticky comment of ours, as the marker in its first line tells. ``state`` is its outcome's name."""

    id: int
    environment: Environment
    state: str


# --- what is tried -------------------------------------------------------------------------------------------

Fault = Literal["build", "crash", "manifest", "rules", "platform", "name"]


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

    ``id`` labels the builds it makes, so that a failed build of an earlier attempt is not taken for ours.
    ``fresh`` makes no use of a droplet that stands already. ``tries`` counts what the platform did wrong.
    """

    id: str
    commit: str
    config: str
    began: datetime
    tries: int = 0
    fresh: bool = False
    refusal: Refusal | None = None

    def is_for(self, commit: str, config: str) -> bool:
        return (self.commit, self.config) == (commit, config)


@dataclass(frozen=True)
class Health:
    """How Cloud Foundry finds out that an instance is well. ``timeout`` is what a start may take, seconds."""

    type: Literal["port", "http", "process"] = "port"
    endpoint: str | None = None
    timeout: int | None = None


@dataclass(frozen=True)
class Blueprint:
    """What of one commit is deployed: its own manifest, cut down to what an environment may be.

    ``path`` is the folder that is uploaded, relative to the tree's top; ``tree`` the git tree of it.
    ``build_key`` is equal exactly where a build would be the same. ``env`` is filled for ``host``.
    ``not_taken`` names what the manifest asks for and does not get.
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


# --- Cloud Foundry's side ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class App:
    """An app of ours. ``commit`` and ``config`` are labelled last: what it is known to serve.

    ``source`` is the tag that the wish came from (shared environments) and ``wished`` the commit it meant;
    ``tags_seen`` digests every (name, object) that stood when we last looked. ``env_names`` are the variables
    that we set and so may unset.
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

    @property
    def is_record(self) -> bool:
        """Whether it only remembers that this environment has nothing."""
        return self.droplet is None and self.attempt is not None and self.attempt.refusal is not None

    def refusal_of(self, commit: str, config: str) -> Refusal | None:
        """Why this commit is not tried (again) with this config; None where it may be."""
        attempt = self.attempt
        return attempt.refusal if attempt is not None and attempt.is_for(commit, config) else None


@dataclass(frozen=True)
class Route:
    """``address`` is host and domain; ``apps`` the guids of the apps it leads to."""

    guid: str
    host: str
    address: str
    environment: Environment
    apps: frozenset[str]


State = Literal["waiting", "ready", "failed"]


@dataclass(frozen=True)
class Package:
    """Uploaded source. ``waiting`` covers both "nothing uploaded yet" and "being processed"."""

    guid: str
    state: State
    build_key: str | None
    uploaded: bool
    error: str = ""


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


@dataclass(frozen=True)
class Droplet:
    """What can be started. ``checksum`` stays the same when it is copied, labels do not."""

    guid: str
    state: State
    checksum: str | None
    error: str = ""


@dataclass(frozen=True)
class Deployment:
    """A rolling switch that is ``active`` or over; over well only where ``deployed``."""

    guid: str
    active: bool
    cancelling: bool
    deployed: bool
    droplet: str | None
    commit: str | None
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
class Actual:
    """One environment as Cloud Foundry has it. What was not looked at is None, never empty."""

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
    configured: bool = False
    no_room_to_roll: bool = False
    answers: bool | None = None

    @property
    def app(self) -> App | None:
        """The app that is deployed. (An environment may have several; one is deployed now.)"""
        return self.apps[0] if self.apps else None

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
class Space:
    """All that is ours in the space, looked at as a whole."""

    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()

    def actual(self, environment: Environment) -> Actual:
        """What of it belongs to ``environment``."""
        return Actual(
            environment,
            tuple(a for a in self.apps if a.environment == environment),
            tuple(r for r in self.routes if r.environment == environment),
        )

    def environments(self, repository: int) -> frozenset[Environment]:
        """Those of this repository that have anything."""
        mine = {a.environment for a in self.apps} | {r.environment for r in self.routes}
        return frozenset(e for e in mine if e.repository == repository)


# --- what came of it -----------------------------------------------------------------------------------------


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
    """The URL answers with this commit. ``same_build_as`` names the environment whose build it shares."""

    commit: str
    url: str
    at: datetime
    took: timedelta | None = None
    ends: datetime | None = None
    source: str | None = None
    same_build_as: str | None = None
    stop_start: bool = False
    not_taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """It did not come up, and is not tried again by itself. ``still`` serves on."""

    commit: str
    refusal: Refusal
    still: Serving | None = None


@dataclass(frozen=True)
class Waiting:
    """There is no room: ``place`` (from 1) of ``of`` who wait; ``limit`` previews are up already."""

    commit: str
    place: int
    of: int
    limit: int
    holders: tuple[int, ...] = ()


@dataclass(frozen=True)
class Forbidden:
    """It comes from a fork. Nothing was fetched, built or run."""

    commit: str


@dataclass(frozen=True)
class Removed:
    """App and address are gone."""

    why: Literal["merged", "closed", "expired", "unlabelled", "forbidden", "destroyed"]
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
    deployment: Literal["queued", "in_progress", "success", "failure", "error", "inactive"] | None = None
    description: str = ""
    url: str | None = None
    slack: str | None = None


# --- the directions: what reconcile asks of the two platforms ------------------------------------------------


class Lease(Protocol):
    """The right to touch one environment now."""

    def check(self) -> None:
        """Return if it is still ours; raise LeaseLost if not."""


class Memory(Protocol):
    """What may be forgotten at any moment: it costs time, never correctness."""

    def read(self, name: str) -> Any | None: ...

    def write(self, name: str, value: Any, seconds: float) -> None: ...


class GitHub(Protocol):
    """One repository on GitHub. Everything it returns was read completely, or it raises."""

    def look(self, *, whole: bool = False) -> Wanted:
        """The repository as it is now; ``whole`` lists everything again, trusting no watermark."""

    def last_look(self) -> Wanted | None:
        """What the last look of any worker saw; None where that is forgotten."""

    def pull_request(self, number: int) -> PullRequest | None:
        """This one as it is now; None where it does not exist. Never from a cache."""

    def committed_at(self, commit: str) -> datetime: ...

    def tagging(self, tag: Tag) -> Tagging: ...

    def comments(self) -> tuple[Comment, ...]:
        """Our sticky comments that changed lately, newest first."""

    def file(self, commit: str, path: str) -> str | None:
        """A text file of a commit, fetched with git; None where there is none."""

    def tree(self, commit: str, path: str) -> str | None:
        """The git tree of a folder (``""`` is the top); None where there is none."""

    def archive(self, commit: str, path: str) -> Path:
        """The tree's blobs as a zip, byte for byte the same each time."""

    def tell(self, telling: Telling) -> None:
        """Let the comment and the deployment say this. What they say already is not sent again."""


class CloudFoundry(Protocol):
    """One space of Cloud Foundry."""

    domain: str

    def look(self) -> Space:
        """All that bears our instance's labels."""

    def carry_out(self, step: Any, actual: Actual) -> Actual:
        """Do one step of a plan; what is there afterwards."""

    def log(self, app: App, source: Literal["STG", "APP"], lines: int) -> tuple[str, ...]:
        """The last lines that staging or the app wrote; empty where they are gone."""
