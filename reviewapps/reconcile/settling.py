"""A verdict, carried out as far as that can be done now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog

from reviewapps.desired import Absent, Destroyed, Fork, Held, Leave, NoRoom, Refused, Run, Verdict
from reviewapps.errors import AuthorMustAct, Busy, Full, OperatorMustAct
from reviewapps.model import Actual, Command, Task
from reviewapps.outcome import Arrival, Failed, Forbidden, Removed, Waiting
from reviewapps.plan import Farewell, Terms, in_doubt, next_farewell, next_removal, next_rest
from reviewapps.reconcile.deploying import deployed, held
from reviewapps.reconcile.room import look_soon
from reviewapps.reconcile.turn import Turn
from reviewapps.steps import DeleteApp, Done, Look, RunTask, Step, Stop, Wait

log = structlog.get_logger()

MISSING = "missing"
"""Under this the memory holds since when GitHub does not know a pull request."""


def settled(
    turn: Turn,
    verdict: Verdict,
    teardown: Command | None = None,
    arrivals: tuple[Arrival, ...] = (),
    *,
    kept: float | None = None,
) -> float | None:
    """Seconds until the next look; None when all is done and told. ``teardown`` is run before anything is taken
    away that ever was live; ``arrivals`` are where a merged pull request has come; ``kept``: its build is
    of use still, so that the app stays, stopped, and is looked at again in so many seconds."""
    if not (isinstance(verdict, Leave) or (isinstance(verdict, Absent) and verdict.why == MISSING)):
        _note_found(turn)
    rests = isinstance(verdict, Absent) and bool(verdict.kept_for)
    nothing: Plan = partial(next_rest if rests else next_removal, teardown=teardown)
    match verdict:
        case Run():
            return deployed(turn, verdict)
        case Absent(why="missing") if _is_hardly_missing(turn):
            return turn.means.pace.quiet
        case Absent():
            return _removed(turn, replace(_words(verdict), arrivals=arrivals), nothing, kept=kept)
        case Fork():
            return _removed(turn, Forbidden(verdict.commit), nothing)
        case Destroyed(commit, at):
            farewell = partial(next_farewell, record=turn.record(commit, at), teardown=teardown)
            return _removed(turn, Removed("destroyed", at), farewell)
        case Held(hold):
            turn.tell(held(turn, hold))
        case NoRoom(commit, place, of, limit, holders, shortage):
            turn.tell(Waiting(commit, place, of, limit, holders, shortage))
        case Refused(commit, refusal):
            turn.tell(Failed(commit, refusal))
        case Leave():
            pass
    return None


class Plan(Protocol):
    """What brings an environment nearer to its end."""

    def __call__(self, actual: Actual, *, terms: Terms) -> Farewell: ...


def _removed(
    turn: Turn, outcome: Removed | Forbidden, plan: Plan, *, kept: float | None = None
) -> float | None:
    """Addresses, services (their app is stopped by then), then apps; then look again, and only then say so: on
    GitHub's deployment, in Slack, and at once after that in the comment, by which whoever looks at everything
    knows what was said.

    Where a request of an attempt may have been in flight, what it brings back is found by a second look that
    comes later than the longest request may last.
    """
    pace = turn.means.pace
    doubtful, last = in_doubt(turn.actual), None
    changes: list[object] = []
    while not isinstance(step := plan(turn.actual, terms=turn.terms()), Done):
        if isinstance(step, Wait) or step == last or step in changes:
            return pace.poll  # the platform is still at it
        if kept is not None and isinstance(step, DeleteApp):
            return _put_by(turn, kept)
        _take_away(turn, step)
        if not isinstance(step, Look):
            changes.append(step)
        last = step
    if kept is not None and not turn.actual.empty:
        return kept
    if changes:
        turn.look_again()
        look_soon(turn.means)
        if not turn.actual.empty and not isinstance(plan(turn.actual, terms=turn.terms()), Done):
            return pace.poll
        if doubtful:
            return pace.request
    with suppress(OperatorMustAct):  # it is raised below, when people know
        turn.tell(outcome, comment=False)
    heard = turn.tell_slack_first(outcome)
    if heard.wait is not None:
        return heard.wait
    turn.tell(outcome, unheard=heard.owed)
    return None


def _put_by(turn: Turn, seconds: float) -> float:
    """Seconds until the next look at an app whose build is of use elsewhere: it holds no memory."""
    if turn.actual.app is not None and turn.actual.app.started:
        turn.carry_out(Stop())
    return seconds


def _take_away(turn: Turn, step: Step) -> None:
    """Do the step. That its last command cannot be run keeps nothing alive; where there is no room for it beside
    its app, that is stopped first."""
    try:
        turn.carry_out(step)
    except (AuthorMustAct, OperatorMustAct, Busy) as refused:
        if not isinstance(step, RunTask):
            raise
        app = turn.actual.app
        if isinstance(refused, Full) and app is not None and app.started and not in_doubt(turn.actual):
            turn.carry_out(Stop())
            return
        log.warning("no teardown", environment=turn.environment.key, reason=str(refused))
        given_up = Task("", step.kind, step.key, "failed", turn.means.now())
        turn.actual = replace(turn.actual, tasks=(given_up, *(turn.actual.tasks or ())))


def _is_hardly_missing(turn: Turn) -> bool:
    """Whether this is not yet the second of the two looks, a quiet interval apart, that it takes to believe
    that a pull request is gone; none between them has seen it."""
    means, key = turn.means, (MISSING, turn.environment.name)
    now, first = means.now().timestamp(), means.remembered(*key)
    if isinstance(first, float) and now - first >= means.pace.quiet:
        return False
    if not isinstance(first, float):
        means.remember(now, means.pace.whole, *key)
    return True


def _note_found(turn: Turn) -> None:
    if turn.means.remembered(MISSING, turn.environment.name) is not None:
        turn.means.remember(None, turn.means.pace.poll, MISSING, turn.environment.name)


def _words(verdict: Absent) -> Removed:
    """In what words a preview goes that should not be there."""
    match verdict.why:
        case "merged" | "closed" | "expired" | "unlabelled" as why:
            return Removed(why, verdict.at, verdict.days, kept_for=verdict.kept_for)
        case "old":
            return Removed("expired", verdict.at, verdict.days)
        case "bot":
            return Removed("unlabelled", verdict.at)
        case "missing":
            return Removed("closed", verdict.at)
