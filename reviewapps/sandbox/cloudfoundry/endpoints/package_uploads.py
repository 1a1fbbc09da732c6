"""Uploads of packages, and which files need not be uploaded again."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from reviewapps.sandbox.cloudfoundry.bodies import BROKEN_FORM, Body, body, parsed
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.packages import present_package
from reviewapps.sandbox.cloudfoundry.errors import (
    bits_already_uploaded,
    too_large,
    unprocessable,
    unreadable_body,
    upload_invalid,
)
from reviewapps.sandbox.cloudfoundry.links import Links
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.resource_matches import listed, resource_of
from reviewapps.sandbox.cloudfoundry.runtime import in_thread
from reviewapps.sandbox.cloudfoundry.staging import expire_packages, sha256
from reviewapps.sandbox.cloudfoundry.state import Package, Resource, new_guid
from reviewapps.sandbox.cloudfoundry.uploads import KeptResources, UploadRefusedError, complete, is_usable
from reviewapps.sandbox.cloudfoundry.world import World

log = logging.getLogger(__name__)

LARGEST_LIST = 10 * 1024**2
"""Bytes of the names of files that an upload does not bring."""


class Matching(Body):
    resources: Any = None


@dataclass
class Upload:
    """What an upload brought: a file, the names of other files, and what it should not have."""

    bits: Path | None = None
    resources: list[Resource] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class PackageUploads(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v3/packages/{guid}/upload", self._upload)
        router.add_post("/v3/resource_matches", self._matches)

    async def _matches(self, request: web.Request) -> web.Response:
        """Those of the files that are kept here: they need not be uploaded."""
        asked = listed((await body(request, Matching)).resources)
        kept = kept_resources(self.world)
        named = [(one, resource_of(one)) for one in asked]
        known = [one for one, it in named if is_usable(it.mode) and kept.knows(it)]
        return web.json_response({"resources": known}, status=201)

    async def _upload(self, request: web.Request) -> web.Response:
        access = self.access(request)
        package = access.writable(Package, guid(request))
        incoming = self.world.folder("uploads", new_guid())
        try:
            upload = await self._received(request, incoming)
            _check(upload)
            if package.state != "AWAITING_UPLOAD":
                raise bits_already_uploaded()
            if upload.bits:
                upload.bits.replace(self.world.bits(package))
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        package.resources, package.state = upload.resources, "PROCESSING_UPLOAD"
        package.touch()
        self.world.record("audit.app.package.upload", package.app, package.space, access.user)
        self.platform.jobs.later(_finish, package)
        return web.json_response(present_package(package, Links.of(request)))

    async def _received(self, request: web.Request, folder: Path) -> Upload:
        upload = Upload()
        if not request.content_type.startswith("multipart/"):
            return upload
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader):
                    await self._take(part, upload, folder)
        except BROKEN_FORM:
            raise unreadable_body() from None
        return upload

    async def _take(self, part: BodyPartReader, upload: Upload, folder: Path) -> None:
        match part.name:
            case "bits":
                upload.bits = folder / "bits"
                with upload.bits.open("wb") as file:
                    async for chunk in chunks(part, self.world.settings.largest_upload_bytes):
                        file.write(chunk)
            case "resources":
                said = [chunk async for chunk in chunks(part, LARGEST_LIST)]
                upload.resources = _resources(b"".join(said) or b"[]")
            case name:
                upload.unknown.append(name or "")


def kept_resources(world: World) -> KeptResources:
    return KeptResources(world.home / "resources")


async def chunks(part: BodyPartReader, room: int) -> AsyncIterator[bytes]:
    """What the part holds, bit by bit; 413 where that is more than ``room``."""
    while chunk := await part.read_chunk(65536):
        room -= len(chunk)
        if room < 0:
            raise too_large()
        yield chunk


async def _finish(platform: Platform, package: Package) -> None:
    """Make what was uploaded READY, or FAILED with the reason; begun again where it was broken off."""
    world = platform.world
    await asyncio.sleep(world.settings.upload_delay)
    bits, folder = world.bits(package), world.home / "uploads" / new_guid()
    largest = world.settings.largest_package_bytes
    try:
        await in_thread(complete, bits, package.resources, kept_resources(world), folder, largest=largest)
        package.checksum = await in_thread(sha256, bits)
        package.state = "READY"
    except UploadRefusedError as refused:
        package.state, package.error = "FAILED", str(refused)
        bits.unlink(missing_ok=True)
    except Exception as wrong:  # else it would be processed for ever
        log.exception("the upload of package %s failed", package.guid)
        package.state, package.error = "FAILED", f"The app upload is invalid: {wrong}"
        bits.unlink(missing_ok=True)
    if world.find(Package, package.guid) is None:
        bits.unlink(missing_ok=True)
    package.touch()
    expire_packages(world, package.app)


def _check(upload: Upload) -> None:
    reasons = []
    if upload.unknown:
        names = "', '".join(upload.unknown)
        reasons.append(f"Unknown field(s): '{names}'")
    if upload.bits is None and not upload.resources:
        reasons.append("Upload must include either resources or bits")
    if reasons:
        raise unprocessable(", ".join(reasons))


def _resources(text: bytes) -> list[Resource]:
    said = parsed(text)
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise upload_invalid("invalid :resources")
    return [resource_of(one) for one in said]
