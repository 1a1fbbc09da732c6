"""An attempt that is not tried again: what serves keeps its own variables and sizes, and why is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import AuthorMustAct, Full, NotThere, OperatorMustAct, ReviewAppsError
from reviewapps.model import Blueprint, Refusal
from reviewapps.plan import restored, with_what_is_left
from reviewapps.reconcile.reading import read
from reviewapps.reconcile.turn import Turn

log = structlog.get_logger()

STEPS = 40
"""Far more than it takes to give everything back."""

LONGER: Final = timedelta(minutes=2)
"""How long after the attempt's deadline it is still tried: an attempt that never ends serves nobody."""

FOR_EVER = AuthorMustAct | OperatorMustAct | Full | NotThere
"""What does not pass by itself: the commit that serves is gone, or cannot be read any more."""


def refused(turn: Turn, run: Run, refusal: Refusal, plan: Blueprint | None) -> None:
    """Write the refusal down, once what serves has its own variables and sizes again; where it cannot get them,
    that goes with it. Raises TryLater where it may get them in a moment."""
    astray = False
    try:
        _give_back(turn, run, refusal, plan)
    except ReviewAppsError as wrong:
        if not isinstance(wrong, FOR_EVER) and not _is_too_late(turn, run):
            raise
        log.warning("variables not given back", environment=turn.environment.key, reason=str(wrong))
        astray = True
    refusal = replace(refusal, astray=astray)
    turn.carry_out(steps.Refuse(with_what_is_left(refusal, turn.actual)))


def _give_back(turn: Turn, run: Run, refusal: Refusal, plan: Blueprint | None) -> None:
    for _ in range(STEPS):
        step = restored(refusal, turn.actual, plan)
        if step is None:
            return
        if isinstance(step, steps.ReadSource):
            plan = read(turn, run, step)
        elif isinstance(step, steps.Step):
            turn.carry_out(step)


def _is_too_late(turn: Turn, run: Run) -> bool:
    app, terms = turn.actual.app, turn.terms(run)
    attempt = app.attempt if app is not None else None
    return attempt is not None and terms.now > attempt.began + terms.deadline + LONGER
