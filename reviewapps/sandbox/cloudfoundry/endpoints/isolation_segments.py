"""Isolation segments, which keep apps apart. This platform has none."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import Organization, Row, Space

FILTERS: Filters[Row] = {"names": lambda row: (), "organization_guids": lambda row: ()}


class IsolationSegments(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/isolation_segments", self._segments)
        router.add_get("/v3/isolation_segments/{guid}", self._segment)
        router.add_get("/v3/spaces/{guid}/relationships/isolation_segment", self._of_space)
        router.add_get(
            "/v3/organizations/{guid}/relationships/default_isolation_segment", self._of_organization
        )

    async def _segments(self, request: web.Request) -> web.Response:
        return page(request, [], FILTERS, _nothing)

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


def _nothing(row: Row, links: Links) -> JSON:
    return {}
