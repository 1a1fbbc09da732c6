"""One container, which runs, crashes and comes back by itself, as in Diego."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime import ports
from reviewapps.sandbox.cloudfoundry.runtime.container import launch, unpack
from reviewapps.sandbox.cloudfoundry.runtime.health import (
    HealthCheck,
    became_unhealthy,
    never_healthy,
    watch,
)
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup
from reviewapps.sandbox.cloudfoundry.runtime.threads import in_thread

_FORGIVEN_AFTER = 300.0  # seconds of running after which earlier crashes no longer count
ALWAYS_READY = HealthCheck(type="process")
_LONGEST_DRAIN = 5.0  # seconds that an instance may take to finish requests before it is told to end


@dataclass(frozen=True)
class InstanceSpec:
    """What is to run. ``env`` is the app's own environment; the container's is added to it.

    ``crash_pause`` is the first pause before a restart, in seconds.
    """

    index: int
    command: str
    droplet: Path
    env: Mapping[str, str]
    memory_mb: int
    health: HealthCheck
    process_type: str = "web"
    readiness: HealthCheck = ALWAYS_READY
    crash_pause: float = 30.0


class Instance:
    """One container of one process of an app.

    ``state`` is STARTING, RUNNING, CRASHED, STOPPING or DOWN, and ``since`` the ``time.time()`` of its last
    change. ``changed(instance, exit_description)`` is called after each change; the description is only
    there when the change is a crash. ``port`` is 0 while no process runs. ``routable`` is whether a running
    instance is also ready, so that the router sends requests to it; its changes are told, too.
    """

    def __init__(
        self,
        spec: InstanceSpec,
        *,
        folder: Path,
        log: LogLine,
        changed: Callable[[Instance, str | None], None],
    ) -> None:
        self.spec = spec
        self.guid = str(uuid.uuid4())
        self.state = "DOWN"
        self.port = 0
        self.routable = False
        self.since = time.time()
        self.exit_description: str | None = None
        self._folder = folder
        self._log = log
        self._changed = changed
        self._grace = 0.0
        self._life: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self) -> None:
        """Begin to run, in the running event loop; comes back at once."""
        self.state = "STARTING"
        self._life = asyncio.create_task(self._live())

    async def stop(self, *, grace: float = 10) -> None:
        """Leave the router, finish requests in flight, get SIGTERM, and after ``grace`` seconds SIGKILL."""
        if self._end is None:
            self._change("STOPPING")
            self._end = asyncio.create_task(self._stop(grace))
        await asyncio.shield(self._end)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Count one request: while any is under way, a stopping instance is not yet told to end."""
        self._requests += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def _stop(self, grace: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_DRAIN):
                await self._idle.wait()
        self._grace = grace
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})
        self._change("DOWN")

    async def _live(self) -> None:
        crashes = 0
        while True:
            self._change("STARTING")
            began = time.monotonic()
            description = await self._crash()
            if self.state == "STOPPING":
                return
            crashes = 1 if time.monotonic() - began > _FORGIVEN_AFTER else crashes + 1
            self._change("CRASHED", description)
            await asyncio.sleep(pause_before_restart(crashes, self.spec.crash_pause))

    async def _crash(self) -> str:
        """Run once, and say how it ended."""
        self.port = ports.take()
        try:
            await in_thread(unpack, self.spec.droplet, self._folder)
            group = await launch(self.spec.command, self._folder, self._environment(), self._log)
            try:
                return await self._exit_of(group)
            finally:
                await group.stop(self._grace)
        except (OSError, tarfile.TarError) as wrong:
            return f"failed to create container: {wrong}"
        finally:
            ports.give_back(self.port)
            self.port = 0
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _exit_of(self, group: ProcessGroup) -> str:
        ended = asyncio.create_task(group.exit_status())
        unhealthy = asyncio.create_task(self._unhealthy())
        try:
            await asyncio.wait({ended, unhealthy}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            unhealthy.cancel()
            ended.cancel()
        if not ended.done():
            return unhealthy.result()
        self._log("OUT", f"Exit status {ended.result()}")
        return f"APP/PROC/{self.spec.process_type.upper()}: Exited with status {ended.result()}"

    async def _unhealthy(self) -> str:
        if failure := await never_healthy(self.spec.health, self.port):
            return failure
        if self.state == "STARTING":
            self._change("RUNNING")
        watching = asyncio.create_task(watch(self.spec.readiness, self.port, self._be_routable))
        try:
            return await became_unhealthy(self.spec.health, self.port)
        finally:
            watching.cancel()

    def _be_routable(self, ready: bool) -> None:
        if self.state == "RUNNING" and self.routable != ready:
            self.routable = ready
            self._changed(self, None)

    def _change(self, state: str, exit_description: str | None = None) -> None:
        self.state = state
        self.routable = state == "RUNNING" and self.spec.readiness.type == "process"
        self.since = time.time()
        self.exit_description = exit_description or self.exit_description
        self._changed(self, exit_description)

    def _environment(self) -> dict[str, str]:
        index, port, host = str(self.spec.index), str(self.port), "127.0.0.1"
        return {
            **self.spec.env,
            "CF_INSTANCE_ADDR": f"{host}:{port}",
            "CF_INSTANCE_GUID": self.guid,
            "CF_INSTANCE_INDEX": index,
            "CF_INSTANCE_INTERNAL_IP": host,
            "CF_INSTANCE_IP": host,
            "CF_INSTANCE_PORT": port,
            "CF_INSTANCE_PORTS": f'[{{"external":{port},"internal":{port}}}]',
            "INSTANCE_GUID": self.guid,
            "INSTANCE_INDEX": index,
            "MEMORY_LIMIT": f"{self.spec.memory_mb}m",
            "PORT": port,
            "VCAP_APP_HOST": host,
            "VCAP_APP_PORT": port,
        }


def pause_before_restart(crashes: int, first: float = 30.0) -> float:
    """Seconds until the next start: none after the first three crashes, then ``first``, doubling to 32 times
    that (of half a minute: 16 minutes)."""
    return 0.0 if crashes <= 3 else first * 2.0 ** min(crashes - 4, 5)
