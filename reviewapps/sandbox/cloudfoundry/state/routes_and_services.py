"""What outlives the apps that use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reviewapps.sandbox.cloudfoundry.state.apps import App
from reviewapps.sandbox.cloudfoundry.state.places import Domain, InSpace, Space
from reviewapps.sandbox.cloudfoundry.state.rows import Row


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
