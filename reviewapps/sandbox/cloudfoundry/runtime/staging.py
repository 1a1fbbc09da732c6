"""From a package to a droplet."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.build import (
    Build,
    CompileFailedError,
    MissingToolError,
    procfile,
)
from reviewapps.sandbox.cloudfoundry.runtime.buildpacks import INSTALLED, Buildpack
from reviewapps.sandbox.cloudfoundry.runtime.container import furnish
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.packages import LARGEST_APP, UnsafePackageError, pack, unzip
from reviewapps.sandbox.cloudfoundry.runtime.threads import in_thread

_NO_APP_DETECTED = "NoAppDetectedError - An app was not successfully detected by any available buildpack"
_COMPILE_FAILED = "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
_STAGING_FAILED = "StagingError - Staging error: staging failed"
_TIME_EXPIRED = "StagingTimeExpired - Staging time expired: staging failed"


@dataclass(frozen=True)
class Staged:
    """What a build found out: {"web": "python app.py"}, [("python_buildpack", "python")]."""

    process_types: dict[str, str]
    buildpacks: list[tuple[str, str]]


class StagingFailed(Exception):
    """A build ended without a droplet; ``error`` is what Cloud Foundry says in a build's ``error``."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


async def stage(
    package: Path,
    droplet: Path,
    *,
    buildpacks: Sequence[str],
    env: Mapping[str, str],
    workdir: Path,
    log: LogLine,
    timeout: float = 900,
    largest: int = LARGEST_APP,
    links_packages: bool = False,
) -> Staged:
    """What the build of ``package`` (a zip of ``largest`` bytes, unpacked) found out, with ``droplet`` (a .tgz)
    written.

    ``buildpacks`` are obeyed where there are any, else the app's files decide. The build sees ``env``, the
    machine's way to its registries and nothing else, and its folder in ``workdir`` is gone afterwards.
    Raises StagingFailed. Cancelling it kills what the build runs.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=workdir)).resolve()
    try:
        async with asyncio.timeout(timeout):
            build = Build(folder, env, log, links_packages=links_packages)
            await _download(package, build, largest)
            return await _staged(droplet, buildpacks, build)
    except TimeoutError:
        log("ERR", f"Staging was stopped after {timeout:g} seconds")
        raise StagingFailed(_TIME_EXPIRED) from None
    finally:
        await in_thread(shutil.rmtree, folder, ignore_errors=True)


async def _staged(droplet: Path, buildpacks: Sequence[str], build: Build) -> Staged:
    chosen = _chosen(buildpacks, build)
    builds = [replace(build, index=index) for index in range(len(chosen))]
    for buildpack, its_build in zip(chosen, builds, strict=True):
        await _supply(buildpack, its_build)
    build.log("OUT", "Exit status 0")
    await _upload(build, droplet)
    # All supply; the last one has the last word on what runs, and the app's own Procfile before it.
    process_types = {**chosen[-1].processes(builds[-1]), **procfile(build.app)}
    return Staged(process_types, [(one.name, one.language) for one in chosen])


async def _download(package: Path, build: Build, largest: int) -> None:
    build.log("OUT", "Downloading app package...")
    try:
        await in_thread(unzip, package, build.app, largest=largest)
    except UnsafePackageError as unsafe:
        build.log("ERR", str(unsafe))
        raise StagingFailed(f"StagingError - Staging error: {unsafe}") from unsafe
    furnish(build.folder)
    build.log("OUT", f"Downloaded app package ({_size(package)})")


def _chosen(names: Sequence[str], build: Build) -> Sequence[Buildpack]:
    installed = {buildpack.name: buildpack for buildpack in INSTALLED}
    if away := [name for name in names if name not in installed]:
        # Nothing is fetched from here: a buildpack that is an address fails as it does without a way out.
        build.log("ERR", f"Failed to clone git repository at {away[0]}")
        build.log("OUT", "Exit status 1")
        raise StagingFailed(_STAGING_FAILED)
    if names:
        return [installed[name] for name in names]
    if detected := [buildpack for buildpack in INSTALLED if buildpack.detects(build.app)]:
        return detected[:1]
    build.log("ERR", "None of the buildpacks detected a compatible application")
    build.log("ERR", "Exit status 222")
    raise StagingFailed(_NO_APP_DETECTED)


async def _supply(buildpack: Buildpack, build: Build) -> None:
    build.heading(f"{buildpack.title} Buildpack")
    began = time.monotonic()
    try:
        await buildpack.supply(build)
    except MissingToolError as missing:
        build.log("ERR", f"{buildpack.name}: {missing}")
        raise StagingFailed(f"StagingError - Staging error: {buildpack.name}: {missing}") from missing
    except (CompileFailedError, OSError) as failed:
        build.log("ERR", f"Failed to compile droplet: Failed to run all supply scripts: {failed}")
        build.log("OUT", "Exit status 223")
        raise StagingFailed(_COMPILE_FAILED) from failed
    build.heading(f"Done in {time.monotonic() - began:.1f} s")


async def _upload(build: Build, droplet: Path) -> None:
    build.log("OUT", "Uploading droplet...")
    shutil.rmtree(build.folder / "bin")  # each container has its own
    shutil.rmtree(build.folder / "tmp")
    await in_thread(pack, build.folder, droplet)
    build.log("OUT", f"Uploaded droplet ({_size(droplet)})")
    build.log("OUT", "Uploading complete")


def _size(file: Path) -> str:
    size = file.stat().st_size
    return f"{size / 1024**2:.1f}M" if size >= 1024**2 else f"{size / 1024:.1f}K"
