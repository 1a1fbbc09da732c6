"""An attempt that is not tried again: what serves keeps its own variables and sizes, and why is written down."""

from __future__ import annotations

import structlog

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import Busy, ReviewAppsError, TryLater
from reviewapps.model import Blueprint, Refusal
from reviewapps.plan import restored, with_what_is_left
from reviewapps.reconcile.reading import read
from reviewapps.reconcile.turn import Turn

log = structlog.get_logger()

STEPS = 40
"""Far more than it takes to give everything back."""


def refused(turn: Turn, run: Run, refusal: Refusal, plan: Blueprint | None) -> None:
    """Write the refusal down, once what serves has its own variables and sizes again. What cannot be given back,
    since its commit is gone, or not before the deadline, is logged: an attempt that never ends serves nobody."""
    try:
        for _ in range(STEPS):
            step = restored(refusal, turn.actual, plan)
            if step is None:
                break
            if isinstance(step, steps.ReadSource):
                plan = read(turn, run, step)
            elif isinstance(step, steps.Step):
                turn.carry_out(step)
    except ReviewAppsError as wrong:
        if isinstance(wrong, TryLater) and not isinstance(wrong, Busy) and not _is_late(turn, run):
            raise
        log.warning("variables not given back", environment=turn.environment.key, reason=str(wrong))
    turn.carry_out(steps.Refuse(with_what_is_left(refusal, turn.actual)))


def _is_late(turn: Turn, run: Run) -> bool:
    attempt = turn.actual.app.attempt if turn.actual.app is not None else None
    return attempt is not None and turn.terms(run).is_late(attempt)
