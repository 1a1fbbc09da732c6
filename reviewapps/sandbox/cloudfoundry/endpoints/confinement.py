"""What keeps apps apart and in: isolation segments and security groups. This platform has none of either."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import Organization, Row, Space

_NAMES: Filters[Row] = {"names": lambda row: ()}
_SEGMENTS: Filters[Row] = {**_NAMES, "organization_guids": lambda row: ()}
_GROUPS: Filters[Row] = {
    **_NAMES,
    "globally_enabled_running": lambda row: (),
    "globally_enabled_staging": lambda row: (),
    "running_space_guids": lambda row: (),
    "staging_space_guids": lambda row: (),
}


class Confinement(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/isolation_segments", self._segments)
        router.add_get("/v3/isolation_segments/{guid}", self._segment)
        router.add_get("/v3/spaces/{guid}/relationships/isolation_segment", self._of_space)
        router.add_get(
            "/v3/organizations/{guid}/relationships/default_isolation_segment", self._of_organization
        )
        router.add_get("/v3/security_groups", self._groups)
        router.add_get("/v3/security_groups/{guid}", self._group)
        router.add_get("/v3/spaces/{guid}/running_security_groups", self._groups_of_space)
        router.add_get("/v3/spaces/{guid}/staging_security_groups", self._groups_of_space)

    async def _segments(self, request: web.Request) -> web.Response:
        return page(request, [], _SEGMENTS, _nothing)

    async def _segment(self, request: web.Request) -> web.Response:
        raise not_found("Isolation segment")

    async def _of_space(self, request: web.Request) -> web.Response:
        space = self.access(request).seen(Space, guid(request))
        here = Links.of(request)(f"spaces/{space.guid}/relationships/isolation_segment")
        return web.json_response({"data": None, "links": {"self": here}})

    async def _of_organization(self, request: web.Request) -> web.Response:
        organization = self.access(request).seen(Organization, guid(request))
        path = f"organizations/{organization.guid}/relationships/default_isolation_segment"
        return web.json_response({"data": None, "links": {"self": Links.of(request)(path)}})

    async def _groups(self, request: web.Request) -> web.Response:
        return page(request, [], _GROUPS, _nothing)

    async def _group(self, request: web.Request) -> web.Response:
        raise not_found("Security group")

    async def _groups_of_space(self, request: web.Request) -> web.Response:
        self.access(request).seen(Space, guid(request))
        return page(request, [], _NAMES, _nothing)


def _nothing(row: Row, links: Links) -> JSON:
    return {}
