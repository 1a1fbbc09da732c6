"""A command with all that it starts: its lines are logged, and it ends as one."""

from __future__ import annotations

import asyncio
import contextlib
import marshal
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime import leash
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine, Output

__all__ = ["LogLine", "ProcessGroup"]

_LAST_WORDS = 1.0  # seconds for output that a process which was not found may hold open
_LEASH = (sys.executable, "-I", "-S", str(Path(leash.__file__).resolve()))


class ProcessGroup:
    """A running command on its leash, in a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process, outputs: Sequence[Output]) -> None:
        self._process = process
        self._logged = [output.logged for output in outputs]
        self._end = asyncio.create_task(self._ended())

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, env: Mapping[str, str], log: LogLine
    ) -> ProcessGroup:
        """``command`` begun in ``folder`` with ``env`` and no other environment.

        Raises OSError where the folder is missing; a missing program is told, and its status is 127.
        """
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
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(sign)
            await asyncio.wait({self._end}, timeout=grace)
        if not self._end.done():
            self._let_go()
            await asyncio.wait({self._end})

    @classmethod
    async def _started(
        cls, command: Sequence[str], folder: Path, env: Mapping[str, str], log: LogLine
    ) -> ProcessGroup:
        outputs = [await Output.open(stream, log) for stream in ("OUT", "ERR")]
        try:
            process = await asyncio.create_subprocess_exec(
                *_LEASH,
                *command,
                cwd=folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=outputs[0].end,
                stderr=outputs[1].end,
                start_new_session=True,
            )
        finally:
            for output in outputs:
                os.close(output.end)
        assert process.stdin is not None
        process.stdin.write(marshal.dumps(dict(env)))
        return cls(process, outputs)

    def _let_go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def _ended(self) -> int:
        status = await self._process.wait()
        await asyncio.wait(self._logged, timeout=_LAST_WORDS)
        for logged in self._logged:
            logged.cancel()
        return status if status >= 0 else 128 - status
