"""Droplets: what builds make and instances run."""

from __future__ import annotations

import asyncio
import shutil
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import AppRelationship, Body, Labelled, Object, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.jobs import accepted, remove
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.staging import expire_droplets
from reviewapps.sandbox.cloudfoundry.state import App, Droplet, Receipt

FILTERS: Filters[Droplet] = {
    "states": lambda row: row.state,
    "app_guids": lambda row: row.app.guid,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "package_guid": lambda row: row.package.guid if row.package else "",
    "current": lambda row: str(row.app.droplet is row).lower(),
}


HIDDEN, HIDDEN_IN_LISTS = "[PRIVATE DATA HIDDEN]", "[PRIVATE DATA HIDDEN IN LISTS]"


def _commands(said: dict[str, Any]) -> dict[str, Any]:
    if not all(said):
        raise refused("key must not be empty")
    if not all(isinstance(command, str) for command in said.values()):
        raise refused("value must be a string")
    return said


class DropletCreate(Body):
    relationships: AppRelationship
    process_types: Annotated[Object, AfterValidator(_commands)] | None = None


class DropletCopy(Body):
    relationships: AppRelationship


class DropletUpdate(Labelled):
    pass


class Droplets(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/droplets", self._list)
        router.add_post("/v3/droplets", self._create)
        router.add_get("/v3/droplets/{guid}", self._show)
        router.add_patch("/v3/droplets/{guid}", self._update)
        router.add_delete("/v3/droplets/{guid}", self._delete)
        router.add_get("/v3/droplets/{guid}/download", self._download)
        router.add_get("/v3/apps/{guid}/droplets", self._of_app)

    async def _list(self, request: web.Request) -> web.Response:
        return page(request, self.access(request).visible(Droplet), FILTERS, present_listed_droplet)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        return page(request, self.world.of_app(Droplet, app), FILTERS, present_listed_droplet)

    async def _create(self, request: web.Request) -> web.Response:
        """One whose bits are uploaded later; how its processes start is the caller's to say."""
        if "source_guid" in request.query:
            return await self._copy(request)
        access = self.access(request)
        asked = await body(request, DropletCreate)
        app = asked.relationships.app.guid
        found = access.named(
            App, app, f'App with guid "{app}" does not exist, or you do not have access to it.'
        )
        commands = {"web": ""} if asked.process_types is None else asked.process_types
        droplet = Droplet(app=found, state="AWAITING_UPLOAD", process_types=commands, stack=found.stack)
        self.world.add(droplet)
        told = {"droplet_guid": droplet.guid}
        self.world.record("audit.app.droplet.create", found, found.space, access.user, told)
        return web.json_response(present_droplet(droplet, Links.of(request)), status=201)

    async def _copy(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, DropletCopy)
        source = access.seen(Droplet, request.query["source_guid"])
        app = access.seen(App, asked.relationships.app.guid)
        if not access.writes(app.space):
            raise not_authorized()
        if source.state != "STAGED":
            raise unprocessable("source droplet is not staged")
        droplet = self.world.add(_copy_for(app, source))
        self.platform.jobs.later(_copied, source, droplet)
        self.world.record("audit.app.droplet.create", app, app.space, access.user)
        return web.json_response(present_droplet(droplet, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        access = self.access(request)
        droplet = access.seen(Droplet, guid(request))
        return web.json_response(show_droplet(droplet, access, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        droplet = self.access(request).writable(Droplet, guid(request))
        (await body(request, DropletUpdate)).label(droplet)
        droplet.touch()
        return web.json_response(present_droplet(droplet, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        droplet = access.writable(Droplet, guid(request))
        if droplet.app.droplet is droplet:
            raise unprocessable("The droplet is currently used and cannot be deleted.")
        told = {"droplet_guid": droplet.guid}
        self.world.record("audit.app.droplet.delete", droplet.app, droplet.space, access.user, told)
        return accepted(self.platform.jobs.start("droplet.delete", "droplet", droplet, remove), request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        access = self.access(request)
        droplet = access.writable(Droplet, guid(request))
        bits = self.world.bits(droplet)
        if not bits.exists():
            raise not_found("Droplet")
        told = {"droplet_guid": droplet.guid}
        self.world.record("audit.app.droplet.download", droplet.app, droplet.space, access.user, told)
        return web.FileResponse(bits)


def _copy_for(app: App, source: Droplet) -> Droplet:
    return Droplet(
        app=app,
        state="COPYING",
        process_types=dict(source.process_types),
        receipts=list(source.receipts),
        stack=source.stack,
    )


async def _copied(platform: Platform, source: Droplet, droplet: Droplet) -> None:
    world = platform.world
    await asyncio.sleep(world.settings.copy_delay)
    if world.bits(source).exists():
        shutil.copyfile(world.bits(source), world.bits(droplet))
        droplet.checksum, droplet.state = source.checksum, "STAGED"
    else:
        droplet.state, droplet.error = "FAILED", "failed to copy - no bits"
    droplet.touch()
    expire_droplets(world, droplet.app)


def present_droplet(row: Droplet, links: Links) -> JSON:
    path, app = f"droplets/{row.guid}", f"apps/{row.app.guid}"
    around = {
        "self": links(path),
        "app": links(app),
        "assign_current_droplet": links(f"{app}/relationships/current_droplet", "PATCH"),
    }
    if row.package:
        around["package"] = links(f"packages/{row.package.guid}")
    if row.state == "STAGED":
        around["download"] = links(f"{path}/download")
    if row.state == "AWAITING_UPLOAD":
        around["upload"] = links(f"{path}/upload", "POST")
    return {
        **stamped(row),
        "state": row.state,
        "error": row.error,
        "lifecycle": {"type": "buildpack", "data": {}},
        "checksum": {"type": "sha256", "value": row.checksum} if row.checksum else None,
        "buildpacks": [_present_receipt(one) for one in row.receipts],
        "stack": row.stack,
        "image": None,
        "execution_metadata": "",
        "process_types": row.process_types,
        "relationships": {"app": to_one(row.app)},
        "metadata": metadata(row),
        "links": around,
    }


def show_droplet(row: Droplet, access: Access, links: Links) -> JSON:
    """As this user is shown it: commands are hidden from who may not change it."""
    shown = present_droplet(row, links)
    return shown if access.writes(row.space) else _without(shown, HIDDEN)


def present_listed_droplet(row: Droplet, links: Links) -> JSON:
    """As in lists, where commands are not shown."""
    return _without(present_droplet(row, links), HIDDEN_IN_LISTS)


def _without(shown: JSON, text: str) -> JSON:
    return {**shown, "process_types": {"redacted_message": text}, "execution_metadata": text}


def _present_receipt(receipt: Receipt) -> JSON:
    return {
        "name": receipt.buildpack,
        "detect_output": receipt.detected,
        "buildpack_name": receipt.buildpack.removesuffix("_buildpack"),
        "version": "1.0.0",
    }
