"""Apps, and all that goes when its app goes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from reviewapps.sandbox.cloudfoundry.state.places import InSpace, Space, User
from reviewapps.sandbox.cloudfoundry.state.rows import Row, new_guid


@dataclass(eq=False, kw_only=True, repr=False)
class App(InSpace):
    name: str
    state: str = "STOPPED"
    buildpacks: list[str] = field(default_factory=list)
    stack: str = "cflinuxfs4"
    environment: dict[str, str] = field(default_factory=dict)
    droplet: Droplet | None = None
    features: dict[str, bool] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True, repr=False)
class OfApp(Row):
    """What goes when its app goes."""

    app: App

    @property
    def home(self) -> Space:
        return self.app.space

    @property
    def space(self) -> Space:
        return self.app.space


@dataclass(frozen=True)
class Resource:
    """A file that is not uploaded again: its octal ``mode`` (maybe none), its size in bytes and its SHA-1."""

    path: str
    sha1: str
    size: int
    mode: str = ""


@dataclass(eq=False, kw_only=True, repr=False)
class Package(OfApp):
    """``resources`` are the files that its upload named and did not bring."""

    state: str = "AWAITING_UPLOAD"
    checksum: str | None = None
    error: str | None = None
    resources: list[Resource] = field(default_factory=list)


@dataclass(frozen=True)
class Receipt:
    """A buildpack that had a part in a droplet, and what it says that it found."""

    buildpack: str
    detected: str


@dataclass(eq=False, kw_only=True, repr=False)
class Droplet(OfApp):
    state: str = "STAGED"
    package: Package | None = None
    checksum: str | None = None
    error: str | None = None
    process_types: dict[str, str] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    stack: str = "cflinuxfs4"


@dataclass(eq=False, kw_only=True, repr=False)
class Build(OfApp):
    package: Package
    created_by: User
    memory_mb: int
    disk_mb: int
    buildpacks: list[str]
    stack: str
    state: str = "STAGING"
    error: str | None = None
    droplet: Droplet | None = None


@dataclass(eq=False, kw_only=True, repr=False)
class Check:
    """A health check as the API words it; ``None`` is the platform's default."""

    type: str = "port"
    endpoint: str | None = None
    timeout: int | None = None
    invocation_timeout: int | None = None
    interval: int | None = None


@dataclass(frozen=True)
class Launch:
    """What the instances of a process run: droplet, command and environment as they were when it started."""

    droplet: Droplet
    command: str
    env: dict[str, str]
    memory_mb: int


@dataclass(eq=False, kw_only=True, repr=False)
class Process(OfApp):
    """``launch`` is there while the process should run."""

    type: str
    instances: int
    memory_mb: int
    disk_mb: int
    command: str | None = None
    health: Check = field(default_factory=Check)
    readiness: Check = field(default_factory=lambda: Check(type="process"))
    version: str = field(default_factory=new_guid)
    launch: Launch | None = None
    revision: Revision | None = None


@dataclass(eq=False, kw_only=True, repr=False)
class Sidecar(OfApp):
    """A command that runs beside the processes of some types, in the same container."""

    name: str
    command: str
    process_types: list[str]
    memory_mb: int | None = None


@dataclass(eq=False, kw_only=True, repr=False)
class Revision(OfApp):
    """What an app ran from some start on. ``commands`` are those of its own, by process type."""

    version: int
    droplet: Droplet
    environment: dict[str, str]
    commands: dict[str, str | None]
    description: str
    sidecars: list[Sidecar] = field(default_factory=list)


@dataclass(frozen=True)
class Phase:
    """What a deployment is about to reach: instances of the new process, and of all web processes together."""

    new: int
    total: int


@dataclass(eq=False, kw_only=True, repr=False)
class Deployment(OfApp):
    """``state`` is status.value and status.reason in one; ``process`` is missing where the app was stopped.

    A canary has ``weights`` (percents, one for each of its steps) and waits at the end of each step;
    ``step`` counts from 1 and is 0 when nothing is waited for any more, as in rolling deployments.
    """

    droplet: Droplet
    previous_droplet: Droplet | None
    original_instances: int
    strategy: str = "rolling"
    options: dict[str, int] = field(default_factory=dict)
    value: str = "ACTIVE"
    reason: str = "DEPLOYING"
    process: Process | None = None
    revision: Revision | None = None
    weights: list[int] = field(default_factory=list)
    step: int = 0
    error: str | None = None
    last_healthy_at: float = field(default_factory=time.time)
    status_changed_at: float = field(default_factory=time.time)

    @property
    def desired(self) -> int:
        """How many web instances there will be in the end."""
        return self.options.get("web_instances", self.original_instances)

    @property
    def phase(self) -> Phase:
        """A canary has one instance more than usual, but for its last step of 100 percent."""
        if not self.step:
            return Phase(self.desired, self.desired)
        weight = self.weights[self.step - 1] if self.weights else 0
        new = max(1, int(self.desired * weight / 100 + 0.5))
        return Phase(new, new if weight == 100 else self.desired + 1)

    def settle(self, value: str, reason: str) -> None:
        """Change the status."""
        self.value, self.reason = value, reason
        self.status_changed_at = time.time()
        self.touch()


@dataclass(eq=False, kw_only=True, repr=False)
class Task(OfApp):
    sequence_id: int
    name: str
    command: str
    droplet: Droplet
    memory_mb: int
    disk_mb: int
    state: str = "PENDING"
    failure_reason: str | None = None

    @property
    def unfinished(self) -> bool:
        return self.state in ("PENDING", "RUNNING", "CANCELING")
