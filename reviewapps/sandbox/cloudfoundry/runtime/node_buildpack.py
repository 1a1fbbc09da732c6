"""What ``nodejs_buildpack`` does: the packages that package.json lists, with the node and npm of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reviewapps.sandbox.cloudfoundry.runtime.build import Build, CompileFailedError, cache

_PROFILE = """\
export NODE_ENV="${NODE_ENV:-production}"
export PATH="$HOME/node_modules/.bin:$PATH"
export npm_config_cache="$TMPDIR/npm" npm_config_update_notifier=false
"""


def detects(app: Path) -> bool:
    """Whether ``app`` is written for Node.js."""
    return (app / "package.json").is_file()


def processes(_: Build) -> dict[str, str]:
    """``npm start``: the script of that name, or else ``node server.js``."""
    return {"web": "npm start"}


async def supply(build: Build) -> None:
    """Install what the app lists, between its scripts ``heroku-prebuild`` and ``heroku-postbuild``.

    There is one version of node here, whatever ``engines`` asks for; the log tells both.
    """
    build.needs("node", "npm")
    package = _package(build)
    build.heading("Installing binaries")
    engines = _object(package, "engines")
    for tool in ("node", "npm"):
        build.line("OUT", f"engines.{tool} (package.json): {engines.get(tool, 'unspecified')}")
    await build.run(["sh", "-c", 'echo "Installing node $(node --version)"'])
    build.profile(_PROFILE)
    await _run_script(build, package, "heroku-prebuild")
    await _install(build, package)
    await _run_script(build, package, "heroku-postbuild")


async def _install(build: Build, package: dict[str, Any]) -> None:
    """Nothing where nothing is listed, so that nothing is downloaded."""
    if not (_object(package, "dependencies") or _object(package, "optionalDependencies")):
        return
    build.heading("Building dependencies")
    if (build.app / "node_modules").is_dir():
        build.line("OUT", "Prebuild detected (node_modules already exists)")
        await _npm(build, "rebuild")
    elif (build.app / "package-lock.json").is_file():
        build.line("OUT", "Installing node modules (package.json + package-lock.json)")
        await _npm(build, "ci")
    else:
        build.line("OUT", "Installing node modules (package.json)")
        await _npm(build, "install")


async def _run_script(build: Build, package: dict[str, Any], name: str) -> None:
    if name in _object(package, "scripts"):
        await _npm(build, "run", name)


async def _npm(build: Build, *words: str) -> None:
    quiet = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}
    await build.run(["npm", *words], NODE_ENV="production", npm_config_cache=cache("npm"), **quiet)


def _package(build: Build) -> dict[str, Any]:
    try:
        package = json.loads((build.app / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        build.line("ERR", f"package.json: {wrong}")
        raise CompileFailedError(1) from wrong
    if not isinstance(package, dict):
        build.line("ERR", "package.json: not an object")
        raise CompileFailedError(1)
    return package


def _object(package: dict[str, Any], key: str) -> dict[str, Any]:
    said = package.get(key)
    return said if isinstance(said, dict) else {}
