"""Uploads of droplets that were made without a build."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from aiohttp import BodyPartReader, web

from reviewapps.sandbox.cloudfoundry.bodies import BROKEN_FORM
from reviewapps.sandbox.cloudfoundry.endpoints.droplets import present_droplet
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.package_uploads import chunks
from reviewapps.sandbox.cloudfoundry.errors import unprocessable, unreadable_body
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.links import Links
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.runtime import in_thread
from reviewapps.sandbox.cloudfoundry.staging import expire_droplets, sha256
from reviewapps.sandbox.cloudfoundry.state import Droplet, new_guid


class DropletUploads(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v3/droplets/{guid}/upload", self._upload)

    async def _upload(self, request: web.Request) -> web.Response:
        access = self.access(request)
        droplet = access.writable(Droplet, guid(request))
        incoming = self.world.folder("uploads", new_guid())
        try:
            bits = await self._received(request, incoming)
            if droplet.state != "AWAITING_UPLOAD":
                raise unprocessable("Droplet may be uploaded only once. Create a new droplet to upload bits.")
            bits.replace(self.world.bits(droplet))
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        droplet.state = "PROCESSING_UPLOAD"
        droplet.touch()
        told = {"droplet_guid": droplet.guid}
        self.world.record("audit.app.droplet.upload", droplet.app, droplet.space, access.user, told)
        job = accepted(self.platform.jobs.start("droplet.upload", "droplet", droplet, _finish), request)
        shown = present_droplet(droplet, Links.of(request))
        return web.json_response(shown, status=202, headers={"Location": job.headers["Location"]})

    async def _received(self, request: web.Request, folder: Path) -> Path:
        """The file that comes as ``bits``; 422 where there is none, or none that can be a droplet."""
        bits, name = folder / "bits", ""
        if request.content_type.startswith("multipart/"):
            try:
                async for part in await request.multipart():
                    if isinstance(part, BodyPartReader) and part.name == "bits":
                        name = part.filename or ""
                        with bits.open("wb") as file:
                            async for chunk in chunks(part, self.world.settings.largest_upload_bytes):
                                file.write(chunk)
            except BROKEN_FORM:
                raise unreadable_body() from None
        wrong = _wrong(bits, name)
        if wrong:
            raise unprocessable(f"Uploaded droplet file is invalid: {wrong}")
        return bits


def _wrong(bits: Path, name: str) -> str:
    if not name:
        return "A droplet tgz file must be uploaded as 'bits'"
    if not name.endswith((".tgz", ".tar.gz")):
        return f"{name} is not a tgz"
    return "" if bits.stat().st_size else f"{name} cannot be empty"


async def _finish(platform: Platform, droplet: Droplet) -> None:
    world = platform.world
    await asyncio.sleep(world.settings.upload_delay)
    droplet.checksum = await in_thread(sha256, world.bits(droplet))
    droplet.state = "STAGED"
    droplet.touch()
    expire_droplets(world, droplet.app)
