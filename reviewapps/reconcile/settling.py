"""A verdict, carried out as far as that can be done now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reviewapps.desired import Absent, Destroyed, Fork, Leave, NoRoom, Refused, Run, Verdict
from reviewapps.model import Actual
from reviewapps.outcome import Failed, Forbidden, Removed, Waiting
from reviewapps.plan import Farewell, in_doubt, next_farewell, next_removal
from reviewapps.reconcile.deploying import deployed
from reviewapps.reconcile.room import look_soon
from reviewapps.reconcile.turn import Turn
from reviewapps.steps import Done


def settled(turn: Turn, verdict: Verdict) -> float | None:
    """Seconds until the next look; None when all is done and told."""
    match verdict:
        case Run():
            return deployed(turn, verdict)
        case Absent(why="missing") if _is_hardly_missing(turn):
            return turn.means.pace.quiet
        case Absent():
            return _removed(turn, _words(verdict))
        case Fork():
            return _removed(turn, Forbidden(verdict.commit))
        case Destroyed(commit, at):
            farewell = partial(next_farewell, record=turn.record(commit, at))
            return _removed(turn, Removed("destroyed", at), farewell)
        case NoRoom(commit, place, of, limit, holders, shortage):
            turn.tell(Waiting(commit, place, of, limit, holders, shortage))
        case Refused(commit, refusal):
            turn.tell(Failed(commit, refusal))
        case Leave():
            pass
    return None


def _removed(
    turn: Turn, outcome: Removed | Forbidden, plan: Callable[[Actual], Farewell] = next_removal
) -> float | None:
    """Addresses, then apps; then look again, and only then say so.

    Where a request of an attempt may have been in flight, what it brings back is found by a second look that
    comes later than the longest request may last.
    """
    pace = turn.means.pace
    was_gone, doubtful = isinstance(plan(turn.actual), Done), in_doubt(turn.actual)
    last: object = None
    while not isinstance(step := plan(turn.actual), Done):
        if step == last:
            return pace.poll  # the platform is still at it
        turn.carry_out(step)
        last = step
    if not was_gone:
        turn.look_again()
        look_soon(turn.means)
        if not isinstance(plan(turn.actual), Done):
            return pace.poll
        if doubtful:
            return pace.request
    turn.tell(outcome)
    return None


def _is_hardly_missing(turn: Turn) -> bool:
    """Whether this is not yet the second of the two looks, a quiet interval apart, that it takes to believe
    that a pull request is gone."""
    means, key = turn.means, ("missing", turn.environment.name)
    now, first = means.now().timestamp(), means.remembered(*key)
    if isinstance(first, float) and now - first >= means.pace.quiet:
        return False
    if not isinstance(first, float):
        means.remember(now, means.pace.whole, *key)
    return True


def _words(verdict: Absent) -> Removed:
    """In what words a preview goes that should not be there."""
    match verdict.why:
        case "merged" | "closed" | "expired" | "unlabelled" as why:
            return Removed(why, verdict.at, verdict.days)
        case "old":
            return Removed("expired", verdict.at, verdict.days)
        case "bot":
            return Removed("unlabelled", verdict.at)
        case "missing":
            return Removed("closed", verdict.at)
