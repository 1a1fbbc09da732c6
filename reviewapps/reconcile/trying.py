"""A step that is put off again and again: the attempt's time ends it, as it ends what is waited for."""

from __future__ import annotations

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import LeaseLost, Outdated, RateLimited, TryLater
from reviewapps.model import Attempt
from reviewapps.plan import another_try, is_over
from reviewapps.reconcile.turn import Turn
from reviewapps.rules import LONGEST_TASK

ENDS = steps.Begin | steps.Refuse | steps.Stop | steps.CancelRoll | steps.MarkLive
"""What brings an attempt to its end, or begins one: in its place nothing else would go any better."""


def instead(
    turn: Turn, run: Run, step: steps.Step | steps.ReadSource, later: TryLater
) -> steps.Begin | steps.Refuse:
    """What is done in the place of a step that was put off, once its attempt is late: another try, or its refusal.
    Raises ``later`` where there is time, where no attempt of ours is under way, or somebody else's fault puts all
    off."""
    if isinstance(step, ENDS) or isinstance(later, LeaseLost | RateLimited | Outdated):
        raise later
    app, terms = turn.actual.app, turn.terms(run)
    attempt = app.attempt if app is not None else None
    if app is None or attempt is None or not attempt.is_for(run.commit, run.config):
        raise later
    if is_over(app, attempt) or attempt.refusal is not None or attempt.waits_for_room:
        raise later
    if not terms.is_late(attempt) or _has_a_task_open(turn, attempt):
        raise later
    return another_try(attempt, f"{terms.lateness}: {later}", terms)


def _has_a_task_open(turn: Turn, attempt: Attempt) -> bool:
    """Whether a command that it asked for may not be over: with another id its failure would not be known for this
    attempt's, and the command would be run once more."""
    asked_at, now = attempt.task_asked_at, turn.means.now()
    if attempt.task is None or asked_at is None or now > asked_at + LONGEST_TASK:
        return False
    if asked_at < attempt.began:
        return False  # the one before it asked
    return not any(task.key == attempt.task and task.state == "ready" for task in turn.actual.tasks or ())
