"""Routes, which outlive the apps that they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewapps.sandbox.cloudfoundry.state.apps import App
from reviewapps.sandbox.cloudfoundry.state.places import Domain, InSpace
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
