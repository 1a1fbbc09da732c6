"""Processes that live and end together: what ``reviewapps run`` starts."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from reviewapps.cli.forking import HANDED_DOWN, Fork

HEAD_START: Final = 0.5
"""Seconds by which each process ends before the next is told to. Who answers the web has mostly ended by then; if
not, it goes on answering while the worker puts back what it has."""

LONGEST: Final = 9.0
"""Seconds, from the first signal, until what still runs is killed: Cloud Foundry and docker kill all at 10."""

ENDED_WELL: Final = (0, -signal.SIGTERM)

log = structlog.get_logger(__name__)


class Together:
    """Named processes, started in the order in which they are told to end. Use it in the main thread.

    No thread watches them, since a process with threads cannot fork: the kernel tells when one ends."""

    def __init__(self) -> None:
        self._started: dict[str, Fork] = {}
        self._watched: dict[str, Callable[[], int | None]] = {}
        self._news: SimpleQueue[signal.Signals] = SimpleQueue()

    def start(
        self, name: str, module: str, environ: Mapping[str, str], *, until_told: str | None = None
    ) -> Fork:
        """One more process, which does what ``python -m module`` does; with ``until_told`` it only imports that
        module, until it is told to go. From now on SIGINT and SIGTERM end what was started, and not us before it.
        Where the kernel can do so, it ends when we are killed. Start all before anything else is done."""
        for number in HANDED_DOWN:
            signal.signal(number, lambda number, _: self._news.put(signal.Signals(number)))
        process = Fork(module, environ, until_told)
        self._started[name] = process
        self._watched[name] = process.poll
        return process

    def watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """The end of this one ends all others, too; who started it ends it after them."""
        self._watched[name] = process.poll

    def until_ended(self, seconds: float | None = None) -> int:
        """Wait for a signal, for so long, or until one ends by itself, and end all; the exit status. It is 0 where
        no process ended by itself, and all ended well."""
        first = self._first(seconds)
        if first is not None:
            log.error(f"the {first[0]} ended by itself, so all ends", status=first[1])
        well = self._end()
        if first is None:
            return 0 if well else 1
        return _shell_status(first[1]) or 1

    @contextmanager
    def ended_by_errors(self) -> Iterator[None]:
        """Whatever is raised meanwhile ends all that was started."""
        try:
            yield
        except BaseException:
            self._end()
            raise

    def _first(self, seconds: float | None) -> tuple[str, int] | None:
        """Who ended by itself, and its status; None where we are told to end, or the time is over."""
        end = time.monotonic() + seconds if seconds is not None else None
        news = signal.SIGCHLD  # whoever ended before we were asked is found, too
        while news is signal.SIGCHLD:
            for name, poll in self._watched.items():
                if (status := poll()) is not None:
                    return name, status
            try:
                news = self._news.get(timeout=max(0.0, end - time.monotonic()) if end is not None else None)
            except Empty:
                return None
        return None

    def _end(self) -> bool:
        """End one after the other; whether each of them did so when it was told to."""
        deadline = time.monotonic() + LONGEST
        for process in self._started.values():
            process.terminate()
            process.wait(HEAD_START)
        for process in self._started.values():
            if process.wait(deadline - time.monotonic()) is None:
                process.kill()
                process.wait(LONGEST)
        ill = {name: one.poll() for name, one in self._started.items() if one.poll() not in ENDED_WELL}
        if ill:
            log.warning("not all ended when they were told to", status=ill)
        return not ill


def _shell_status(status: int) -> int:
    """As a shell tells of the end by a signal.

    >>> _shell_status(3), _shell_status(-9)
    (3, 137)
    """
    return status if status >= 0 else 128 - status
