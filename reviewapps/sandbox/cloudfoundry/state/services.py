"""The marketplace, and what was taken from it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from reviewapps.sandbox.cloudfoundry.state.apps import App
from reviewapps.sandbox.cloudfoundry.state.places import InSpace, Space, User
from reviewapps.sandbox.cloudfoundry.state.routes import Route
from reviewapps.sandbox.cloudfoundry.state.rows import Row


@dataclass(eq=False, kw_only=True, repr=False)
class ServiceBroker(Row):
    name: str
    url: str


@dataclass(eq=False, kw_only=True, repr=False)
class ServiceOffering(Row):
    name: str
    broker: ServiceBroker
    description: str
    tags: list[str]
    documentation_url: str
    display_name: str


@dataclass(eq=False, kw_only=True, repr=False)
class ServicePlan(Row):
    name: str
    offering: ServiceOffering
    description: str
    free: bool
    bullets: list[str]


@dataclass(eq=False, kw_only=True, repr=False)
class Operation:
    """What is or was last done to a service instance or a binding: "create", "update" or "delete".

    ``state`` is "initial" or "in progress", then "succeeded" or "failed". ``changes`` are those that an
    update makes once the broker has agreed.
    """

    type: str = "create"
    state: str = "succeeded"
    description: str = "Operation succeeded"
    actor: User | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)

    @property
    def unfinished(self) -> bool:
        return self.state in ("initial", "in progress")

    @property
    def create_failed(self) -> bool:
        return (self.type, self.state) == ("create", "failed")

    @property
    def create_succeeded(self) -> bool:
        return (self.type, self.state) == ("create", "succeeded")

    def settle(self, state: str, description: str = "") -> None:
        """Change the state."""
        self.state, self.description = state, description
        self.updated_at = time.time()


@dataclass(eq=False, kw_only=True, repr=False)
class ServiceInstance(InSpace):
    """A managed one, which has a plan, or a user-provided one.

    The credentials of a managed one are what its broker made; only bindings give them away.
    """

    name: str
    plan: ServicePlan | None = None
    credentials: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    syslog_drain_url: str | None = None
    route_service_url: str | None = None
    operation: Operation = field(default_factory=Operation)

    @property
    def type(self) -> str:
        return "managed" if self.plan else "user-provided"


@dataclass(eq=False, kw_only=True, repr=False)
class OfInstance(Row):
    """What goes when its service instance goes."""

    instance: ServiceInstance
    operation: Operation = field(default_factory=lambda: Operation(description=""))
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Space:
        return self.instance.space

    @property
    def space(self) -> Space:
        return self.instance.space


@dataclass(eq=False, kw_only=True, repr=False)
class Binding(OfInstance):
    """A service credential binding: of type "app", or of type "key" without an app."""

    app: App | None = None
    name: str | None = None
    credentials: dict[str, Any] = field(default_factory=dict)
    """Its own, where the broker makes some for each; else it gives away its instance's."""

    @property
    def given(self) -> dict[str, Any]:
        """What whoever has the binding is given."""
        return self.credentials or self.instance.credentials

    @property
    def type(self) -> str:
        return "app" if self.app else "key"


@dataclass(eq=False, kw_only=True, repr=False)
class RouteBinding(OfInstance):
    """The requests to ``route`` go to the instance's ``route_service_url`` first."""

    route: Route
