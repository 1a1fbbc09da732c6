"""What a caller may see and change."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.errors import not_authorized, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.state import Organization, Row, Space, User
from reviewapps.sandbox.cloudfoundry.world import World

R = TypeVar("R", bound=Row)

_OF_ALL_SPACES = ("organization_manager", "organization_auditor")
_CALLER = web.RequestKey("caller", User)


class Access:
    """The rights of one user in the world as it is."""

    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.user = user

    @classmethod
    def of(cls, world: World, request: web.Request) -> Access:
        return cls(world, request[_CALLER])

    def sees(self, row: Row) -> bool:
        """Whether the user has any role where the row lives."""
        home, roles = row.home, self.user.roles
        if home is None or self.user.is_admin or home.guid in roles:
            return True
        if isinstance(home, Space):
            return roles.get(home.organization.guid) in _OF_ALL_SPACES
        return any(space.organization is home and space.guid in roles for space in self.world.all(Space))

    def writes(self, space: Space) -> bool:
        """Whether the user may change apps, routes and services there."""
        return self.user.is_admin or self.user.roles.get(space.guid) == "space_developer"

    def manages(self, organization: Organization) -> bool:
        return self.user.is_admin or self.user.roles.get(organization.guid) == "organization_manager"

    def visible(self, kind: type[R]) -> list[R]:
        """All rows of a kind that the user may see."""
        return [row for row in self.world.all(kind) if self.sees(row)]

    def seen(self, kind: type[R], guid: str, noun: str = "") -> R:
        """The row; 404 where there is none that the user may see."""
        row = self.world.find(kind, guid)
        if row is None or not self.sees(row):
            raise not_found(noun or kind.__name__)
        return row

    def writable(self, kind: type[R], guid: str, noun: str = "") -> R:
        """The row, to change it; 403 where the user may only look."""
        row = self.seen(kind, guid, noun)
        if not isinstance(row.home, Space) or not self.writes(row.home):
            raise not_authorized()
        return row

    def named(self, kind: type[R], guid: str, refusal: str) -> R:
        """The row that a body names, to use it; 422 with ``refusal`` where it is not to be used."""
        row = self.world.find(kind, guid)
        if row is None or not self.sees(row):
            raise unprocessable(refusal)
        if isinstance(row.home, Space) and not self.writes(row.home):
            raise not_authorized()
        return row


def remember_caller(request: web.Request, user: User) -> None:
    """Note who asks."""
    request[_CALLER] = user
