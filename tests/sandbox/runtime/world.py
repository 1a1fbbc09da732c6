"""Small apps, and what is needed to run them in a test."""

from __future__ import annotations

import asyncio
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from reviewapps.sandbox.cloudfoundry.runtime import HealthCheck, Instance, InstanceSpec
from reviewapps.sandbox.cloudfoundry.runtime.packages import pack

HELLO = """
import http.server, os

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["CF_INSTANCE_INDEX"].encode())

    do_POST = do_GET

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

Server(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
"""


async def until(holds: Callable[[], object], what: str, *, seconds: float = 30.0) -> None:
    """Return as soon as it holds; fail, naming what did not come, when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        await asyncio.sleep(0.01)


async def gone(pid: str | int) -> None:
    """Return when this process runs no more."""
    await until(lambda: not _runs(int(pid)), f"the end of process {pid}")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def package(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A zip of these files."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def droplet(folder: Path, files: Mapping[str, str]) -> Path:
    """A droplet of these files, not staged."""
    app = folder / "unpacked" / "app"
    app.mkdir(parents=True)
    for name, content in files.items():
        (app / name).write_text(content)
    pack(folder / "unpacked", folder / "droplet.tgz")
    return folder / "droplet.tgz"


class Said:
    """The lines that something logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, stream: str, line: str) -> None:
        self.lines.append((stream, line))

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)


class Seen:
    """The changes of instances."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.crashes: list[str] = []
        self.crashed_at: list[float] = []

    def __call__(self, instance: Instance, exit_description: str | None) -> None:
        self.states.append(instance.state)
        if exit_description is not None:
            self.crashes.append(exit_description)
            self.crashed_at.append(time.monotonic())


class Container:
    """One instance under test, with what it said and how it changed."""

    def __init__(
        self,
        folder: Path,
        command: str,
        files: Mapping[str, str] = {},
        *,
        index: int = 0,
        env: Mapping[str, str] = {},
        health: HealthCheck | None = None,
        packed: Path | None = None,
        **more: Any,
    ) -> None:
        """``more`` goes to the instance's `InstanceSpec`."""
        self.said = Said()
        self.seen = Seen()
        self.folder = folder / f"container-{index}"
        health = health or HealthCheck(type="process")
        source = packed or droplet(folder, files)
        spec = InstanceSpec(index, command, source, env, 64, health, **more)
        self.instance = Instance(spec, folder=self.folder, log=self.said, changed=self.seen)

    async def __aenter__(self) -> Container:
        self.instance.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.instance.stop(grace=0.2)

    async def running(self) -> None:
        """Return when it is RUNNING."""
        await until(lambda: self.instance.state == "RUNNING", "RUNNING")

    async def says(self, words: str) -> None:
        """Return when it has said this."""
        await until(lambda: words in self.said.text, f"{words!r} in the log")
