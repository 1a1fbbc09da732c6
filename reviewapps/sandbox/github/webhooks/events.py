"""The one place where all that happens is announced.

    await events.announce("pull_request", "labeled", repository, sender, pull_request=pull, label=label)

Whoever changes something says so here, in one line; who listens, and what they are told, is no concern of
theirs. Where nobody listens it costs nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Delivery, Hook, Installation, Repository, User
from reviewapps.sandbox.github.webhooks.deliveries import Deliveries
from reviewapps.sandbox.github.webhooks.payloads import Occurrence, payload
from reviewapps.sandbox.github.world import World

LARGEST = 25 * 1024 * 1024
Announced = Callable[[str, str | None, JSON], None]


class Events:
    """Tells hooks what happens. ``announced`` is called with event, action and payload of all that is told."""

    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self._world = world
        self._deliveries = deliveries
        self.origin = ""
        self.announced: Announced | None = None

    async def announce(
        self, event: str, action: str | None, repository: Repository, sender: User, **told: Any
    ) -> None:
        """Tell everybody who listens. ``told`` are the payload's own members: rows, or JSON as it is."""
        listening = self.listening(event, repository)
        if listening:
            await self._tell(listening, Occurrence(event, action, repository, sender, told))

    async def announce_installation(
        self, event: str, action: str, installation: Installation, sender: User, **told: Any
    ) -> None:
        """Tell an App what becomes of one of its installations; it need not have asked for that."""
        hook = self._world.hook_of(installation.app)
        if hook.active:
            told = {"installation": installation, **told}
            await self._tell([(hook, installation)], Occurrence(event, action, None, sender, told))

    @property
    def urls(self) -> Urls:
        """Where things are, for one payload."""
        return Urls(self.origin)

    async def ping(self, hook: Hook, sender: User) -> None:
        """Tell one hook that it is one."""
        told = {"hook": hook, "hook_id": hook.id, "zen": "Keep it logically awesome."}
        await self._tell([(hook, None)], Occurrence("ping", None, hook.repository, sender, told))

    def listening(self, event: str, repository: Repository) -> list[tuple[Hook, Installation | None]]:
        """The hooks that want to know; those of Apps with the installation by which they may."""
        found: list[tuple[Hook, Installation | None]] = []
        for hook in self._world.hooks.values():
            if hook.active and hook.listens(event):
                if hook.repository is repository:
                    found.append((hook, None))
                found += [
                    (hook, one) for one in self._world.installations.values() if _lets(one, hook, repository)
                ]
        return found

    async def _tell(self, listening: list[tuple[Hook, Installation | None]], happened: Occurrence) -> None:
        guid, body = str(uuid.uuid4()), await payload(happened, self.urls, self._world)
        for hook, installation in listening:
            told = body
            if installation is not None and "installation" not in body:
                identity = node_id("IN", installation.id)
                told = body | {"installation": {"id": installation.id, "node_id": identity}}
            text = json.dumps(told, separators=(",", ":"))
            if len(text) > LARGEST:
                continue  # GitHub sends none that is larger
            if self.announced is not None:
                self.announced(happened.event, happened.action, told)
            self._deliveries.send(hook, self._delivery(happened, guid, text, installation))

    def _delivery(
        self, happened: Occurrence, guid: str, body: str, installation: Installation | None
    ) -> Delivery:
        return Delivery(
            id=self._world.next_id(),
            guid=guid,
            event=happened.event,
            action=happened.action,
            body=body,
            redelivery=False,
            installation_id=installation.id if installation else None,
            repository_id=happened.repository.id if happened.repository else None,
        )


def _lets(installation: Installation, hook: Hook, repository: Repository) -> bool:
    return hook.app is installation.app and not installation.suspended_at and installation.covers(repository)
