"""Packages: the source of apps, uploaded as zip files."""

from __future__ import annotations

import asyncio
import shutil
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BeforeValidator

from reviewapps.sandbox.cloudfoundry.bodies import REQUIRED, AppRelationship, Labelled, body
from reviewapps.sandbox.cloudfoundry.endpoints.droplets import present_listed_droplet
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import feature_disabled, unprocessable
from reviewapps.sandbox.cloudfoundry.jobs import accepted, remove
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.staging import expire_packages
from reviewapps.sandbox.cloudfoundry.state import App, Droplet, Package

FILTERS: Filters[Package] = {
    "states": lambda row: row.state,
    "types": lambda row: "bits",
    "app_guids": lambda row: row.app.guid,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
}
NO_SUCH_APP = "App is invalid. Ensure it exists and you have access to it."


def _bits_or_docker(said: object) -> object:
    if said not in ("bits", "docker"):
        raise refused("must be one of 'bits, docker'")
    return said


def _nothing(said: object) -> object:
    if said:
        raise refused("must be empty if provided for bits packages")
    return said


class PackageCreate(Labelled):
    type: Annotated[Literal["bits", "docker"], BeforeValidator(_bits_or_docker)] = REQUIRED
    relationships: AppRelationship
    data: Annotated[Any, BeforeValidator(_nothing)] = None


class PackageCopy(Labelled):
    relationships: AppRelationship


class PackageUpdate(Labelled):
    pass


class Packages(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/packages", self._list)
        router.add_post("/v3/packages", self._create)
        router.add_get("/v3/packages/{guid}", self._show)
        router.add_patch("/v3/packages/{guid}", self._update)
        router.add_delete("/v3/packages/{guid}", self._delete)
        router.add_get("/v3/packages/{guid}/download", self._download)
        router.add_get("/v3/packages/{guid}/droplets", self._droplets)
        router.add_get("/v3/apps/{guid}/packages", self._of_app)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(Package), FILTERS, present_package)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Package, app), FILTERS, present_package)

    async def _create(self, request: web.Request) -> web.Response:
        if "source_guid" in request.query:
            return await self._copy(request)
        access = self.access(request)
        asked = await body(request, PackageCreate)
        if asked.type == "docker":
            raise feature_disabled("diego_docker")
        package = Package(app=access.named(App, asked.relationships.app.guid, NO_SUCH_APP))
        asked.label(package)
        self.world.add(package)
        self.world.record("audit.app.package.create", package.app, package.space, access.user)
        return web.json_response(present_package(package, Links.of(request)), status=201)

    async def _copy(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, PackageCopy)
        source = access.seen(Package, request.query["source_guid"])
        app = access.named(App, asked.relationships.app.guid, NO_SUCH_APP)
        if app is source.app:
            raise unprocessable("Source and destination app cannot be the same")
        package = Package(app=app, state="COPYING")
        asked.label(package)
        self.world.add(package)
        self.platform.jobs.later(_copied, source, package)
        return web.json_response(present_package(package, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        package = self.access(request).seen(Package, guid(request))
        return web.json_response(present_package(package, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        package = self.access(request).writable(Package, guid(request))
        (await body(request, PackageUpdate)).label(package)
        package.touch()
        return web.json_response(present_package(package, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        package = access.writable(Package, guid(request))
        told = {"package_guid": package.guid}
        self.world.record("audit.app.package.delete", package.app, package.space, access.user, told)
        return accepted(self.platform.jobs.start("package.delete", "package", package, remove), request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        access = self.access(request)
        package = access.writable(Package, guid(request))
        if package.state != "READY":
            raise unprocessable("Package has no bits to download.")
        told = {"package_guid": package.guid}
        self.world.record("audit.app.package.download", package.app, package.space, access.user, told)
        return web.FileResponse(self.world.bits(package))

    async def _droplets(self, request: web.Request) -> web.Response:
        package = self.access(request).seen(Package, guid(request))
        rows = [one for one in self.world.all(Droplet) if one.package is package]
        return page(request, rows, {"states": lambda row: row.state}, present_listed_droplet)


async def _copied(platform: Platform, source: Package, package: Package) -> None:
    world = platform.world
    await asyncio.sleep(world.settings.copy_delay)
    if source.state == "READY" and world.bits(source).exists():
        shutil.copyfile(world.bits(source), world.bits(package))
        package.checksum, package.state = source.checksum, "READY"
    else:
        package.state, package.error = "FAILED", "failed to copy - no bits"
    package.touch()
    expire_packages(world, package.app)


def present_package(row: Package, links: Links) -> JSON:
    path = f"packages/{row.guid}"
    return {
        **stamped(row),
        "type": "bits",
        "data": {"error": row.error, "checksum": {"type": "sha256", "value": row.checksum}},
        "state": row.state,
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "upload": links(f"{path}/upload", "POST"),
            "download": links(f"{path}/download", "GET"),
            "app": links(f"apps/{row.app.guid}"),
        },
    }
