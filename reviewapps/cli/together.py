"""Processes that live and end together: what ``reviewapps run`` starts."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import structlog

from reviewapps.coordination.parent_death import bound_to

HEAD_START: Final = 0.5
"""Seconds by which each process ends before the next is told to. Who answers the web has mostly ended by then; if
not, it goes on answering while the worker puts back what it has."""

LONGEST: Final = 9.0
"""Seconds, from the first signal, until what still runs is killed: Cloud Foundry and docker kill all at 10."""


Process = subprocess.Popen[bytes]

log = structlog.get_logger(__name__)


class Together:
    """Named processes, started in the order in which they are told to end. Use it in the main thread."""

    def __init__(self) -> None:
        self._started: list[Process] = []
        self._news: SimpleQueue[tuple[str, Process] | None] = SimpleQueue()

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """One more process. From now on SIGINT and SIGTERM end what was started, and not us before it. Where the
        kernel can do so, it ends when we are killed."""
        for asked in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asked, lambda *_: self._news.put(None))
        process = subprocess.Popen(
            command,
            env=environ,
            start_new_session=True,  # Ctrl-C is ours: one after the other
            preexec_fn=bound_to(os.getpid(), signal.SIGTERM),
        )
        self._started.append(process)
        self.watch(name, process)

    def watch(self, name: str, process: Process) -> None:
        """The end of this one ends all others, too; who started it ends it after them."""

        def tell() -> None:
            process.wait()
            self._news.put((name, process))

        Thread(target=tell, name=f"until {name} ends", daemon=True).start()

    def until_ended(self, seconds: float | None = None) -> int:
        """Wait for a signal, for so long, or until one ends by itself, and end all; the exit status. It is 0 where
        no process ended by itself, and all ended well."""
        first = self._next(seconds)
        if first is not None:
            log.error(f"the {first[0]} ended by itself, so all ends", status=first[1].returncode)
        well = self._end()
        if first is None:
            return 0 if well else 1
        return _shell_status(first[1].returncode) or 1

    @contextmanager
    def ended_by_errors(self) -> Iterator[None]:
        """Whatever is raised meanwhile ends all that was started."""
        try:
            yield
        except BaseException:
            self._end()
            raise

    def _next(self, seconds: float | None) -> tuple[str, Process] | None:
        try:
            return self._news.get(timeout=seconds)
        except Empty:
            return None

    def _end(self) -> bool:
        """End one after the other; whether each of them did so when it was told to."""
        deadline = time.monotonic() + LONGEST
        for process in self._started:
            process.terminate()
            _ended(process, HEAD_START)
        for process in self._started:
            if not _ended(process, deadline - time.monotonic()):
                process.kill()
                process.wait()
        return all(process.returncode in (0, -signal.SIGTERM) for process in self._started)


def _ended(process: Process, seconds: float) -> bool:
    try:
        process.wait(timeout=max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return False
    return True


def _shell_status(status: int) -> int:
    """As a shell tells of the end by a signal.

    >>> _shell_status(3), _shell_status(-9)
    (3, 137)
    """
    return status if status >= 0 else 128 - status
