"""Apps."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import (
    NO_LIFECYCLE,
    Labelled,
    Lifecycle,
    SpaceRelationship,
    body,
)
from reviewapps.sandbox.cloudfoundry.deletion import delete_app
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variables import set_variables
from reviewapps.sandbox.cloudfoundry.endpoints.spaces import included_places
from reviewapps.sandbox.cloudfoundry.errors import feature_disabled, name_taken, unprocessable
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.processes import new_process
from reviewapps.sandbox.cloudfoundry.query import Filters, page, wanted_includes
from reviewapps.sandbox.cloudfoundry.state import App, Buildpack, Space, Stack, User
from reviewapps.sandbox.cloudfoundry.world import World

FILTERS: Filters[App] = {
    "names": lambda row: row.name,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "stacks": lambda row: row.stack,
    "lifecycle_type": lambda row: "buildpack",
}
INCLUDES = ("space", "space.organization")
_GIT = ("https://", "http://", "git://", "ssh://", "git@")


class AppCreate(Labelled):
    name: str
    relationships: SpaceRelationship
    environment_variables: dict[str, Any] | None = None
    lifecycle: Lifecycle = NO_LIFECYCLE


class AppUpdate(Labelled):
    name: str | None = None
    lifecycle: Lifecycle | None = None


class Apps(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/apps", self._list)
        router.add_post("/v3/apps", self._create)
        router.add_get("/v3/apps/{guid}", self._show)
        router.add_patch("/v3/apps/{guid}", self._update)
        router.add_delete("/v3/apps/{guid}", self._delete)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(App)
        return page(request, rows, FILTERS, present_app, includes=INCLUDES, include=_included)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, AppCreate)
        refusal = "Invalid space. Ensure that the space exists and you have access to it."
        space = access.named(Space, asked.relationships.space.guid, refusal)
        app = App(name=asked.name, space=space)
        check_name(self.world, app, asked.name)
        set_lifecycle(self.world, app, asked.lifecycle)
        set_variables(app, asked.environment_variables or {})
        asked.label(app)
        add_app(self.world, app, access.user)
        return web.json_response(present_app(app, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        links = Links.of(request)
        shown = present_app(app, links)
        if "include" in request.query:
            shown["included"] = _included([app], wanted_includes(request.query, INCLUDES), links)
        return web.json_response(shown)

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        asked = await body(request, AppUpdate)
        if asked.name is not None:
            check_name(self.world, app, asked.name)
        if asked.lifecycle:
            set_lifecycle(self.world, app, asked.lifecycle)
        asked.label(app)
        app.name = app.name if asked.name is None else asked.name
        app.touch()
        self.world.record("audit.app.update", app, app.space, access.user)
        return web.json_response(present_app(app, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        app = access.writable(App, guid(request))
        self.world.record("audit.app.delete-request", app, app.space, access.user)
        job = self.platform.jobs.start("app.delete", "app", app, delete_app)
        return accepted(job, request)


def add_app(world: World, app: App, actor: User) -> None:
    """Put a new app into the world, with the web process that every app has."""
    world.add(app)
    world.record("audit.app.create", app, app.space, actor)
    new_process(world, app, "web", actor)


def check_name(world: World, app: App, name: str) -> None:
    """422 if the name cannot be had. It is held until the deletion of its app is complete."""
    if wrong := [*(["presence"] if not name.strip() else []), *([] if _is_printable(name) else ["format"])]:
        raise unprocessable(", ".join(f"name {word}" for word in wrong))
    if len(name) > 255:
        raise unprocessable("Name is too long (maximum is 255 characters)")
    if world.app_named(app.space, name) not in (None, app):
        raise name_taken(f"App with the name '{name}' already exists.")


def set_lifecycle(world: World, app: App, lifecycle: Lifecycle) -> None:
    """Set what is asked for; 422 for buildpacks and stacks that there are not."""
    if lifecycle.type != "buildpack":
        raise feature_disabled(f"diego_{lifecycle.type}")
    asked = lifecycle.data
    check_buildpacks(world, asked.buildpacks, asked.stack or app.stack)
    app.buildpacks = app.buildpacks if asked.buildpacks is None else asked.buildpacks
    app.stack = asked.stack or app.stack


def check_buildpacks(world: World, buildpacks: list[str] | None, stack: str) -> None:
    known = {buildpack.name for buildpack in world.all(Buildpack)}
    exists = any(one.name == stack for one in world.all(Stack))
    where = f' for stack "{stack}"' if exists else ""
    wrong = [name for name in buildpacks or [] if name not in known and not name.startswith(_GIT)]
    reasons = [
        f'Buildpack "{name}"{where} must be an existing admin buildpack or a valid git URI' for name in wrong
    ]
    if not exists:
        reasons.append("Stack must be an existing stack")
    if reasons:
        raise unprocessable(", ".join(reasons))


def _is_printable(name: str) -> bool:
    return bool(name.strip()) and name.strip().isprintable()


def present_app(row: App, links: Links) -> JSON:
    path = f"apps/{row.guid}"
    actions = ("start", "stop", "clear_buildpack_cache")
    under = ("environment_variables", "processes", "packages", "droplets", "tasks", "revisions", "features")
    return {
        **stamped(row),
        "name": row.name,
        "state": row.state,
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": row.buildpacks, "stack": row.stack}},
        "relationships": {
            "space": to_one(row.space),
            "current_droplet": {"data": {"guid": row.droplet.guid if row.droplet else None}},
        },
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "space": links(f"spaces/{row.space.guid}"),
            "current_droplet": links(f"{path}/droplets/current"),
            "deployed_revisions": links(f"{path}/revisions/deployed"),
            **{name: links(f"{path}/{name}") for name in under},
            **{name: links(f"{path}/actions/{name}", "POST") for name in actions},
        },
    }


def _included(rows: list[App], wanted: set[str], links: Links) -> JSON:
    return included_places([row.space for row in rows], wanted, links)
