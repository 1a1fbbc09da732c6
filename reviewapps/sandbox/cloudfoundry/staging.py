"""Builds: from a package that is READY to a droplet, or to the reason why not."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.environment import environment
from reviewapps.sandbox.cloudfoundry.runtime import Staged, StagingFailed, stage
from reviewapps.sandbox.cloudfoundry.state import App, Build, Droplet, Package, Receipt
from reviewapps.sandbox.cloudfoundry.world import World

log = logging.getLogger(__name__)

_LOST = "StagingError - Staging error: staging failed"


class Stager:
    """Runs the builds. They cannot be cancelled; only the end of their app ends them."""

    def __init__(self, world: World, background: Background) -> None:
        self._world = world
        self._background = background
        self._running: dict[App, asyncio.Task[None]] = {}

    def start(self, build: Build) -> None:
        """Stage in the background, with the environment that the app has now."""
        env = {
            **environment(self._world, build.app, build.memory_mb, group="staging"),
            "CF_STACK": build.stack,
        }
        self._running[build.app] = self._background.spawn(self._run(build, env))

    def carry_on(self) -> None:
        """A build ends with its cell."""
        for build in self._world.all(Build):
            if build.state == "STAGING":
                self._fail(build, _LOST)
                build.touch()

    async def abandoned(self, app: App) -> None:
        """End the app's build, if one is running, and wait for it."""
        if task := self._running.pop(app, None):
            task.cancel()
            await asyncio.wait([task])

    async def _run(self, build: Build, env: dict[str, str]) -> None:
        droplet = Droplet(app=build.app, package=build.package, stack=build.stack)
        workdir = self._world.folder("staging", build.guid)
        try:
            await asyncio.sleep(self._world.settings.staging_seconds)
            staged = await stage(
                self._world.bits(build.package),
                self._world.bits(droplet),
                buildpacks=build.buildpacks,
                env=env,
                workdir=workdir,
                log=lambda stream, line: self._say(build, stream, line),
                timeout=self._world.settings.staging_timeout,
                largest=self._world.settings.largest_package_bytes,
                links_packages=self._world.settings.links_packages,
            )
        except StagingFailed as failed:
            self._fail(build, failed.error)
        except Exception:  # a build without an end would block its app
            log.exception("the build %s broke", build.guid)
            self._fail(build, "StagerError - Stager error: the sandbox failed")
        else:
            self._succeed(build, droplet, staged)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
            build.touch()

    def _say(self, build: Build, stream: str, line: str) -> None:
        self._world.say(build.app, "STG", line, stream=stream)

    def _fail(self, build: Build, error: str) -> None:
        build.state, build.error = "FAILED", error
        data = {"error": error, "build_guid": build.guid}
        self._world.record("audit.app.build.failed", build.app, build.space, build.created_by, data)

    def _succeed(self, build: Build, droplet: Droplet, staged: Staged) -> None:
        droplet.process_types = staged.process_types
        droplet.receipts = [Receipt(name, detected) for name, detected in staged.buildpacks]
        droplet.checksum = sha256(self._world.bits(droplet))
        build.droplet = self._world.add(droplet)
        build.state = "STAGED"
        data = {"build_guid": build.guid, "package_guid": build.package.guid}
        made = {"droplet_guid": droplet.guid, "package_guid": build.package.guid}
        self._world.record("audit.app.droplet.create", build.app, build.space, build.created_by, made)
        self._world.record("audit.app.build.staged", build.app, build.space, build.created_by, data)
        expire_droplets(self._world, build.app)


def expire_droplets(world: World, app: App) -> None:
    """Keep the newest droplets and the current one."""
    staged = [one for one in world.of_app(Droplet, app) if one.state == "STAGED"]
    _expire(world, staged[: -world.settings.kept_droplets], app.droplet)


def expire_packages(world: World, app: App) -> None:
    """Keep the newest packages and that of the current droplet."""
    ready = [one for one in world.of_app(Package, app) if one.state == "READY"]
    _expire(world, ready[: -world.settings.kept_packages], app.droplet.package if app.droplet else None)


def sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _expire(world: World, old: list[Droplet] | list[Package], current: Droplet | Package | None) -> None:
    for one in old:
        if one is not current:
            one.state = "EXPIRED"
            one.touch()
            world.bits(one).unlink(missing_ok=True)
