"""Orchestrators without Celery, each a process of its own that may be killed or stopped at any moment."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from reviewapps import logs, wiring
from reviewapps.demo.onlooker import TooLate
from reviewapps.installation import Installation
from reviewapps.settings import Settings, settings
from tests.faults.shop import Shop
from tests.forks import CONTEXT

T = TypeVar("T")

CONTEXT.set_forkserver_preload(["tests.forks", __name__])

PAUSE: Final = 0.06
"""Between two beats, seconds: most of a day is waiting, and waiting should cost nothing."""

BEATS: Final = (0.04, 0.4)
"""Between two looks of who waits, seconds: the longer they have waited, the less often they look."""

SOON: Final = 0.3
"""What was put off is looked at again after so many seconds, however long it wanted to wait."""

ASKED: Final = "asked"
"""The file of a shop's home that is there while somebody asks for a look at GitHub, as a webhook does."""

MOST: Final = 5
"""So many work in the course of a day; more have fallen by themselves."""

PATIENCE: Final = 4
"""So many times as long as people do who wait: what is late is not wrong, and the machine may be busy."""

CRASHES: Final = "crashes"
"""The file of a shop's home in which stands what nobody foresaw."""


class Crew:
    """Works for a shop, and waits for it: whoever falls is replaced at once. ``empties`` is whether Redis is
    emptied then."""

    def __init__(self, shop: Shop, environment: Mapping[str, str], *, empties: bool = False) -> None:
        self._shop, self._environment, self._empties = shop, dict(environment), empties
        self._people: list[BaseProcess] = []
        self._stopped: list[BaseProcess] = []
        self._asked = shop.playground.home / ASKED
        shop.until, shop.ask_for_look = self.until, self._asked.touch

    def __enter__(self) -> Self:
        self._hire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for person in self._people:
            person.kill()
        for person in self._people:
            person.join()

    def until(self, what: str, seen: Callable[[], T | None], seconds: float = 30.0) -> T:
        """What is seen at last; TooLate, naming what was missed, if that takes too long."""

        began, waited = time.monotonic(), 0.0
        while not (found := seen()):
            if not waited:
                self._asked.touch()
            if (waited := time.monotonic() - began) > PATIENCE * seconds:
                raise TooLate(f"{what}: not within {PATIENCE * seconds:g} s")
            self._replace()
            time.sleep(min(max(BEATS[0], waited / 6), BEATS[1]))
        return found

    # --- what may befall them; called by the server that they asked ---

    def kill(self) -> None:
        """SIGKILL to who works."""
        self._people[-1].kill()

    def stop(self) -> None:
        """SIGSTOP to who works."""
        person = self._people[-1]
        assert person.pid is not None
        os.kill(person.pid, signal.SIGSTOP)
        self._stopped.append(person)

    def go_on(self) -> bool:
        """Let who was stopped go on, with all that they believed then; whether anybody was."""
        was = bool(self._stopped)
        for person in self._stopped:
            assert person.pid is not None
            os.kill(person.pid, signal.SIGCONT)
        self._stopped.clear()
        return was

    def crashes(self) -> list[str]:
        """The errors that nobody foresaw."""
        file = self._shop.playground.home / CRASHES
        return file.read_text().splitlines() if file.exists() else []

    def _replace(self) -> None:
        newest = self._people[-1]
        if newest.exitcode is None and newest not in self._stopped:
            return
        if len(self._people) > MOST:
            raise RuntimeError("whoever works falls again and again")
        if self._empties:
            self._shop.redis.flushall()
        self._hire()

    def _hire(self) -> None:
        person = CONTEXT.Process(
            target=_work, args=(self._environment, self._shop.playground.home), daemon=True
        )
        person.start()
        self._people.append(person)


def _work(environment: dict[str, str], home: Path) -> None:
    """Look, take turns and speak, until killed."""
    gc.freeze()
    os.environ.clear()
    os.environ.update(environment)
    logs.configure(file=home / "logs" / f"orchestrator-{os.getpid()}.log")
    told = settings(environment)
    _Worker(told, wiring.installation(told), home).work()


class _Worker:
    def __init__(self, told: Settings, installation: Installation, home: Path) -> None:
        self._told, self._installation = told, installation
        self._crashes, self._asked = home / CRASHES, home / ASKED
        self._woken = 0.0

    def work(self) -> None:
        parent = multiprocessing.parent_process()
        while parent is None or parent.is_alive():
            self._beat()
            time.sleep(PAUSE)

    def _beat(self) -> None:
        installation = self._installation
        if self._is_asked() or installation.clock.strikes("look", self._told.look_every):
            for repository in installation.repositories:
                self._run(installation.look, repository)
        self._wake_what_was_put_off()
        for _, environment in installation.turns.due.pop(100):
            self._run(installation.turns.take, environment)
        self._run(installation.speak)

    def _is_asked(self) -> bool:
        try:
            self._asked.unlink()
        except FileNotFoundError:
            return False
        return True

    def _wake_what_was_put_off(self) -> None:
        if time.monotonic() < self._woken + SOON:
            return
        self._woken = time.monotonic()
        due = self._installation.turns.due
        for environment in due.all():
            due.wake(environment)

    def _run(self, task: Callable[..., object], *words: Any) -> None:
        """Like a worker: what a task raises ends that task, and no more."""
        try:
            task(*words)
        except Exception as unforeseen:
            at = traceback.extract_tb(unforeseen.__traceback__)[-1]
            with self._crashes.open("a") as file:
                file.write(f"{type(unforeseen).__name__}: {unforeseen} ({at.filename}:{at.lineno})\n")
