"""The buildpacks that are installed here, in the order in which they look at an app."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime import python_buildpack, static_files
from reviewapps.sandbox.cloudfoundry.runtime.build import Build, CompileFailedError, cache, procfile


@dataclass(frozen=True)
class Buildpack:
    """``detects`` an app by its files, and ``compile_app`` makes a droplet of it."""

    name: str
    title: str
    language: str
    detects: Callable[[Path], bool]
    compile_app: Callable[[Build], Awaitable[None]]


def _is_static(app: Path) -> bool:
    return (app / "Staticfile").is_file() or (app / "index.html").is_file()


async def _compile_static(build: Build) -> None:
    build.deps.mkdir(parents=True, exist_ok=True)
    shutil.copy(static_files.__file__, build.deps / "static_files.py")
    build.start_commands["web"] = 'python -I "$DEPS_DIR/0/static_files.py"'


def _is_node(app: Path) -> bool:
    return (app / "package.json").is_file() and not (app / "Staticfile").is_file()


async def _compile_node(build: Build) -> None:
    try:
        package = json.loads((build.app / "package.json").read_text(encoding="utf-8"))
    except ValueError as wrong:
        build.line("ERR", f"package.json: {wrong}")
        raise CompileFailedError(1) from wrong
    build.start_commands["web"] = "npm start"
    if package.get("dependencies") and shutil.which("npm"):
        build.heading("Building dependencies")
        await build.run(["npm", "install", "--no-audit", "--no-fund"], npm_config_cache=cache("npm"))


def _has_web_command(app: Path) -> bool:
    return "web" in procfile(app)


async def _compile_nothing(_: Build) -> None:
    """Commands of a Procfile run as they are."""


INSTALLED = (
    Buildpack("python_buildpack", "Python", "python", python_buildpack.detects, python_buildpack.compile_app),
    Buildpack("nodejs_buildpack", "Nodejs", "nodejs", _is_node, _compile_node),
    Buildpack("staticfile_buildpack", "Staticfile", "staticfile", _is_static, _compile_static),
    Buildpack("binary_buildpack", "Binary", "binary", _has_web_command, _compile_nothing),
)
