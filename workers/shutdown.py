"""A worker that is told to end has ended before the platform loses patience."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from celery import bootsteps
from celery.worker import state

LONGEST_SHUTDOWN: Final = 8.0
"""Seconds; Cloud Foundry and docker kill at 10."""

Handler = Callable[[int, FrameType | None], object]


class LastWord(bootsteps.StartStopStep):  # type: ignore[misc]
    """Ends the main process some seconds after the first signal, come what may.

    Celery by itself waits for a Redis that is away, and now and then its handler waits for a lock of the very
    code that it interrupted. The children die with the main process, and what they held is due again.
    """

    def start(self, parent: Any) -> None:
        """Put the limit before Celery's handlers, which are in place by now."""
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
            celerys = signal.getsignal(number)
            if callable(celerys):
                signal.signal(number, _limited(celerys))


def told_to_end() -> bool:
    """Whether this worker was told to end. That it then does is no failure, whatever Celery calls it: its status
    depends on where in its loop the signal came."""
    return state.should_stop is not None or state.should_terminate is not None


def _limited(handler: Handler) -> Handler:
    def limited(number: int, frame: FrameType | None) -> object:
        limit = threading.Timer(LONGEST_SHUTDOWN, os._exit, (0,))  # as asked: nothing is lost
        limit.daemon = True
        limit.start()
        return handler(number, frame)

    return limited
