"""Domains: all of them are shared with every organization."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped
from reviewapps.sandbox.cloudfoundry.query import page
from reviewapps.sandbox.cloudfoundry.state import Domain, Route


class Domains(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/domains", self._list)
        router.add_get("/v3/domains/{guid}", self._show)
        router.add_get("/v3/domains/{guid}/route_reservations", self._reservations)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Domain)
        filters = {"names": lambda row: row.name, "organization_guids": lambda row: ()}
        return page(request, rows, filters, present_domain)

    async def _show(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Domain, guid(request))
        return web.json_response(present_domain(row, Links.of(request)))

    async def _reservations(self, request: web.Request) -> web.Response:
        domain = self.access(request).seen(Domain, guid(request))
        host, path = request.query.get("host", "").lower(), request.query.get("path", "")
        same = (r.domain is domain and r.host == host and r.path == path for r in self.world.all(Route))
        return web.json_response({"matching_route": any(same)})


def present_domain(row: Domain, links: Links) -> JSON:
    path = f"domains/{row.guid}"
    return {
        **stamped(row),
        "name": row.name,
        "internal": False,
        "router_group": None,
        "supported_protocols": ["http"],
        "relationships": {"organization": {"data": None}, "shared_organizations": {"data": []}},
        "metadata": metadata(row),
        "links": {"self": links(path), "route_reservations": links(f"{path}/route_reservations")},
    }
