"""Users, and their roles."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.organizations import present_organization
from reviewapps.sandbox.cloudfoundry.endpoints.spaces import present_space
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import Organization, Role, Space, User

ROLE_FILTERS: Filters[Role] = {
    "types": lambda row: row.type,
    "user_guids": lambda row: row.user.guid,
    "space_guids": lambda row: row.place.guid if isinstance(row.place, Space) else (),
    "organization_guids": lambda row: row.place.guid if isinstance(row.place, Organization) else (),
}


class Users(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/users", self._list)
        router.add_get("/v3/users/{guid}", self._show)
        router.add_get("/v3/roles", self._roles)
        router.add_get("/v3/roles/{guid}", self._role)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(User)
        filters: Filters[User] = {"usernames": lambda row: row.name, "origins": lambda row: "uaa"}
        return page(request, rows, filters, _present_user, ignored=("partial_usernames",))

    async def _show(self, request: web.Request) -> web.Response:
        user = self.access(request).seen(User, guid(request))
        return web.json_response(_present_user(user, Links.of(request)))

    async def _roles(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Role)
        includes = ("user", "space", "organization")
        return page(request, rows, ROLE_FILTERS, _present_role, includes=includes, include=_included)

    async def _role(self, request: web.Request) -> web.Response:
        role = self.access(request).seen(Role, guid(request))
        return web.json_response(_present_role(role, Links.of(request)))


def _included(rows: list[Role], wanted: set[str], links: Links) -> JSON:
    places = dict.fromkeys(row.place for row in rows)
    included: JSON = {}
    if "user" in wanted:
        included["users"] = [_present_user(one, links) for one in dict.fromkeys(row.user for row in rows)]
    if "space" in wanted:
        included["spaces"] = [present_space(one, links) for one in places if isinstance(one, Space)]
    if "organization" in wanted:
        found = [one for one in places if isinstance(one, Organization)]
        included["organizations"] = [present_organization(one, links) for one in found]
    return included


def _present_user(row: User, links: Links) -> JSON:
    return {
        **stamped(row),
        "username": row.name,
        "presentation_name": row.name,
        "origin": "uaa",
        "metadata": metadata(row),
        "links": {"self": links(f"users/{row.guid}")},
    }


def _present_role(row: Role, links: Links) -> JSON:
    in_space = isinstance(row.place, Space)
    kind = "space" if in_space else "organization"
    return {
        **stamped(row),
        "type": row.type,
        "relationships": {
            "user": to_one(row.user),
            "space": to_one(row.place) if in_space else {"data": None},
            "organization": {"data": None} if in_space else to_one(row.place),
        },
        "links": {
            "self": links(f"roles/{row.guid}"),
            "user": links(f"users/{row.user.guid}"),
            kind: links(f"{kind}s/{row.place.guid}"),
        },
    }
