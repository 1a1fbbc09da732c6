"""What would be done next, without doing it: nothing here holds a lease, and nothing acts without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from reviewapps import steps
from reviewapps.desired import Absent, Desired, Destroyed, Fork, NoRoom, Refused, Run, Verdict
from reviewapps.errors import LeaseLost
from reviewapps.model import Actual, Environment, Refusal, Space, Wanted
from reviewapps.overview import follows, in_words
from reviewapps.plan import next_farewell, next_removal, next_rest, next_step, unfinished
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.settling import Plan
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import teardown_of
from reviewapps.report import headline
from reviewapps.steps import Done, Next

READS = steps.Look | steps.Reach


class NoLease:
    """For whoever only looks."""

    fence = 0
    previous = None

    def check(self) -> None:
        """Nobody who holds this may act."""
        raise LeaseLost("this is a rehearsal")


@dataclass(frozen=True)
class Rehearsed:
    """What would be ``done`` about an environment next, in words, and ``why``. Nothing where it is ``right``."""

    environment: Environment
    right: bool
    done: str
    why: str


def rehearsed(
    means: Means, environment: Environment, wanted: Wanted, space: Space, verdict: Verdict
) -> Rehearsed:
    """What would be done about one environment next. Only what has to be known for that is asked."""
    turn = Turn(means, environment, NoLease(), wanted, space.actual(environment))
    match verdict:
        case Run():
            step = _next_of(turn, verdict)
        case Absent() | Fork():
            rests = isinstance(verdict, Absent) and bool(verdict.kept_for)
            plan = next_rest if rests else next_removal
            step = _farewell_of(turn, partial(plan, teardown=teardown_of(wanted, environment)))
        case Destroyed(commit, at):
            teardown, record = teardown_of(wanted, environment), turn.record(commit, at)
            step = _farewell_of(turn, partial(next_farewell, record=record, teardown=teardown))
        case _:
            step = Done()
    refusal = _refusal(verdict, turn.actual)
    stays = refusal is not None or isinstance(verdict, NoRoom | Refused)
    why = follows(verdict) if refusal is None else _not_again(refusal)
    return Rehearsed(environment, isinstance(step, Done) and not stays, in_words(step), why)


def all_rehearsed(means: Means, wanted: Wanted, space: Space, desired: Desired) -> Iterator[Rehearsed]:
    """What would be done about each environment that is wanted, or there; also what people would still be told."""
    known = desired.verdicts.keys() | space.environments(wanted.repository.id)
    untold = unfinished(desired, space, means.github.comments())
    for environment in sorted(known):
        verdict = desired.of(environment)
        if environment in space.unreadable:
            yield Rehearsed(environment, False, "nothing", space.unreadable[environment])
        elif environment not in untold:
            yield rehearsed(means, environment, wanted, space, verdict)
    for environment in sorted(untold):
        yield Rehearsed(environment, False, "say that it is removed", "it is gone, and its comment differs")


def _refusal(verdict: Verdict, actual: Actual) -> Refusal | None:
    """Why what should run does not, and is not tried; None where it runs, or is on its way."""
    if not isinstance(verdict, Run) or actual.app is None:
        return None
    return actual.app.refusal_of(verdict.commit, verdict.config)


def _not_again(refusal: Refusal) -> str:
    return (
        f"{headline(refusal).capitalize()}: {refusal.message.rstrip('.')}. It is not tried again by itself: "
        "a push, or `reviewapps deploy`, does that."
    )


def _farewell_of(turn: Turn, plan: Plan) -> Next:
    """Whether services of it are left is only asked where anything else is."""
    if turn.actual.empty:
        turn.actual = replace(turn.actual, services=())
    while isinstance(step := plan(turn.actual, terms=turn.terms()), READS):
        turn.actual = turn.means.cloudfoundry.carry_out(step, turn.actual)
    return step


def _next_of(turn: Turn, run: Run) -> Next:
    terms = turn.terms(run)
    plan = partial(next_step, run, blueprint=None, terms=terms)
    while isinstance(step := plan(actual=turn.actual), READS):
        turn.actual = turn.means.cloudfoundry.carry_out(step, turn.actual)
    return step
