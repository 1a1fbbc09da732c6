"""A PostgreSQL server of our own, on 127.0.0.1, with its data in a folder of ours."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import time
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure
from reviewapps.sandbox.cloudfoundry.brokers.daemon import Daemon, at_a_port
from reviewapps.sandbox.cloudfoundry.brokers.postgres_programs import programs
from reviewapps.sandbox.cloudfoundry.brokers.unprivileged import hand_over, prefix
from reviewapps.sandbox.cloudfoundry.runtime import ports
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup

SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # its path could be too long, and everybody comes by TCP
    "fsync": "off",  # we survive that we are killed; that the machine loses power, we need not
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_wal_size": "64MB",
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
_PREDECESSOR = 5.0
"""Seconds to wait for the end of the server that a killed sandbox left behind."""


class PostgresServer:
    """One server, started when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._daemon: Daemon | None = None
        self._starting = asyncio.Lock()
        self.port = 0

    async def start(self, wanted_port: int = 0) -> None:
        """Let it run. Raises BrokerFailure."""
        async with self._starting:
            if self._daemon is None or not self._daemon.runs:
                await self._start(wanted_port)

    async def run(self, sql: str, database: str = SUPERUSER) -> str:
        """What the statements give, unaligned, without headers. Raises BrokerFailure at the first error."""
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        process = await asyncio.create_subprocess_exec(
            *(str(programs() / "psql"), "-X", "-q", "-w", "-A", "-t", "-v", "ON_ERROR_STOP=1", *address),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**_ENVIRONMENT, "PGPASSWORD": self._password.read_text()},
        )
        try:
            out, wrong = await process.communicate(sql.encode())
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise BrokerFailure(f"PostgreSQL: {wrong.decode().strip()}")
        return out.decode().strip()

    async def stop(self) -> None:
        """End it, whoever is connected, and wait for that."""
        if self._daemon is not None:
            await self._daemon.stop(signal.SIGINT)  # its word for "fast": SIGTERM would wait for clients
            ports.give_back(self.port)
            self._daemon = None

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _password(self) -> Path:
        return self._folder / "password"

    async def _start(self, wanted_port: int) -> None:
        if not self._data.exists():
            await self._initialize(programs())
        self._daemon, self.port = await at_a_port(self._started, wanted_port)

    async def _started(self, port: int) -> Daemon:
        ready, binaries = "database system is ready to accept connections", programs()
        settings = {**_SETTINGS, "port": str(port)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [*prefix(self._data, binaries), str(binaries / "postgres"), "-D", str(self._data), *words]
        deadline = time.monotonic() + _PREDECESSOR
        while True:
            try:
                return await Daemon.start(
                    "PostgreSQL", command, folder=self._folder, env=_ENVIRONMENT, ready=ready
                )
            except BrokerFailure as failure:
                in_use = "lock file" in str(failure) or "shared memory" in str(failure)
                if not in_use or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)

    async def _initialize(self, binaries: Path) -> None:
        """Make the data folder: in another one first, so that half of one is never taken for a whole."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_hex(16))
        for path in (self._folder, self._password):
            hand_over(path)
        command = [
            *(str(binaries / "initdb"), "-D", str(fresh), "-U", SUPERUSER),
            *(f"--pwfile={self._password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        ]
        said: list[str] = []
        group = await ProcessGroup.start(
            [*prefix(fresh, binaries), *command],
            folder=self._folder,
            env=_ENVIRONMENT,
            log=lambda _, line: said.append(line),
        )
        try:
            status = await group.exit_status()
        finally:
            await group.stop(grace=0)
        if status:
            raise BrokerFailure(f"PostgreSQL could not be set up: {' / '.join(said[-3:])}")
        fresh.rename(self._data)
