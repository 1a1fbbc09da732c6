"""Where things live, who may be there, and what the platform offers to all."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewapps.sandbox.cloudfoundry.state.rows import Row


@dataclass(eq=False, kw_only=True, repr=False)
class Quota(Row):
    """A limit of an organization or of a space; ``None`` is no limit."""

    name: str
    memory_mb: int | None = None
    instance_memory_mb: int | None = None
    routes: int | None = None
    service_instances: int | None = None
    service_keys: int | None = None
    paid_services_allowed: bool = True
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
    ssh: bool = True

    @property
    def home(self) -> Space:
        return self


@dataclass(eq=False, kw_only=True, repr=False)
class InSpace(Row):
    space: Space

    @property
    def home(self) -> Space:
        return self.space


@dataclass(eq=False, kw_only=True, repr=False)
class Domain(Row):
    name: str


@dataclass(eq=False, kw_only=True, repr=False)
class SecurityGroup(Row):
    """Where apps may connect to: those of ``spaces``, or of all spaces where it is ``global_running``."""

    name: str
    rules: list[dict[str, str]]
    global_running: bool = False
    spaces: list[Space] = field(default_factory=list)


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
class EnvironmentVariableGroup(Row):
    """Variables that every build ("staging") or every process and task ("running") sees."""

    name: str
    var: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True, repr=False)
class User(Row):
    """A person or a client of UAA. ``roles`` are role types by the guid of an organization or a space.

    ``made_for`` are the service instance and the binding whose account for a program this is.
    """

    name: str
    secret: str
    is_client: bool = False
    is_admin: bool = False
    password_dies_at: float | None = None
    made_for: tuple[str, str] | None = None
    roles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """Whose session it is, and until when (seconds since 1970). An access and a refresh token of one login have
    its ``jti``."""

    user: User
    expires: float
    jti: str


@dataclass(eq=False, kw_only=True, repr=False)
class Role(Row):
    type: str
    user: User
    place: Organization | Space

    @property
    def home(self) -> Organization | Space:
        return self.place
