"""Nothing that we start outlives us, however we end.

A small process of its own holds the other end of a pipe and is told of every process group that we start
and of every one that ended. When the pipe closes, because this process ended or was killed, it kills the
groups that are left. (Linux's parent-death signal reaches only the direct child, not what a shell started,
and macOS has none.)

Run as a script by a bare interpreter, hence nothing but the standard library here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path


class Leash:
    """The process groups that have to end with this process."""

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def tie(self, group: int) -> None:
        """Let ``group`` be killed when this process ends."""
        self._tell(f"+ {group}\n")

    def loosen(self, group: int) -> None:
        """Let go of ``group``: it has ended."""
        self._tell(f"- {group}\n")

    def _tell(self, line: str) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError):
            if self._watcher is None:
                self._watcher = _start_watcher()
            assert self._watcher.stdin is not None
            self._watcher.stdin.write(line.encode())


def kill(group: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """Send ``sign`` to all of the group that is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


def _start_watcher() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, bufsize=0, start_new_session=True
    )


def _left(lines: Iterable[str]) -> set[int]:
    groups: set[int] = set()
    for line in lines:
        change, group = line.split()
        (groups.add if change == "+" else groups.discard)(int(group))
    return groups


if __name__ == "__main__":
    for left in _left(sys.stdin):
        kill(left)
