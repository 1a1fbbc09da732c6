"""Manifests: applied to a space, and written from an app."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import yaml
from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import refuse_depth
from reviewapps.sandbox.cloudfoundry.endpoints.apps import add_app, check_name
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.manifest_application import ManifestApplication
from reviewapps.sandbox.cloudfoundry.endpoints.manifest_diff import differences
from reviewapps.sandbox.cloudfoundry.endpoints.manifest_message import check_application
from reviewapps.sandbox.cloudfoundry.endpoints.written_manifest import written
from reviewapps.sandbox.cloudfoundry.errors import (
    bad_request,
    not_authorized,
    unprocessable,
    unreadable_body,
)
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.state import App, Space, User

_YAML = ("application/x-yaml", "application/yaml", "text/yaml", "text/x-yaml")

_REFUSED = (yaml.AnchorToken, yaml.AliasToken)


class Manifests(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v3/spaces/{guid}/actions/apply_manifest", self._apply)
        router.add_post("/v3/spaces/{guid}/manifest_diff", self._diff)
        router.add_get("/v3/apps/{guid}/manifest", self._show)

    async def _apply(self, request: web.Request) -> web.Response:
        access = self.access(request)
        space = self._space(request)
        said = _applications(await _manifest(request))
        for one in said:
            check_application(one)
        apps = [self._app(space, one["name"], access.user) for one in said]
        work = partial(_apply_all, said=list(zip(apps, said, strict=True)), actor=access.user)
        for app in apps:
            self.world.record("audit.app.apply_manifest", app, space, access.user)
        return accepted(self.platform.jobs.start("space.apply_manifest", "space", space, work), request)

    async def _diff(self, request: web.Request) -> web.Response:
        """What the manifest would add, change or take away."""
        space = self._space(request)
        diff: list[dict[str, Any]] = []
        for number, said in enumerate(_applications(await _manifest(request))):
            app = self.world.app_named(space, said["name"])
            diff += differences(number, said, written(self.world, app) if app else None)
        return web.json_response({"diff": diff}, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.seen(App, guid(request))
        if not access.writes(app.space):
            raise not_authorized()
        said = {"applications": [written(self.world, app)]}
        text = yaml.safe_dump(said, sort_keys=False, explicit_start=True)
        return web.Response(text=text, content_type="application/x-yaml")

    def _space(self, request: web.Request) -> Space:
        access = self.access(request)
        space = access.seen(Space, guid(request))
        if not access.writes(space):
            raise not_authorized()
        return space

    def _app(self, space: Space, name: str, user: User) -> App:
        """The app, or its skeleton, made at once."""
        if app := self.world.app_named(space, name):
            return app
        app = App(name=name, space=space)
        check_name(self.world, app, name)
        add_app(self.world, app, user)
        return app


async def _apply_all(
    platform: Platform, _: Space, said: list[tuple[App, dict[str, Any]]], actor: User
) -> None:
    for app, one in said:
        ManifestApplication(platform, app, one, actor).apply()


async def _manifest(request: web.Request) -> object:
    if request.content_type not in _YAML:
        raise bad_request("Content-Type must be yaml")
    text = await request.read()
    try:
        said = yaml.safe_load(text)
        if any(isinstance(token, _REFUSED) for token in yaml.scan(text)):
            raise bad_request("Manifest does not support Anchors and Aliases")
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()  # what is no JSON, no answer can hold
        refuse_depth(said)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise unreadable_body() from None
    return said


def _applications(manifest: object) -> list[dict[str, Any]]:
    said = manifest.get("applications") if isinstance(manifest, dict) else None
    if not isinstance(said, list) or not said:
        raise unprocessable("Cannot parse manifest with no 'applications' field.")
    for number, one in enumerate(said):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise unprocessable(f"For application at index {number}: Name must not be empty")
    return said
