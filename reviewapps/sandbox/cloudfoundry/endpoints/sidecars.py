"""Sidecars of apps, which come with manifests."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import App, Process, Sidecar

FILTERS: Filters[Sidecar] = {}


class Sidecars(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps/{guid}/sidecars", self._of_app)
        router.add_get("/v3/processes/{guid}/sidecars", self._of_process)
        router.add_get("/v3/sidecars/{guid}", self._show)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Sidecar, app), FILTERS, _present)

    async def _of_process(self, request: web.Request) -> web.Response:
        process = self.access(request).seen(Process, guid(request))
        beside = [row for row in self.world.of_app(Sidecar, process.app) if process.type in row.process_types]
        return page(request, beside, FILTERS, _present)

    async def _show(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Sidecar, guid(request))
        return web.json_response(_present(row, Links.of(request)))


def _present(row: Sidecar, links: Links) -> JSON:
    return {
        **stamped(row),
        "name": row.name,
        "command": row.command,
        "process_types": row.process_types,
        "memory_in_mb": row.memory_mb,
        "origin": "user",
        "relationships": {"app": to_one(row.app)},
    }
