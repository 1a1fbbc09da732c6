"""An orchestrator without workers: the same installation, driven by whoever waits for it to get somewhere."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import TypeVar

from reviewapps import wiring
from reviewapps.demo.onlooker import BEAT, TooLate
from reviewapps.settings import settings
from tests.faults.shop import Shop

T = TypeVar("T")

SOON = 0.2
"""What was put off is looked at again after so many seconds, however long it wanted to wait."""


class Driver:
    """Does for a shop what workers do, one thing after the other, while the shop waits for something.

    ``crashes`` are the errors that nobody foresaw.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._told = settings(shop.playground.environment())
        self._installation = wiring.installation(self._told)
        self._woken = 0.0
        self.crashes: list[str] = []
        shop.until = self.until

    def until(self, what: str, seen: Callable[[], T | None], seconds: float = 30.0) -> T:
        """Work until it is seen; TooLate, naming what was missed, if that takes too long."""
        deadline = time.monotonic() + seconds
        while not (found := seen()):
            if time.monotonic() > deadline:
                raise TooLate(f"{what}: not within {seconds:g} s")
            self._beat()
            time.sleep(BEAT)
        return found

    def _beat(self) -> None:
        if self._installation.clock.strikes("look", self._told.look_every):
            for repository in self._installation.repositories:
                self._run(self._installation.look, repository)
        self._wake_what_was_put_off()
        for _, environment in self._installation.turns.due.pop(100):
            self._run(self._installation.turns.take, environment)
        self._installation.speak()

    def _wake_what_was_put_off(self) -> None:
        if time.monotonic() < self._woken + SOON:
            return
        self._woken = time.monotonic()
        for environment in self._shop.due():
            self._installation.turns.due.wake(environment.decode())

    def _run(self, task: Callable[[str], object], name: str) -> None:
        """Like a worker: what a task raises ends that task, and no more."""
        try:
            task(name)
        except Exception as unforeseen:
            at = traceback.extract_tb(unforeseen.__traceback__)[-1]
            self.crashes.append(f"{type(unforeseen).__name__}: {unforeseen} ({at.filename}:{at.lineno})")
