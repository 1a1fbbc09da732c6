"""Jobs. Whoever knows the guid may read one."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, stamped
from reviewapps.sandbox.cloudfoundry.state import Job

_FOLDERS = {
    "app": "apps",
    "route": "routes",
    "space": "spaces",
    "droplet": "droplets",
    "package": "packages",
    "service_instances": "service_instances",  # of create and update; in the plural by an accident of old
    "service_instance": "service_instances",
    "service_credential_binding": "service_credential_bindings",
}


class JobReports(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/jobs/{guid}", self._show)

    async def _show(self, request: web.Request) -> web.Response:
        job = self.access(request).seen(Job, guid(request))
        return web.json_response(self._present(job, Links.of(request)))

    def _present(self, row: Job, links: Links) -> JSON:
        around = {"self": links(f"jobs/{row.guid}")}
        if self.world.find(type(row.resource), row.resource.guid):
            around[row.resource_type] = links(f"{_FOLDERS[row.resource_type]}/{row.resource.guid}")
        return {
            **stamped(row),
            "operation": row.operation,
            "state": row.state,
            "errors": row.errors,
            "warnings": [],
            "links": around,
        }
