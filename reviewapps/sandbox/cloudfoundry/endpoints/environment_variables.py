"""The environment of apps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import REQUIRED, Body, Object, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.environment import variable_group, vcap_application, vcap_services
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.processes import newest
from reviewapps.sandbox.cloudfoundry.state import App


class Variables(Body):
    var: Object = REQUIRED


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
        set_variables(app, (await body(request, Variables)).var, "Var")
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


def set_variables(app: App, changes: dict[str, Any], field: str = "Environment variables") -> None:
    """Merge ``changes`` into the app's environment. ``field`` is where they were said."""
    app.environment = merged(app.environment, changes, field)
    app.touch()


def merged(variables: dict[str, str], changes: dict[str, Any], field: str = "Var") -> dict[str, str]:
    """``variables`` with ``changes``, of which null takes one away; 422 for what may not be set."""
    if wrong := [text for key, value in changes.items() for text in _wrong(key, value, field)]:
        raise unprocessable(", ".join(dict.fromkeys(wrong)))
    return {key: value for key, value in {**variables, **changes}.items() if value is not None}


def _wrong(key: str, value: Any, field: str) -> Iterator[str]:
    if not key:
        yield f"{field} key must be a minimum length of 1"
    elif key.upper().startswith("VCAP_"):
        yield f"{field} cannot start with VCAP_"
    elif key.upper().startswith("VMC"):
        yield f"{field} cannot start with VMC_"
    elif key.upper() == "PORT":
        yield f"{field} cannot set PORT"
    elif value is not None and not isinstance(value, str):
        yield f"Non-string value in environment variable for key '{key}', value '{json.dumps(value)}'"


def _present(app: App, links: Links) -> JSON:
    path = f"apps/{app.guid}"
    around = {"self": links(f"{path}/environment_variables"), "app": links(path)}
    return {"var": app.environment, "links": around}
