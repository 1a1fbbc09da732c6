"""Features of apps and spaces, ssh among them, which this platform has not."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import REQUIRED, Body, Flag, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, not_found
from reviewapps.sandbox.cloudfoundry.features import DESCRIPTIONS, enabled
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.state import App, Space


class FeatureUpdate(Body):
    enabled: Flag = REQUIRED


class AppFeatures(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps/{guid}/features", self._list)
        router.add_get("/v3/apps/{guid}/features/{name}", self._show)
        router.add_patch("/v3/apps/{guid}/features/{name}", self._update)
        router.add_get("/v3/apps/{guid}/ssh_enabled", self._ssh_enabled)
        router.add_get("/v3/spaces/{guid}/features", self._of_space)
        router.add_get("/v3/spaces/{guid}/features/{name}", self._show_of_space)
        router.add_patch("/v3/spaces/{guid}/features/{name}", self._update_of_space)

    async def _list(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        resources = [_present(app, name) for name in DESCRIPTIONS]
        here = {"href": request.path}  # the one link that the platform writes without a host
        pagination = {
            "total_results": len(resources),
            "total_pages": 1,
            "first": here,
            "last": here,
            "next": None,
            "previous": None,
        }
        return web.json_response({"resources": resources, "pagination": pagination})

    async def _show(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return web.json_response(_present(app, _name(request)))

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        name = _name(request)
        app.features[name] = (await body(request, FeatureUpdate)).enabled
        app.touch()
        self.world.record("audit.app.update", app, app.space, access.user)
        return web.json_response(_present(app, name))

    async def _ssh_enabled(self, request: web.Request) -> web.Response:
        self.access(request).seen(App, guid(request))
        return web.json_response({"enabled": False, "reason": "Disabled globally"})

    async def _of_space(self, request: web.Request) -> web.Response:
        space = self.access(request).seen(Space, guid(request))
        return web.json_response({"resources": [_present_of_space(space)]})

    async def _show_of_space(self, request: web.Request) -> web.Response:
        return web.json_response(_present_of_space(self._space(request)))

    async def _update_of_space(self, request: web.Request) -> web.Response:
        space = self._space(request)
        if not self.access(request).manages(space.organization):
            raise not_authorized()
        space.ssh = (await body(request, FeatureUpdate)).enabled
        return web.json_response(_present_of_space(space))

    def _space(self, request: web.Request) -> Space:
        space = self.access(request).seen(Space, guid(request))
        if request.match_info["name"] != "ssh":
            raise not_found("Feature")
        return space


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in DESCRIPTIONS:
        raise not_found("Feature")
    return name


def _present(app: App, name: str) -> JSON:
    return {"name": name, "description": DESCRIPTIONS[name], "enabled": enabled(app, name)}


def _present_of_space(space: Space) -> JSON:
    return {"name": "ssh", "description": "Enable SSHing into apps in the space.", "enabled": space.ssh}
