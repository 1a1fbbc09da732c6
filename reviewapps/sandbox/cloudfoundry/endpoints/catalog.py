"""What the platform offers: stacks, buildpacks, feature flags."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import Buildpack, Row, Stack

FEATURE_FLAGS = {
    "app_bits_upload": True,
    "app_scaling": True,
    "diego_docker": False,
    "env_var_visibility": True,
    "hide_marketplace_from_unauthenticated_users": False,
    "private_domain_creation": True,
    "resource_matching": True,
    "route_creation": True,
    "service_instance_creation": True,
    "service_instance_sharing": False,
    "set_roles_by_username": True,
    "space_developer_env_var_visibility": True,
    "task_creation": True,
    "unset_roles_by_username": True,
    "user_org_creation": False,
}
BUILDPACK_FILTERS: Filters[Buildpack] = {
    "names": lambda row: row.name,
    "stacks": lambda row: row.stack,
    "lifecycle": lambda row: "buildpack",
}


class Catalog(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/stacks", self._stacks)
        router.add_get("/v3/stacks/{guid}", self._stack)
        router.add_get("/v3/buildpacks", self._buildpacks)
        router.add_get("/v3/buildpacks/{guid}", self._buildpack)
        router.add_get("/v3/feature_flags", self._flags)
        router.add_get("/v3/feature_flags/{guid}", self._flag)

    async def _stacks(self, request: web.Request) -> web.Response:
        filters: Filters[Stack] = {"names": lambda row: row.name, "default": lambda row: "true"}
        return page(request, self.world.all(Stack), filters, _present_stack)

    async def _stack(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Stack, guid(request))
        return web.json_response(_present_stack(row, Links.of(request)))

    async def _buildpacks(self, request: web.Request) -> web.Response:
        return page(request, self.world.all(Buildpack), BUILDPACK_FILTERS, _present_buildpack)

    async def _buildpack(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(Buildpack, guid(request))
        return web.json_response(_present_buildpack(row, Links.of(request)))

    async def _flags(self, request: web.Request) -> web.Response:
        rows = [Row(guid=name) for name in FEATURE_FLAGS]
        return page(request, rows, {}, _present_flag)

    async def _flag(self, request: web.Request) -> web.Response:
        if guid(request) not in FEATURE_FLAGS:
            raise not_found("Feature flag")
        return web.json_response(_present_flag(Row(guid=guid(request)), Links.of(request)))


def _present_stack(row: Stack, links: Links) -> JSON:
    return {
        **stamped(row),
        "name": row.name,
        "description": row.description,
        "state": "ACTIVE",
        "state_reason": None,
        "run_rootfs_image": "",
        "build_rootfs_image": "",
        "default": True,
        "metadata": metadata(row),
        "links": {"self": links(f"stacks/{row.guid}")},
    }


def _present_buildpack(row: Buildpack, links: Links) -> JSON:
    path = f"buildpacks/{row.guid}"
    return {
        **stamped(row),
        "name": row.name,
        "stack": row.stack,
        "state": "READY",
        "lifecycle": "buildpack",
        "filename": f"{row.name}.zip",
        "position": row.position,
        "enabled": True,
        "locked": False,
        "metadata": metadata(row),
        "links": {"self": links(path), "upload": links(f"{path}/upload", "POST")},
    }


def _present_flag(row: Row, links: Links) -> JSON:
    return {
        "name": row.guid,
        "enabled": FEATURE_FLAGS[row.guid],
        "updated_at": None,
        "custom_error_message": None,
        "links": {"self": links(f"feature_flags/{row.guid}")},
    }
