"""A server program that we keep running: it ends with us, however we end."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure
from reviewapps.sandbox.cloudfoundry.runtime import ports
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup

_PATIENCE = 20.0
"""Seconds for a start, which may have to mend what a kill left behind."""
_MOST_PORTS = 3


class Daemon:
    """A running server."""

    def __init__(self, name: str, ready: str) -> None:
        """``ready`` are the words by which it says, in its log, that it takes connections."""
        self._name = name
        self._ready_words = ready
        self._ready = asyncio.Event()
        self._last_words: deque[str] = deque(maxlen=5)
        self._group: ProcessGroup | None = None
        self._ended: asyncio.Task[int] | None = None

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], *, folder: Path, env: Mapping[str, str], ready: str
    ) -> Daemon:
        """The server, when it takes connections. Raises BrokerFailure with what it said instead."""
        daemon = cls(name, ready)
        try:
            daemon._group = await ProcessGroup.start(command, folder=folder, env=env, log=daemon._hear)
        except OSError as error:
            raise BrokerFailure(f"{name} did not start: {command[0]}: {error.strerror}") from error
        daemon._ended = asyncio.create_task(daemon._group.exit_status())
        await daemon._wait()
        return daemon

    @property
    def runs(self) -> bool:
        return self._ended is not None and not self._ended.done()

    async def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait for that."""
        if self._group is not None:
            await self._group.stop(grace=5, sign=sign)

    async def _wait(self) -> None:
        assert self._ended is not None
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({ready, self._ended}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done() or not self.runs:
                said = " / ".join(self._last_words) or "it said nothing"
                raise BrokerFailure(f"{self._name} did not start: {said}")
        except BaseException:
            await self.stop()
            raise
        finally:
            ready.cancel()

    def _hear(self, _: str, line: str) -> None:
        if line.strip():
            self._last_words.append(line.strip())
        if self._ready_words in line:
            self._ready.set()


async def at_a_port(
    start: Callable[[int], Awaitable[Daemon]], wanted: int = 0, take: Callable[[int], int] = ports.take
) -> tuple[Daemon, int]:
    """The server that ``start`` starts, and its port: the one that is ``wanted``, if it can be had.

    Between our look whether a port is free and the server's own somebody else may take it; then another is tried.
    """
    for left in reversed(range(_MOST_PORTS)):
        port = take(wanted)
        try:
            return await start(port), port
        except BaseException as failure:
            ports.give_back(port)
            taken = isinstance(failure, BrokerFailure) and "Address already in use" in str(failure)
            if not (taken and left):
                raise
    raise AssertionError("unreachable")
