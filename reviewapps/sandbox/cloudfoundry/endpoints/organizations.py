"""Organizations, and the quotas of organizations and spaces."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.domains import present_domain
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_authorized
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import page
from reviewapps.sandbox.cloudfoundry.quotas import memory_in_use, started_processes
from reviewapps.sandbox.cloudfoundry.state import (
    Binding,
    Domain,
    Organization,
    OrganizationQuota,
    Quota,
    Route,
    ServiceInstance,
    Space,
    SpaceQuota,
    Task,
)
from reviewapps.sandbox.cloudfoundry.world import World


class Organizations(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/organizations", self._list)
        router.add_post("/v3/organizations", self._create)
        router.add_get("/v3/organizations/{guid}", self._show)
        router.add_get("/v3/organizations/{guid}/usage_summary", self._usage)
        router.add_get("/v3/organizations/{guid}/domains", self._domains)
        router.add_get("/v3/organizations/{guid}/domains/default", self._default_domain)
        router.add_get("/v3/organization_quotas", self._quotas)
        router.add_get("/v3/organization_quotas/{guid}", self._quota)
        router.add_get("/v3/space_quotas", self._space_quotas)
        router.add_get("/v3/space_quotas/{guid}", self._space_quota)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Organization)
        return page(request, rows, {"names": lambda row: row.name}, present_organization)

    async def _create(self, _: web.Request) -> web.Response:
        """Nobody makes one here, as nobody but an admin does on the platform."""
        raise not_authorized()

    async def _show(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Organization, guid(request))
        return web.json_response(present_organization(row, Links.of(request)))

    async def _usage(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Organization, guid(request))
        links = Links.of(request)
        path = f"organizations/{row.guid}"
        around = {"self": links(f"{path}/usage_summary"), "organization": links(path)}
        return web.json_response({"usage_summary": usage_summary(self.world, row), "links": around})

    async def _domains(self, request: web.Request) -> web.Response:
        self.access(request).seen(Organization, guid(request))
        return page(request, self.world.all(Domain), {"names": lambda row: row.name}, present_domain)

    async def _default_domain(self, request: web.Request) -> web.Response:
        self.access(request).seen(Organization, guid(request))
        return web.json_response(present_domain(next(self.world.all(Domain)), Links.of(request)))

    async def _quotas(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(OrganizationQuota)
        return page(request, rows, {"names": lambda row: row.name}, self._present_organization_quota)

    async def _quota(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(OrganizationQuota, guid(request), "Organization quota")
        return web.json_response(self._present_organization_quota(row, Links.of(request)))

    async def _space_quotas(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(SpaceQuota)
        return page(request, rows, {"names": lambda row: row.name}, self._present_space_quota)

    async def _space_quota(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(SpaceQuota, guid(request), "Space quota")
        return web.json_response(self._present_space_quota(row, Links.of(request)))

    def _present_organization_quota(self, row: OrganizationQuota, links: Links) -> JSON:
        held = [{"guid": one.guid} for one in self.world.all(Organization) if one.quota is row]
        return {
            **_limits(row),
            "domains": {"total_domains": None},
            "relationships": {"organizations": {"data": held}},
            "links": {"self": links(f"organization_quotas/{row.guid}")},
        }

    def _present_space_quota(self, row: SpaceQuota, links: Links) -> JSON:
        held = [{"guid": one.guid} for one in self.world.all(Space) if one.quota is row]
        path = f"organizations/{row.organization.guid if row.organization else ''}"
        return {
            **_limits(row),
            "relationships": {"organization": to_one(row.organization), "spaces": {"data": held}},
            "links": {"self": links(f"space_quotas/{row.guid}"), "organization": links(path)},
        }


def present_organization(row: Organization, links: Links) -> JSON:
    path = f"organizations/{row.guid}"
    return {
        **stamped(row),
        "name": row.name,
        "suspended": False,
        "relationships": {"quota": to_one(row.quota)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "domains": links(f"{path}/domains"),
            "default_domain": links(f"{path}/domains/default"),
            "quota": links(f"organization_quotas/{row.quota.guid}"),
        },
    }


def usage_summary(world: World, place: Organization | Space) -> JSON:
    """How much of everything is in use there."""

    def inside(space: Space) -> bool:
        return space is place or space.organization is place

    bindings = [one for one in world.all(Binding) if one.type == "key" and inside(one.space)]
    tasks = [one for one in world.all(Task) if one.unfinished and inside(one.space)]
    return {
        "started_instances": sum(one.instances for one in started_processes(world, place)),
        "memory_in_mb": memory_in_use(world, place),
        "routes": sum(inside(one.space) for one in world.all(Route)),
        "service_instances": sum(inside(one.space) for one in world.all(ServiceInstance)),
        "reserved_ports": 0,
        "domains": 0,
        "per_app_tasks": len(tasks),
        "service_keys": len(bindings),
    }


def _limits(row: Quota) -> JSON:
    return {
        **stamped(row),
        "name": row.name,
        "apps": {
            "total_memory_in_mb": row.memory_mb,
            "per_process_memory_in_mb": row.instance_memory_mb,
            "total_instances": None,
            "per_app_tasks": None,
            "log_rate_limit_in_bytes_per_second": None,
        },
        "services": {
            "paid_services_allowed": row.paid_services_allowed,
            "total_service_instances": row.service_instances,
            "total_service_keys": row.service_keys,
        },
        "routes": {"total_routes": row.routes, "total_reserved_ports": None},
    }
