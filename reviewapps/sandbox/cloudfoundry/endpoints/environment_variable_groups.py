"""Variables of every build, and of every process."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variables import Variables, merged
from reviewapps.sandbox.cloudfoundry.environment import variable_group
from reviewapps.sandbox.cloudfoundry.errors import not_authorized
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, timestamp
from reviewapps.sandbox.cloudfoundry.state import EnvironmentVariableGroup


class EnvironmentVariableGroups(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        path = "/v3/environment_variable_groups/{name:running|staging}"
        router.add_get(path, self._show)
        router.add_patch(path, self._update)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(_present(self._group(request), Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        if not self.access(request).user.is_admin:
            raise not_authorized()
        group = self._group(request)
        group.var = merged(group.var, (await body(request, Variables)).var)
        group.touch()
        return web.json_response(_present(group, Links.of(request)))

    def _group(self, request: web.Request) -> EnvironmentVariableGroup:
        return variable_group(self.world, request.match_info["name"])


def _present(row: EnvironmentVariableGroup, links: Links) -> JSON:
    return {
        "name": row.name,
        "var": row.var,
        "updated_at": timestamp(row.updated_at),
        "links": {"self": links(f"environment_variable_groups/{row.name}")},
    }
