"""A command with all that it starts: its lines are logged, and it ends as one."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.leash import Leash, kill

LogLine = Callable[[str, str], None]
"""Takes one line without its newline: (stream "OUT" or "ERR", line)."""

LONGEST_LINE = 60_000
"""Longer lines are cut into pieces, as an envelope of log-cache holds no more."""

_LAST_WORDS = 1.0  # seconds for output that a process which left its group may hold open

_leash = Leash()


class ProcessGroup:
    """A running command, leader of a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process, log: LogLine) -> None:
        self._process = process
        self._patience_until = 0.0
        self._output = asyncio.create_task(_forward_all(process, log))
        self._end = asyncio.create_task(self._ended())

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, env: Mapping[str, str], log: LogLine
    ) -> ProcessGroup:
        """``command`` begun in ``folder`` with ``env`` and no other environment. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        _leash.tie(process.pid)
        return cls(process, log)

    async def exit_status(self) -> int:
        """The command's exit status as a shell counts it (128 + signal), once its last line is logged."""
        return await asyncio.shield(self._end)

    async def stop(self, grace: float) -> None:
        """Ask the group to end, and after ``grace`` seconds make it. All of it is gone when this returns."""
        if not self._end.done() and grace > 0:
            self._patience_until = time.monotonic() + grace
            kill(self._process.pid, signal.SIGTERM)
            await asyncio.wait({self._end}, timeout=grace)
        if not self._end.done():
            kill(self._process.pid)
            await asyncio.wait({self._end}, timeout=2 * _LAST_WORDS)

    async def _ended(self) -> int:
        status = await self._process.wait()
        # A shell dies of SIGTERM at once; what it started may use the rest of the grace to finish its work.
        await asyncio.wait({self._output}, timeout=max(0.0, self._patience_until - time.monotonic()))
        kill(self._process.pid)
        await asyncio.wait({self._output}, timeout=_LAST_WORDS)
        self._output.cancel()
        _leash.loosen(self._process.pid)
        return status if status >= 0 else 128 - status


async def _forward_all(process: asyncio.subprocess.Process, log: LogLine) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    await asyncio.gather(_forward(process.stdout, "OUT", log), _forward(process.stderr, "ERR", log))


async def _forward(output: asyncio.StreamReader, stream: str, log: LogLine) -> None:
    rest = b""
    while chunk := await output.read(LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            log(stream, _text(line))
    if rest:
        log(stream, _text(rest))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
