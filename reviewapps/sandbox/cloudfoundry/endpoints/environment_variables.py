"""The environment of apps."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Body, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.environment import variable_group, vcap_application, vcap_services
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.processes import newest
from reviewapps.sandbox.cloudfoundry.state import App


class Variables(Body):
    var: dict[str, Any]


class EnvironmentVariables(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps/{guid}/environment_variables", self._show)
        router.add_patch("/v3/apps/{guid}/environment_variables", self._update)
        router.add_get("/v3/apps/{guid}/env", self._everything)

    async def _show(self, request: web.Request) -> web.Response:
        app = self._readable(request)
        return web.json_response(_present(app, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        set_variables(app, (await body(request, Variables)).var)
        self.world.record("audit.app.update", app, app.space, access.user)
        return web.json_response(_present(app, Links.of(request)))

    async def _everything(self, request: web.Request) -> web.Response:
        app = self._readable(request)
        self.world.record("audit.app.environment.show", app, app.space, self.access(request).user)
        process = newest(self.world, app)
        told = vcap_application(self.world, app, process.memory_mb, process)
        return web.json_response(
            {
                "environment_variables": app.environment,
                "staging_env_json": variable_group(self.world, "staging").var,
                "running_env_json": variable_group(self.world, "running").var,
                "system_env_json": {"VCAP_SERVICES": vcap_services(self.world, app)},
                "application_env_json": {"VCAP_APPLICATION": told},
            }
        )

    def _readable(self, request: web.Request) -> App:
        access = self.access(request)
        app = access.seen(App, guid(request))
        if not access.writes(app.space):
            raise not_authorized()
        return app


def set_variables(app: App, changes: dict[str, Any]) -> None:
    """Merge ``changes`` into the app's environment; null takes a variable away."""
    for key, value in changes.items():
        _check(key, value)
    merged = {**app.environment, **changes}
    app.environment = {key: value for key, value in merged.items() if value is not None}
    app.touch()


def _check(key: str, value: Any) -> None:
    if not key:
        raise unprocessable("Environment variables key must be a minimum length of 1")
    if key.upper().startswith("VCAP_"):
        raise unprocessable("Environment variables cannot start with VCAP_")
    if key.upper().startswith("VMC"):
        raise unprocessable("Environment variables cannot start with VMC_")
    if key.upper() == "PORT":
        raise unprocessable("Environment variables cannot set PORT")
    if value is not None and not isinstance(value, str):
        raise unprocessable(f"Environment variables Non-string value in environment variable for key '{key}'")


def _present(app: App, links: Links) -> JSON:
    path = f"apps/{app.guid}"
    around = {"self": links(f"{path}/environment_variables"), "app": links(path)}
    return {"var": app.environment, "links": around}
