"""What is tried: a commit's attempt, what it is refused for, what of it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

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
    "copy",
    "drift",
]
"""``destroyed``: somebody took the preview away by hand. ``release`` and ``setup``: that command failed.
``service``: a service of its own could not be made. ``copy``: nothing is built where it lives, and nobody
brought a build that may run there. ``drift``: somebody else deployed to its app meanwhile."""

USUAL: Final = 512
"""MB of an instance whose manifest does not say: cloud.gov's default."""

TaskKind = Literal["release", "setup", "teardown"]
"""``release``: with the new droplet, before the switch, once for a commit and its data. ``setup``: once for a
database. ``teardown``: before everything is deleted."""


@dataclass(frozen=True)
class Refusal:
    """Why a commit is not tried again. ``log`` are the last lines of the build or of the app, masked. ``left`` is
    the droplet that it had switched to by then: nobody else's, and not to stay. ``astray``: what serves
    did not get its own variables and sizes back."""

    fault: Fault
    message: str
    at: datetime
    log: tuple[str, ...] = ()
    decision: str = ""
    left: str | None = None
    astray: bool = False


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
    that it wants: a database that holds other data is made anew; None takes what is there. ``because`` is why it
    was built and not copied, or what it waits for where nothing is built, in words. ``replaces`` is the droplet
    that stood there when somebody asked for it by hand, and whose place it may take, whoever put it there.
    ``needs_mb`` is the memory of all its instances where that is more than of what serves: it waits until there is
    room for it, which it is ``granted`` once and for all. ``inherits``: an attempt before it did not come to an
    end, and may have set variables and sizes of its own. ``build_key`` is what it builds or copies, noted before
    it does; None where its source was not read yet. ``born``: the app was made with it, and has got nothing since
    that could run; so none of its variables are set.
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
    because: str = ""
    replaces: str | None = None
    inherits: bool = False
    needs_mb: int | None = None
    granted: bool = False
    build_key: str | None = None
    born: bool = False

    def is_for(self, commit: str, config: str) -> bool:
        return (self.commit, self.config) == (commit, config)

    @property
    def waits_for_room(self) -> bool:
        """Whether it stands in line, so that it was not tried yet."""
        return self.needs_mb is not None and not self.granted and self.refusal is None


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
class Origin:
    """The commit that a blueprint is of, and the one whose rules it was made by, as far as that is known."""

    commit: str
    rules_at: str | None = None


@dataclass(frozen=True)
class Blueprint:
    """What of one commit is deployed: its own manifest, cut down to what an environment may be.

    ``path`` is the folder that is uploaded, relative to the tree's top; ``tree`` the git tree of it.
    ``build_key`` is equal exactly where a build would be the same. ``env`` is filled for ``host``; a build sees
    ``build_env`` alone. ``generated`` are variables that are made up once. ``processes`` are those beside web.
    ``not_taken`` names what the manifest asks for and does not get, and what of the source is not uploaded.
    ``rules_at`` is the commit whose rules it was made by.
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
    rules_at: str | None = None

    @property
    def env_names(self) -> frozenset[str]:
        """The names of all variables that the app has."""
        return frozenset(self.env) | self.generated

    @property
    def needs_mb(self) -> int:
        """The memory of all its instances."""
        web = self.memory_mb or USUAL
        return self.instances * web + sum(
            one.instances * (one.memory_mb or web) for one in self.processes.values()
        )

    @property
    def origin(self) -> Origin:
        """Where it comes from."""
        return Origin(self.commit, self.rules_at)

    @property
    def own_services(self) -> tuple[Service, ...]:
        """Those that are made for this environment alone."""
        return tuple(service for service in self.services if service.kind != "share")
