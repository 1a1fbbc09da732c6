"""The two tasks. A task carries a name, not facts: late, double, reordered or lost, it does no harm.

``tick`` is for the log alone: the beat of the clock or the pump that sent it.
"""

from __future__ import annotations

from typing import Final

from celery import Celery

from workers.needs import Wire

SETTLE: Final = "reviewapps.settle"
LOOK: Final = "reviewapps.look"


def add_tasks(app: Celery, wire: Wire) -> None:
    """Let this app run both tasks with what ``wire`` returns."""

    def settle(environment: str, tick: str = "") -> None:
        wire().turns.take(environment)

    def look(repository: str, tick: str = "") -> None:
        wire().look(repository)

    app.task(settle, name=SETTLE)
    app.task(look, name=LOOK)
