"""Hooks, and what became of every delivery to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewapps.sandbox.github.state.repository import JSON

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.apps import App
    from reviewapps.sandbox.github.state.repository import Repository

KEPT = 250
"""So many deliveries of a hook are remembered; GitHub forgets them after three days."""


@dataclass(eq=False)
class Delivery:
    """One attempt to tell a hook something. ``body`` is the payload as JSON; ``duration`` is in seconds.

    ``status_code`` is the receiver's; 502 where nobody could be reached, 504 where nobody answered in time.
    """

    id: int
    guid: str
    event: str
    action: str | None
    body: str
    redelivery: bool
    installation_id: int | None
    repository_id: int | None
    url: str = ""
    delivered_at: str = ""
    duration: float = 0.0
    status: str = ""
    status_code: int = 0
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status_code < 300


@dataclass(eq=False)
class Hook:
    """Where to tell what happens: in one repository, or (with an App) wherever that App is installed."""

    id: int
    repository: Repository | None
    app: App | None
    events: list[str]
    url: str
    created_at: str
    updated_at: str
    content_type: str = "form"
    secret: str = field(default="", repr=False)
    insecure_ssl: str = "0"
    active: bool = True
    last_response: JSON = field(default_factory=lambda: {"code": None, "status": "unused", "message": None})
    deliveries: list[Delivery] = field(default_factory=list)  # oldest first, made only once attempted

    @property
    def target(self) -> tuple[str, int]:
        """What it listens to, as headers name it: type and id."""
        if self.app is not None:
            return "integration", self.app.id
        assert self.repository is not None
        return "repository", self.repository.id

    def listens(self, event: str) -> bool:
        """Whether it asked for events of this kind; pings come to every one."""
        return event == "ping" or bool({"*", event} & set(self.events))

    def remember(self, delivery: Delivery) -> None:
        """Write an attempt down, and how it went."""
        self.deliveries.append(delivery)
        del self.deliveries[:-KEPT]
        status = "active" if delivery.succeeded else "misconfigured"
        self.last_response = {"code": delivery.status_code, "status": status, "message": delivery.status}
