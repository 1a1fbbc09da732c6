"""What ``python_buildpack`` does: packages beside the app, and the app's own hooks."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

from reviewapps.sandbox.cloudfoundry.runtime.at_hand import NotAtHand, at_hand, linked
from reviewapps.sandbox.cloudfoundry.runtime.build import Build, CompileFailedError, cache, procfile

_MANIFESTS = ("requirements.txt", "setup.py", "pyproject.toml", "Pipfile")

_PROFILE = """\
export PATH="$DEPS_DIR/{index}/python/bin:$PATH"
export PYTHONPATH="$DEPS_DIR/{index}/python${{PYTHONPATH:+:$PYTHONPATH}}"
export PYTHONUNBUFFERED=1
"""


def detects(app: Path) -> bool:
    """Whether ``app`` is written in Python."""
    listed = any((app / name).is_file() for name in _MANIFESTS)
    return listed or bool(procfile(app) and any(app.glob("*.py")))


async def supply(build: Build) -> None:
    """Install what the app asks for, between its ``bin/pre_compile`` and ``bin/post_compile``.

    There is one version of Python here, whatever ``runtime.txt`` asks for; the log tells both.
    """
    build.heading("Supplying Python")
    runtime = build.app / "runtime.txt"
    if runtime.is_file():
        build.line("OUT", f"runtime.txt: {runtime.read_text(encoding='utf-8', errors='replace').strip()}")
    build.heading(f"Installing python {'.'.join(map(str, sys.version_info[:3]))}")
    build.profile(_PROFILE.format(index=build.index))
    await _run_hook(build, "pre_compile")
    await _install(build)
    await _run_hook(build, "post_compile")


async def _install(build: Build) -> None:
    wanted = _wanted(build)
    if not wanted:
        return
    build.heading("Running Pip Install")
    packages = build.deps / "python"
    if build.links_packages and wanted[0] == "-r" and _linked(build, packages):
        return
    install = [*_pip(), "install", "--no-input", "--progress-bar", "off", "--target", str(packages)]
    await build.run([*install, *wanted], PIP_CACHE_DIR=cache("pip"))
    for script in (packages / "bin").glob("*"):
        _find_interpreter_on_path(script)


def _linked(build: Build, packages: Path) -> bool:
    """Whether all that requirements.txt asks for is there now, without anything having been fetched."""
    try:
        found = at_hand(build.app / "requirements.txt")
    except (NotAtHand, OSError) as missing:
        build.line("OUT", f"Not installed on this machine: {missing}")
        return False
    linked(found, packages)
    build.line("OUT", f"{len(found)} packages of this machine are linked")
    for script in (packages / "bin").glob("*"):
        _find_interpreter_on_path(script)
    return True


def _wanted(build: Build) -> list[str]:
    """What pip is to install: nothing where nothing is listed, so that nothing is downloaded."""
    requirements = build.app / "requirements.txt"
    if requirements.is_file():
        return ["-r", "requirements.txt"] if _lists_packages(requirements) else []
    if (build.app / "Pipfile").is_file():
        return _pipfile_packages(_toml(build, "Pipfile"))
    if (build.app / "setup.py").is_file():
        return ["."]
    if (build.app / "pyproject.toml").is_file():
        return ["."] if {"project", "build-system"} & _toml(build, "pyproject.toml").keys() else []
    return []


def _lists_packages(requirements: Path) -> bool:
    lines = (line.strip() for line in requirements.read_text(encoding="utf-8", errors="replace").splitlines())
    return any(line and (line[0] not in "#-" or line.startswith(("-r", "-e"))) for line in lines)


def _toml(build: Build, name: str) -> dict[str, object]:
    try:
        return tomllib.loads((build.app / name).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        build.line("ERR", f"{name}: {wrong}")
        raise CompileFailedError(1) from wrong


def _pipfile_packages(pipfile: dict[str, object]) -> list[str]:
    packages = pipfile.get("packages")
    return (
        [_requirement(name, asked) for name, asked in packages.items()] if isinstance(packages, dict) else []
    )


def _requirement(name: str, asked: object) -> str:
    details: dict[str, Any] = asked if isinstance(asked, dict) else {"version": asked}
    extras = f"[{','.join(details['extras'])}]" if "extras" in details else ""
    version = details.get("version", "*")
    return f"{name}{extras}{'' if version == '*' else version}"


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    return [shutil.which("pip3") or "pip", "--python", sys.executable]


def _find_interpreter_on_path(script: Path) -> None:
    """Let ``script`` run wherever the droplet is unpacked: pip writes the path of its own interpreter."""
    first, _, rest = script.read_bytes().partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        script.write_bytes(b"#!/usr/bin/env python\n" + rest)


async def _run_hook(build: Build, name: str) -> None:
    if (build.app / "bin" / name).is_file():
        build.heading(f"Running bin/{name}")
        installed = build.deps / "python"
        path = os.pathsep.join(filter(None, [str(installed), build.env.get("PYTHONPATH")]))
        await build.run(["sh", f"bin/{name}"], PYTHONPATH=path, PYTHONUNBUFFERED="1")
