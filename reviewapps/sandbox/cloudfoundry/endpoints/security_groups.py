"""Security groups: where the apps of a space may connect to. Nothing here holds them to it."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, stamped
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import SecurityGroup, Space

FILTERS: Filters[SecurityGroup] = {
    "names": lambda row: row.name,
    "running_space_guids": lambda row: [space.guid for space in row.spaces],
    "staging_space_guids": lambda row: (),
    "globally_enabled_running": lambda row: str(row.global_running).lower(),
    "globally_enabled_staging": lambda row: str(row.global_running).lower(),
}


class SecurityGroups(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/security_groups", self._list)
        router.add_get("/v3/security_groups/{guid}", self._one)
        router.add_get("/v3/spaces/{guid}/running_security_groups", self._running)
        router.add_get("/v3/spaces/{guid}/staging_security_groups", self._staging)

    async def _list(self, request: web.Request) -> web.Response:
        """Those of the spaces that the caller sees, and those of all."""
        rows = (row for row in self.world.all(SecurityGroup) if self._seen(request, row))
        return page(request, rows, FILTERS, _present)

    async def _one(self, request: web.Request) -> web.Response:
        row = self.world.find(SecurityGroup, guid(request))
        if row is None or not self._seen(request, row):
            raise not_found("Security group")
        return web.json_response(_present(row, Links.of(request)))

    async def _running(self, request: web.Request) -> web.Response:
        space = self.access(request).seen(Space, guid(request))
        rows = (r for r in self.world.all(SecurityGroup) if r.global_running or space in r.spaces)
        return page(request, rows, {"names": FILTERS["names"]}, _present)

    async def _staging(self, request: web.Request) -> web.Response:
        self.access(request).seen(Space, guid(request))
        rows = (row for row in self.world.all(SecurityGroup) if row.global_running)
        return page(request, rows, {"names": FILTERS["names"]}, _present)

    def _seen(self, request: web.Request, row: SecurityGroup) -> bool:
        return row.global_running or any(map(self.access(request).sees, row.spaces))


def _present(row: SecurityGroup, links: Links) -> JSON:
    return {
        **stamped(row),
        "name": row.name,
        "rules": row.rules,
        "globally_enabled": {"running": row.global_running, "staging": row.global_running},
        "relationships": {
            "running_spaces": {"data": [{"guid": space.guid} for space in row.spaces]},
            "staging_spaces": {"data": []},
        },
        "links": {"self": links(f"security_groups/{row.guid}")},
    }
