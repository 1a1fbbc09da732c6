"""Three threads in each worker's main process: what is due becomes messages, the clock calls for looks, and what
waits for Slack is sent, which holds up nobody.

Every worker runs all; Redis decides who was first. So there is no beat process that could be two or none.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final

from celery import Celery

from reviewapps.logs import new_tick
from workers import tasks
from workers.configuration import LOOK
from workers.needs import Settings, Wire

log = logging.getLogger(__name__)

AHEAD: Final = 16
"""Messages that may wait on a queue for each child of this worker. Fewer would leave it idle between two beats of
the pump; more would wait until they are discarded, and come back only by their forward score."""


Beat = Callable[[], float | None]
"""Gives back in how many seconds it should come again, where it knows."""

SOONEST: Final = 0.25
"""The part of the usual pause after which the next beat comes at the soonest."""


class Beats(threading.Thread):
    """Calls ``beat`` at once and every ``seconds``, or sooner where it says so, until it is stopped, whatever goes
    wrong in it.

    Most of what goes wrong is Redis being away: that is logged when it begins and when it is over.
    """

    def __init__(self, name: str, seconds: float, beat: Beat) -> None:
        super().__init__(name=name, daemon=True)
        self._seconds = seconds
        self._beat = beat
        self._failing = False
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            pause = None
            try:
                pause = self._beat()
            except Exception as error:  # the thread beats on, whatever one beat met
                self._failed(error)
            else:
                self._succeeded()
            self._stopped.wait(self._pause(pause))

    def _pause(self, asked: float | None) -> float:
        return self._seconds if asked is None else min(self._seconds, max(asked, SOONEST * self._seconds))

    def stop(self) -> None:
        """Let the beat that runs be the last one."""
        self._stopped.set()

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            log.error("%s: failed, tries again every %g s", self.name, self._seconds, exc_info=error)
        self._failing = True

    def _succeeded(self) -> None:
        if self._failing:
            log.info("%s: works again", self.name)
        self._failing = False


def beats(app: Celery, settings: Settings, wire: Wire) -> tuple[Beats, ...]:
    """The pump, the clock and the voice of one worker, not yet started."""

    def look_at(repositories: Iterable[str]) -> None:
        tick = {"tick": new_tick()}
        for repository in repositories:
            app.send_task(tasks.LOOK, (repository,), tick, queue=LOOK, expires=settings.look_every)

    def pump() -> float | None:
        orchestrator = wire()
        look_at(orchestrator.asked_for())
        due, tick = orchestrator.turns.due, {"tick": new_tick()}
        for queue, environment in due.pop(AHEAD * app.conf.worker_concurrency):
            # An older message than this has a successor: the due set sent it again.
            app.send_task(tasks.SETTLE, (environment,), tick, queue=queue, expires=due.forward)
        return due.next_in()

    def strike() -> None:
        orchestrator = wire()
        if orchestrator.clock.strikes("look", settings.look_every):
            look_at(orchestrator.repositories)

    def speak() -> None:
        wire().speak()

    named: dict[str, Beat] = {"pump": pump, "clock": strike, "voice": speak}
    return tuple(Beats(name, settings.pump_every, beat) for name, beat in named.items())
