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


@dataclass(eq=False, kw_only=True, repr=False)
class Package(OfApp):
    state: str = "AWAITING_UPLOAD"
    checksum: str | None = None
    error: str | None = None


@dataclass(eq=False, kw_only=True, repr=False)
class Droplet(OfApp):
    state: str = "STAGED"
    package: Package | None = None
    checksum: str | None = None
    error: str | None = None
    process_types: dict[str, str] = field(default_factory=dict)
    buildpack: str = ""
    detected: str = ""
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


@dataclass(eq=False, kw_only=True, repr=False)
class Deployment(OfApp):
    """``state`` is status.value and status.reason in one; ``process`` is missing where the app was stopped."""

    droplet: Droplet
    previous_droplet: Droplet | None
    original_instances: int
    strategy: str = "rolling"
    options: dict[str, int] = field(default_factory=dict)
    value: str = "ACTIVE"
    reason: str = "DEPLOYING"
    process: Process | None = None
    error: str | None = None
    last_healthy_at: float = field(default_factory=time.time)
    status_changed_at: float = field(default_factory=time.time)

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
