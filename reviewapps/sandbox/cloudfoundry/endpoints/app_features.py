"""Features, ssh, sidecars and revisions of apps: enough that clients find them where they look."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Body, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.query import page
from reviewapps.sandbox.cloudfoundry.state import App, Row

FEATURES = {
    "ssh": "Enable SSHing into the app.",
    "revisions": "Enable versioning of an application",
    "service-binding-k8s": "Enable k8s service bindings for the app",
    "file-based-vcap-services": "Enable file-based VCAP service bindings for the app",
}


class FeatureUpdate(Body):
    enabled: bool


class AppFeatures(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps/{guid}/features", self._list)
        router.add_get("/v3/apps/{guid}/features/{name}", self._show)
        router.add_patch("/v3/apps/{guid}/features/{name}", self._update)
        router.add_get("/v3/apps/{guid}/ssh_enabled", self._ssh_enabled)
        router.add_get("/v3/apps/{guid}/sidecars", self._nothing)
        router.add_get("/v3/apps/{guid}/revisions", self._nothing)
        router.add_get("/v3/apps/{guid}/revisions/deployed", self._nothing)

    async def _list(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        here = {"href": request.path}
        pagination = {
            "total_results": len(FEATURES),
            "total_pages": 1,
            "first": here,
            "last": here,
            "next": None,
            "previous": None,
        }
        resources = [_present(app, name) for name in FEATURES]
        return web.json_response({"resources": resources, "pagination": pagination})

    async def _show(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return web.json_response(_present(app, _name(request)))

    async def _update(self, request: web.Request) -> web.Response:
        app = self.access(request).writable(App, guid(request))
        name = _name(request)
        app.features[name] = (await body(request, FeatureUpdate)).enabled
        return web.json_response(_present(app, name))

    async def _ssh_enabled(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        reason = f"ssh is disabled for space '{app.space.name}'"
        return web.json_response({"enabled": False, "reason": reason})

    async def _nothing(self, request: web.Request) -> web.Response:
        self.access(request).seen(App, guid(request))
        none: list[Row] = []
        return page(request, none, {}, lambda row, links: {})


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in FEATURES:
        raise not_found("Feature")
    return name


def _present(app: App, name: str) -> JSON:
    return {"name": name, "description": FEATURES[name], "enabled": app.features.get(name, False)}
