"""The buildpacks that are installed here, in the order in which they look at an app."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime import node_buildpack, python_buildpack, static_files
from reviewapps.sandbox.cloudfoundry.runtime.build import Build, procfile

Commands = Mapping[str, str]


@dataclass(frozen=True)
class Buildpack:
    """``detects`` an app by its files, supplies what it needs, and knows the ``processes`` that it has by itself
    where it is the last of an app's buildpacks."""

    name: str
    title: str
    language: str
    detects: Callable[[Path], bool]
    supply: Callable[[Build], Awaitable[None]]
    processes: Callable[[Build], Commands]


def _is_static(app: Path) -> bool:
    """Whether ``app`` is a site: a Staticfile says so, or nothing but an index.html is there."""
    if (app / "Staticfile").is_file():
        return True
    return (app / "index.html").is_file() and not (
        node_buildpack.detects(app) or python_buildpack.detects(app)
    )


async def _supply_server(build: Build) -> None:
    build.deps.mkdir(parents=True, exist_ok=True)
    shutil.copy(static_files.__file__, build.deps / "static_files.py")


def _static_processes(build: Build) -> Commands:
    return {"web": f'python -I "$DEPS_DIR/{build.index}/static_files.py"'}


def _has_web_command(app: Path) -> bool:
    return "web" in procfile(app)


async def _supply_nothing(_: Build) -> None:
    """Commands of a Procfile run as they are."""


def _none(_: Build) -> Commands:
    return {}


INSTALLED = (
    Buildpack(
        "staticfile_buildpack", "Staticfile", "staticfile", _is_static, _supply_server, _static_processes
    ),
    Buildpack(
        "nodejs_buildpack",
        "Nodejs",
        "nodejs",
        node_buildpack.detects,
        node_buildpack.supply,
        node_buildpack.processes,
    ),
    Buildpack(
        "python_buildpack", "Python", "python", python_buildpack.detects, python_buildpack.supply, _none
    ),
    Buildpack("binary_buildpack", "Binary", "binary", _has_web_command, _supply_nothing, _none),
)
