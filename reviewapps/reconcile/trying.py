"""A step that is put off again and again: the attempt's time ends it, as it ends what is waited for."""

from __future__ import annotations

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import LeaseLost, RateLimited, TryLater
from reviewapps.plan import another_try
from reviewapps.reconcile.turn import Turn

ENDS = steps.Begin | steps.Refuse | steps.Stop | steps.CancelRoll | steps.MarkLive
"""What brings an attempt to its end, or begins one: in its place nothing else would go any better."""


def instead(turn: Turn, run: Run, step: steps.Step, later: TryLater) -> steps.Begin | steps.Refuse:
    """What is done in the place of a step that was put off, once its attempt is late: another try, or its refusal.
    Raises ``later`` where there is time, or somebody else's fault puts all off."""
    app, terms = turn.actual.app, turn.terms(run)
    attempt = app.attempt if app is not None else None
    if attempt is None or not attempt.is_for(run.commit, run.config) or not terms.is_late(attempt):
        raise later
    if isinstance(step, ENDS) or isinstance(later, LeaseLost | RateLimited):
        raise later
    return another_try(attempt, f"{terms.lateness}: {later}", terms)
