"""A command with all that it starts: its lines are logged, and it ends as one."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.leash import Leash, kill
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine, Output

__all__ = ["LogLine", "ProcessGroup"]

_LAST_WORDS = 1.0  # seconds for output that a process which left its group may hold open

_leash = Leash()


class ProcessGroup:
    """A running command, leader of a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process, outputs: Sequence[Output]) -> None:
        self._process = process
        self._patience_until = 0.0
        self._logged = [output.logged for output in outputs]
        self._end = asyncio.create_task(self._ended())

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, env: Mapping[str, str], log: LogLine
    ) -> ProcessGroup:
        """``command`` begun in ``folder`` with ``env`` and no other environment. Raises OSError."""
        starting = asyncio.create_task(cls._started(command, folder, env, log))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting})  # half a start would leave a process that nobody knows
            if starting.exception() is None:
                await starting.result().stop(grace=0)
            raise

    async def exit_status(self) -> int:
        """The command's exit status as a shell counts it (128 + signal), once its last line is logged."""
        return await asyncio.shield(self._end)

    async def stop(self, grace: float, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask the group to end, and after ``grace`` seconds make it. All of it is gone when this returns."""
        if not self._end.done() and grace > 0:
            self._patience_until = time.monotonic() + grace
            kill(self._process.pid, sign)
            await asyncio.wait({self._end}, timeout=grace)
        if not self._end.done():
            kill(self._process.pid)
            await asyncio.wait({self._end})

    @classmethod
    async def _started(
        cls, command: Sequence[str], folder: Path, env: Mapping[str, str], log: LogLine
    ) -> ProcessGroup:
        outputs = [await Output.open(stream, log) for stream in ("OUT", "ERR")]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=dict(env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=outputs[0].end,
                stderr=outputs[1].end,
                start_new_session=True,
            )
        finally:
            for output in outputs:
                os.close(output.end)
        _leash.tie(process.pid)
        return cls(process, outputs)

    async def _ended(self) -> int:
        status = await self._process.wait()
        # A shell dies of SIGTERM at once; what it started may use the rest of the grace to finish its work.
        await asyncio.wait(self._logged, timeout=max(0.0, self._patience_until - time.monotonic()))
        kill(self._process.pid)
        await asyncio.wait(self._logged, timeout=_LAST_WORDS)
        for logged in self._logged:
            logged.cancel()
        _leash.loosen(self._process.pid)
        return status if status >= 0 else 128 - status
