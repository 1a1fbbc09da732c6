"""Apps are let into accounts, suspended, and thrown out; and are told so."""

from __future__ import annotations

from collections.abc import Iterable

from reviewapps.sandbox.github.apps.tokens import revoke
from reviewapps.sandbox.github.presenters.apps import brief
from reviewapps.sandbox.github.state import JSON, App, Installation, Repository, User
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.world import World


def install(
    world: World, app: App, account: User, repositories: Iterable[Repository] | None = None
) -> Installation:
    """The App in this account: in these repositories, or (None) in all."""
    now, chosen = world.clock.timestamp, {one.id for one in repositories or ()}
    installation = Installation(
        id=world.next_id(),
        app=app,
        account=account,
        permissions=dict(app.permissions),
        events=list(app.events),
        selection="all" if repositories is None else "selected",
        repositories=chosen,
        created_at=now,
        updated_at=now,
    )
    world.installations[installation.id] = installation
    return installation


class Installing:
    """What the settings of an account do with Apps."""

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events

    async def install(
        self, app: App, account: User, repositories: list[Repository] | None, user: User
    ) -> Installation:
        """Let the App in."""
        installation = install(self._world, app, account, repositories)
        await self._tell("created", installation, user)
        return installation

    async def choose(
        self, installation: Installation, repositories: list[Repository] | None, user: User
    ) -> None:
        """Let it into these repositories and no others; None: into all."""
        before = {one.id: one for one in self._world.covered_by(installation)}
        installation.selection = "all" if repositories is None else "selected"
        installation.repositories = {one.id for one in repositories or ()}
        installation.updated_at = self._world.clock.timestamp
        after = {one.id: one for one in self._world.covered_by(installation)}
        added = [brief(one) for one in after.values() if one.id not in before]
        removed = [brief(one) for one in before.values() if one.id not in after]
        for action, some in (("added", added), ("removed", removed)):
            if some:
                told: JSON = {"repositories_added": [], "repositories_removed": []}
                told[f"repositories_{action}"] = some
                told |= {"repository_selection": installation.selection, "requester": None}
                await self._events.announce_installation(
                    "installation_repositories", action, installation, user, **told
                )

    async def suspend(self, installation: Installation, user: User) -> None:
        """Let it do nothing, until it may again."""
        if not installation.suspended_at:
            installation.suspended_at, installation.suspended_by = self._world.clock.timestamp, user
            await self._tell("suspend", installation, user)

    async def unsuspend(self, installation: Installation, user: User) -> None:
        """Let it do again what it may."""
        if installation.suspended_at:
            installation.suspended_at = installation.suspended_by = None
            await self._tell("unsuspend", installation, user)

    async def uninstall(self, installation: Installation, user: User) -> None:
        """Throw it out; its tokens open nothing any more."""
        revoke(self._world, installation)
        del self._world.installations[installation.id]
        await self._tell("deleted", installation, user)

    async def _tell(self, action: str, installation: Installation, user: User) -> None:
        told: JSON = {"repositories": [brief(one) for one in self._world.covered_by(installation)]}
        told["requester"] = None
        await self._events.announce_installation("installation", action, installation, user, **told)
