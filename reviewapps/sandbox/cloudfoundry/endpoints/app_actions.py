"""What is done to apps: start, stop, restart, and the droplet they run."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Body, Guid, body
from reviewapps.sandbox.cloudfoundry.endpoints.apps import present_app
from reviewapps.sandbox.cloudfoundry.endpoints.droplets import show_droplet
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, to_one
from reviewapps.sandbox.cloudfoundry.processes import active_deployment, assign_droplet, restart, start, stop
from reviewapps.sandbox.cloudfoundry.state import App, Droplet

NO_SUCH_DROPLET = "Unable to assign current droplet. Ensure the droplet exists and belongs to this app."


class CurrentDroplet(Body):
    data: Guid | None = None


class AppActions(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v3/apps/{guid}/actions/start", self._start)
        router.add_post("/v3/apps/{guid}/actions/stop", self._stop)
        router.add_post("/v3/apps/{guid}/actions/restart", self._restart)
        router.add_post("/v3/apps/{guid}/actions/clear_buildpack_cache", self._clear)
        router.add_get("/v3/apps/{guid}/droplets/current", self._current)
        router.add_get("/v3/apps/{guid}/relationships/current_droplet", self._relationship)
        router.add_patch("/v3/apps/{guid}/relationships/current_droplet", self._assign)

    async def _start(self, request: web.Request) -> web.Response:
        app = self._changed(request, "start")
        if app.state != "STARTED":
            start(self.world, self.platform.cells, app, self.access(request).user)
        return web.json_response(present_app(app, Links.of(request)))

    async def _stop(self, request: web.Request) -> web.Response:
        app = self._changed(request, "stop")
        stop(self.world, self.platform.cells, app)
        return web.json_response(present_app(app, Links.of(request)))

    async def _restart(self, request: web.Request) -> web.Response:
        app = self._changed(request, "restart")
        restart(self.world, self.platform.cells, app, self.access(request).user)
        return web.json_response(present_app(app, Links.of(request)))

    async def _clear(self, request: web.Request) -> web.Response:
        app = self._changed(request, "update")
        return web.json_response(present_app(app, Links.of(request)))

    async def _current(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.seen(App, guid(request))
        return web.json_response(show_droplet(_droplet_of(app), access, Links.of(request)))

    async def _relationship(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        _droplet_of(app)
        return web.json_response(_present_relationship(app, Links.of(request)))

    async def _assign(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        asked = await body(request, CurrentDroplet)
        if asked.data is None:
            text = "Current droplet cannot be removed. Replace it with a preferred droplet."
            raise unprocessable(text)
        droplet = self.world.find(Droplet, asked.data.guid)
        if droplet is None or droplet.app is not app or droplet.state != "STAGED":
            raise unprocessable(NO_SUCH_DROPLET)
        if active_deployment(self.world, app):
            text = "Unable to assign current droplet while the app has a deployment in progress."
            raise unprocessable(f"{text} Wait for the deployment to complete or cancel it.")
        assign_droplet(self.world, app, droplet, access.user)
        self.world.record("audit.app.droplet.mapped", app, app.space, access.user)
        return web.json_response(_present_relationship(app, Links.of(request)))

    def _changed(self, request: web.Request, action: str) -> App:
        access = self.access(request)
        app = access.writable(App, guid(request))
        self.world.record(f"audit.app.{action}", app, app.space, access.user)
        return app


def _droplet_of(app: App) -> Droplet:
    if app.droplet is None:
        raise not_found("Droplet")
    return app.droplet


def _present_relationship(app: App, links: Links) -> JSON:
    path = f"apps/{app.guid}"
    around = {
        "self": links(f"{path}/relationships/current_droplet"),
        "related": links(f"{path}/droplets/current"),
    }
    return {**to_one(app.droplet), "links": around}
