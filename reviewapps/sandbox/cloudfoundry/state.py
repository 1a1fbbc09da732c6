"""The rows of the Cloud Controller's database: who owns what, in which space."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any


def new_guid() -> str:
    return str(uuid.uuid4())


@dataclass(eq=False, kw_only=True, repr=False)
class Row:
    """What every resource has. ``home`` is where a role is needed to see it; without one everybody does."""

    guid: str = field(default_factory=new_guid)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Organization | Space | None:
        return None

    def touch(self) -> None:
        """Note that the row has changed."""
        self.updated_at = time.time()


@dataclass(eq=False, kw_only=True, repr=False)
class Quota(Row):
    """A limit of an organization or of a space; ``None`` is no limit."""

    name: str
    memory_mb: int | None = None
    instance_memory_mb: int | None = None
    organization: Organization | None = None

    @property
    def home(self) -> Organization | None:
        return self.organization


@dataclass(eq=False, kw_only=True, repr=False)
class OrganizationQuota(Quota):
    pass


@dataclass(eq=False, kw_only=True, repr=False)
class SpaceQuota(Quota):
    pass


@dataclass(eq=False, kw_only=True, repr=False)
class Organization(Row):
    name: str
    quota: OrganizationQuota

    @property
    def home(self) -> Organization:
        return self


@dataclass(eq=False, kw_only=True, repr=False)
class Space(Row):
    name: str
    organization: Organization
    quota: SpaceQuota | None = None

    @property
    def home(self) -> Space:
        return self


@dataclass(eq=False, kw_only=True, repr=False)
class Domain(Row):
    name: str


@dataclass(eq=False, kw_only=True, repr=False)
class Stack(Row):
    name: str
    description: str = ""


@dataclass(eq=False, kw_only=True, repr=False)
class Buildpack(Row):
    name: str
    stack: str
    position: int


@dataclass(eq=False, kw_only=True, repr=False)
class User(Row):
    """A person or a client of UAA. ``roles`` are role types by the guid of an organization or a space."""

    name: str
    secret: str
    is_client: bool = False
    is_admin: bool = False
    roles: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True, repr=False)
class Role(Row):
    type: str
    user: User
    place: Organization | Space

    @property
    def home(self) -> Organization | Space:
        return self.place


@dataclass(eq=False, kw_only=True, repr=False)
class InSpace(Row):
    space: Space

    @property
    def home(self) -> Space:
        return self.space


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


@dataclass(eq=False, kw_only=True, repr=False)
class Destination(Row):
    app: App
    process_type: str = "web"
    port: int = 8080
    protocol: str = "http1"
    weight: int | None = None


@dataclass(eq=False, kw_only=True, repr=False)
class Route(InSpace):
    domain: Domain
    host: str = ""
    path: str = ""
    options: dict[str, str] = field(default_factory=dict)
    destinations: list[Destination] = field(default_factory=list)

    @property
    def url(self) -> str:
        return ".".join(part for part in (self.host, self.domain.name) if part) + self.path


@dataclass(eq=False, kw_only=True, repr=False)
class ServiceInstance(InSpace):
    """A user-provided one."""

    name: str
    credentials: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    syslog_drain_url: str | None = None
    route_service_url: str | None = None
    operation: str = "create"


@dataclass(eq=False, kw_only=True, repr=False)
class Binding(Row):
    """A service credential binding: of type "app", or of type "key" without an app."""

    instance: ServiceInstance
    app: App | None = None
    name: str | None = None

    @property
    def home(self) -> Space:
        return self.instance.space

    @property
    def space(self) -> Space:
        return self.instance.space

    @property
    def type(self) -> str:
        return "app" if self.app else "key"


@dataclass(eq=False, kw_only=True, repr=False)
class Job(Row):
    """``resource`` is the word and the row behind the job's link."""

    operation: str
    resource_type: str
    resource: Row
    state: str = "PROCESSING"
    errors: list[dict[str, object]] = field(default_factory=list)


@dataclass(eq=False, kw_only=True, repr=False)
class AuditEvent(Row):
    type: str
    actor: dict[str, str]
    target: dict[str, str]
    space: Space
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Space:
        return self.space
