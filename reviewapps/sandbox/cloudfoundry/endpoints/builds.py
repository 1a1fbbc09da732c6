"""Builds."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import (
    NO_LIFECYCLE,
    BytesPerSecond,
    Guid,
    Labelled,
    Lifecycle,
    Megabytes,
    body,
)
from reviewapps.sandbox.cloudfoundry.endpoints.apps import check_buildpacks
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import bad_request, staging_in_progress
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.processes import newest
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.quotas import check_staging_memory
from reviewapps.sandbox.cloudfoundry.state import App, Build, Package, User

FILTERS: Filters[Build] = {
    "states": lambda row: row.state,
    "app_guids": lambda row: row.app.guid,
    "package_guids": lambda row: row.package.guid,
}
NO_SUCH_PACKAGE = "Unable to use package. Ensure that the package exists and you have access to it."


class PackageNamed(Guid, extra="ignore"):
    pass


class BuildCreate(Labelled):
    package: PackageNamed
    lifecycle: Lifecycle = NO_LIFECYCLE
    staging_memory_in_mb: Megabytes | None = None
    staging_disk_in_mb: Megabytes | None = None
    staging_log_rate_limit_bytes_per_second: BytesPerSecond | None = None


class BuildUpdate(Labelled):
    pass


class Builds(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/builds", self._list)
        router.add_post("/v3/builds", self._create)
        router.add_get("/v3/builds/{guid}", self._show)
        router.add_patch("/v3/builds/{guid}", self._update)
        router.add_get("/v3/apps/{guid}/builds", self._of_app)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(Build), FILTERS, present_build)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Build, app), FILTERS, present_build)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, BuildCreate)
        package = access.named(Package, asked.package.guid, NO_SUCH_PACKAGE)
        wanted = asked.lifecycle.data
        check_buildpacks(self.world, wanted.buildpacks, wanted.stack or package.app.stack)
        if any(one.state == "STAGING" for one in self.world.of_app(Build, package.app)):
            raise staging_in_progress()
        if package.state != "READY":
            raise bad_request("Cannot stage package whose state is not ready.")
        build = self._new_build(package, asked, access.user)
        asked.label(build)
        check_staging_memory(self.world, package.space, build.memory_mb)
        self.world.add(build)
        self.world.record("audit.app.build.create", build.app, build.space, access.user)
        self.platform.stager.start(build)
        return web.json_response(present_build(build, Links.of(request)), status=201)

    def _new_build(self, package: Package, asked: BuildCreate, user: User) -> Build:
        app, settings, lifecycle = package.app, self.world.settings, asked.lifecycle.data
        own = max(settings.staging_memory_in_mb, newest(self.world, app).memory_mb)
        return Build(
            app=app,
            package=package,
            created_by=user,
            memory_mb=asked.staging_memory_in_mb or own,
            disk_mb=asked.staging_disk_in_mb or settings.default_disk_in_mb,
            buildpacks=app.buildpacks if lifecycle.buildpacks is None else lifecycle.buildpacks,
            stack=lifecycle.stack or app.stack,
        )

    async def _show(self, request: web.Request) -> web.Response:
        build = self.access(request).seen(Build, guid(request))
        return web.json_response(present_build(build, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        build = self.access(request).writable(Build, guid(request))
        (await body(request, BuildUpdate)).label(build)
        build.touch()
        return web.json_response(present_build(build, Links.of(request)))


def present_build(row: Build, links: Links) -> JSON:
    around = {"self": links(f"builds/{row.guid}"), "app": links(f"apps/{row.app.guid}")}
    if row.droplet:
        around["droplet"] = links(f"droplets/{row.droplet.guid}")
    by = row.created_by
    return {
        **stamped(row),
        "state": row.state,
        "staging_memory_in_mb": row.memory_mb,
        "staging_disk_in_mb": row.disk_mb,
        "staging_log_rate_limit_bytes_per_second": -1,
        "error": row.error,
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": row.buildpacks, "stack": row.stack}},
        "package": {"guid": row.package.guid},
        "droplet": {"guid": row.droplet.guid} if row.droplet else None,
        "created_by": {"guid": by.guid, "name": by.name, "email": by.name},
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": around,
    }
