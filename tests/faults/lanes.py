"""Days are lived through side by side, each lane in a process of its own that may fall without harm to others."""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Final

from tests.faults.campaign import Day, Trial, begin, healthy_day, tried

LONGEST: Final = 600.0
"""Seconds for one day, on a machine that is busy with much else; then its process is ended."""

TRIES: Final = 2
"""So many processes try to live through a day before it is said to be odd that they fall."""

WORTH_IT: Final = 10
"""With fewer days left nobody learns another story."""

Lived = tuple[Trial, Day, float]
"""A day, what came of it, and its seconds."""


class Lane:
    """A process that lives through one day after the other; a new one where it falls or takes too long."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pool = self._new()

    def healthy(self, story: str) -> dict[str, Day]:
        """The scenes of a story, without any fault."""
        return self._pool.submit(healthy_day, self._folder, story).result(LONGEST)

    def live(self, trial: Trial) -> Day:
        """What came of the day."""
        for left in reversed(range(TRIES)):
            try:
                return self._pool.submit(tried, self._folder, trial).result(LONGEST)
            except Exception as fell:
                self.end()
                self._pool = self._new()
                if not left:
                    return Day(
                        (f"who lives through it falls: {type(fell).__name__}: {fell}",), 0, (), struck=False
                    )
        raise AssertionError("unreachable")

    def end(self) -> None:
        """Let nothing of it be left."""
        people = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for one in people:
            one.kill()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), begin, (self._folder,))


class Lanes:
    """So many lanes for each story; whose story has no days left helps with another."""

    def __init__(self, folder: str, stories: Iterable[str], workers: int) -> None:
        self._lanes = [(story, Lane(folder)) for story in stories for _ in range(workers)]

    def healthy(self) -> dict[str, dict[str, Day]]:
        """The scenes of each story in which nothing goes wrong, from the first lane of each."""
        first = dict(reversed(self._lanes))
        found: dict[str, dict[str, Day]] = {}
        threads = [
            threading.Thread(target=lambda s=s, e=e: found.update({s: e.healthy(s)}))
            for s, e in first.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {story: found[story] for story in reversed(first) if story in found}

    def lived(self, trials: Iterable[Trial], until: float | None = None) -> Iterator[Lived]:
        """What came of each day, as they end; none is begun after ``until``, a moment of ``time.monotonic``."""
        days = _Days(trials, until)
        told: queue.SimpleQueue[Lived | None] = queue.SimpleQueue()
        for story, lane in self._lanes:
            threading.Thread(target=_live, args=(lane, story, days, told), daemon=True).start()
        ended = 0
        while ended < len(self._lanes):
            if (one := told.get()) is None:
                ended += 1
            else:
                yield one

    def end(self) -> None:
        """Let no process be left."""
        for _, lane in self._lanes:
            lane.end()


class _Days:
    """Those that nobody lives through yet, by story."""

    def __init__(self, trials: Iterable[Trial], until: float | None) -> None:
        self._until, self._lock = until, threading.Lock()
        self._left: dict[str, deque[Trial]] = {}
        for trial in trials:
            self._left.setdefault(trial.story, deque()).append(trial)

    def next(self, story: str) -> Trial | None:
        """One of this story; where it has none left, of the one that has most, if that is worth it."""
        with self._lock:
            if self._until is not None and time.monotonic() > self._until:
                return None
            mine = self._left.get(story)
            if mine:
                return mine.popleft()
            most = max(self._left.values(), key=len, default=deque[Trial]())
            return most.popleft() if len(most) > WORTH_IT else None


def _live(lane: Lane, story: str, days: _Days, told: queue.SimpleQueue[Lived | None]) -> None:
    try:
        while (trial := days.next(story)) is not None:
            story, began = trial.story, time.monotonic()
            went = lane.live(trial)
            told.put((trial, replace(went, requests=()), time.monotonic() - began))
    finally:
        told.put(None)
