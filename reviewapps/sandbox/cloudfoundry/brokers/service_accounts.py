"""Accounts for programs, as cloud.gov's broker makes them: each key (or binding) is a user of UAA that may deploy
to the instance's own space and nowhere else, with a password that dies after 90 days.
"""

from __future__ import annotations

import secrets
from typing import Protocol

from reviewapps.sandbox.cloudfoundry.brokers.backing import Credentials
from reviewapps.sandbox.cloudfoundry.brokers.catalog import AUDITOR_PLAN
from reviewapps.sandbox.cloudfoundry.state import Binding, Role, User, new_guid
from reviewapps.sandbox.cloudfoundry.world import World

PASSWORD_SECONDS = 90 * 24 * 3600.0


class Users(Protocol):
    """Who may log in: UAA's part of it."""

    def add(self, user: User) -> None: ...

    def remove(self, user: User) -> None: ...


class ServiceAccounts:
    """Nothing stands behind an instance; every binding of it is an account."""

    def __init__(self, users: Users, world: World) -> None:
        self._users, self._world = users, world

    async def provision(self, guid: str) -> Credentials:
        """Nothing: an instance gives nobody access."""
        return {}

    async def resume(self, guid: str, credentials: Credentials) -> Credentials:
        """Nothing, again."""
        return {}

    async def deprovision(self, guid: str) -> None:
        """Take every account of the instance away."""
        for user in list(self._world.all(User)):
            if user.made_for and user.made_for[0] == guid:
                self._forget(user)

    async def close(self) -> None:
        """Nothing runs."""

    async def bind(self, binding: Binding) -> Credentials:
        """A new account."""
        plan, space = binding.instance.plan, binding.space
        role = "space_auditor" if plan and plan.name == AUDITOR_PLAN else "space_developer"
        dies_at = self._world.clock.seconds + PASSWORD_SECONDS
        user = User(name=new_guid(), secret=secrets.token_urlsafe(24), password_dies_at=dies_at)
        user.made_for = (binding.instance.guid, binding.guid)
        user.roles[space.guid] = role
        self._world.add(user)
        self._world.add(Role(type=role, user=user, place=space))
        self._users.add(user)
        return {"username": user.name, "password": user.secret}

    async def unbind(self, binding: Binding) -> None:
        """Take the account away, and end its sessions."""
        for user in list(self._world.all(User)):
            if user.made_for == (binding.instance.guid, binding.guid):
                self._forget(user)

    def _forget(self, user: User) -> None:
        self._users.remove(user)
        for role in self._world.all(Role):
            if role.user is user:
                self._world.remove(role)
        self._world.remove(user)
