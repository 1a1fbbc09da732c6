"""Our commands and workers as forks of a process that has imported them: real processes, which may be killed.

Each begins a second sooner than in a new Python. That a new one does as well, the stories of ``run``, ``demo`` and
``sandbox`` tell, which start what they start as people do.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import kombu.transport.redis  # noqa: F401 - these three are what Celery imports when it begins to work

import reviewapps.notify.slack  # which is loaded by who speaks to Slack, once in each process
import reviewapps.wiring  # noqa: F401
from reviewapps.cli import app
from reviewapps.playground import Playground
from tests.contract import witness
from tests.coordination.waiting import until
from workers.app import main as work

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

STREAMS = {1: "stdout", 2: "stderr"}
LONG = 240.0
"""Seconds in which every command ends by itself, also where much else runs."""


def ended(command: list[str], env: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command once it has ended by itself; ``folder`` is an empty one for what it prints."""
    process = CONTEXT.Process(target=_become_command, args=(command, dict(env), folder))
    process.start()
    process.join(LONG)
    status = process.exitcode
    process.kill()
    said = [(folder / name).read_text() for name in STREAMS.values()]
    assert status is not None, f"{command} did not end: {said}"
    return subprocess.CompletedProcess(command, status, *said)


def _become_command(command: list[str], env: dict[str, str], folder: Path) -> None:
    _settle_down(env, {number: folder / name for number, name in STREAMS.items()})
    if command[1:2] == ["-m"]:
        sys.argv = command[2:]
        witness.main()
    else:
        sys.argv = command
        app(prog_name="reviewapps")


class ForkedWorkers(Playground):
    """A playground whose workers are forks."""

    def start_worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """One more worker, with these settings on top; it may not be ready yet."""
        words = ["--die-with-parent", "--log-file", str(self.logs / f"worker-{len(self.workers) + 1}.log")]
        worker = Forked(words, self.environment(**settings), self.logs / "worker.stderr")
        self.workers.append(cast("subprocess.Popen[bytes]", worker))
        return self.workers[-1]


class Forked:
    """A worker, with what a playground and its tests ask of a process."""

    def __init__(self, words: list[str], env: dict[str, str], stderr: Path) -> None:
        self._process = CONTEXT.Process(target=_become_worker, args=(words, env, stderr))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        until(lambda: os.getsid(self.pid) == self.pid, "its own session", seconds=20)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("a worker", timeout or 0.0)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _become_worker(words: list[str], env: dict[str, str], stderr: Path) -> None:
    os.setsid()
    _settle_down(env, {1: Path(os.devnull), 2: stderr})
    sys.argv = ["workers", *words]
    sys.exit(work())


def _settle_down(env: dict[str, str], streams: Mapping[int, Path]) -> None:
    for number, path in streams.items():
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(env)
