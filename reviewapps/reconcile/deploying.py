"""A commit that should run: step by step, until it does, may not, or has to be waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from reviewapps import steps
from reviewapps.desired import Hold, Run
from reviewapps.errors import (
    AuthorMustAct,
    BadManifest,
    BadSource,
    Busy,
    LeaseLost,
    NameTaken,
    OperatorMustAct,
    RateLimited,
    ReviewAppsError,
    TryLater,
)
from reviewapps.model import Actual, App, Attempt, Blueprint, Fault, Over, Refusal
from reviewapps.outcome import Building, Failed, Held, Live, Serving, Waiting
from reviewapps.plan import in_doubt, is_live, next_step
from reviewapps.reconcile.ending import tell_end_first
from reviewapps.reconcile.reading import read
from reviewapps.reconcile.refusing import refused
from reviewapps.reconcile.trying import instead
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.watch import under_way, wait_for
from reviewapps.steps import Done, Wait

log = structlog.get_logger()

NO_GATE = "what asks for the password cannot be put before it, so nobody is let in"

GOES_AWAY = steps.DeleteApp | steps.ReplaceBuilder | steps.DeleteService

STEPS_IN_A_TURN = 60
"""Far more than any environment needs. A turn that comes so far goes round in circles, and ends."""


def deployed(turn: Turn, run: Run) -> float | None:
    """Seconds until the next look; None when the commit runs, or is refused, and people know. Whatever puts the
    turn off, that an attempt began is written down: its time runs from then on."""
    try:
        return _deployed(turn, run)
    except (LeaseLost, RateLimited):
        raise
    except TryLater:
        turn.write_down()
        raise


def _deployed(turn: Turn, run: Run) -> float | None:
    plan = _read_ahead(turn, run) if turn.actual.app is None else None
    for _ in range(STEPS_IN_A_TURN):
        step = next_step(run, turn.actual, plan, turn.terms(run, plan))
        if isinstance(step, Done | Wait):
            turn.write_down()
        match step:
            case Done():
                end = _end(turn, run)
                if (wait := tell_end_first(turn, run, end)) is not None:
                    return wait
                turn.tell(end if run.held is None else held(turn, run.held))
                turn.keep(afterwards=False)
                return None
            case Wait(room=True):
                return _short_of_room(turn, run)
            case Wait(depends=True):
                turn.tell(_held_up(turn, run))
                return turn.means.pace.quiet
            case Wait():
                if not is_live(_app(turn), run) and _app(turn).refusal_of(run.commit, run.config) is None:
                    _say_building(turn, run)
                turn.keep()
                attempt = _app(turn).attempt
                return wait_for(turn.means, turn.environment, step, attempt.id if attempt is not None else "")
            case steps.ReadSource():
                plan = _read_source(turn, run, step)
            case steps.Begin() | steps.Remember():
                turn.note(step)
            case steps.Refuse(refusal):
                refused(turn, run, refusal, plan)
            case _:
                wait = _carry_out(turn, run, step, plan)
                if wait is not None:
                    return wait
    raise RuntimeError(f"{turn.environment.key}: {STEPS_IN_A_TURN} steps, and still {step}")


def _carry_out(turn: Turn, run: Run, step: steps.Step, plan: Blueprint | None) -> float | None:
    """Do the step. Seconds until it is tried again, where there was no room for it; else None."""
    try:
        turn.carry_out(step)
        if isinstance(step, GOES_AWAY) and _is_there(step.guid, turn.actual):
            return turn.means.pace.poll  # the platform is still at it
    except NameTaken as taken:
        turn.tell(Failed(run.commit, _refusal(turn, "name", str(taken))))
        raise  # the operator's to mend, and tried again until it is
    except OperatorMustAct:
        if isinstance(step, steps.BindGate | steps.RaiseGate):
            turn.tell(Failed(run.commit, _refusal(turn, "gate", NO_GATE), _serving(turn, _app(turn))))
        raise
    except AuthorMustAct as wrong:
        _refuse(turn, run, wrong, plan)
    except Busy as busy:
        return _wait_for_room(turn, run, busy, step, plan)
    except TryLater as later:
        _put_off(turn, run, step, later, plan)
    return None


def _is_there(guid: str, actual: Actual) -> bool:
    services = actual.services or ()
    return any(app.guid == guid for app in actual.apps) or any(one.guid == guid for one in services)


def _put_off(
    turn: Turn, run: Run, step: steps.Step | steps.ReadSource, later: TryLater, plan: Blueprint | None
) -> None:
    match instead(turn, run, step, later):
        case steps.Refuse(refusal):
            refused(turn, run, refusal, plan)
        case other:
            turn.carry_out(other)


def _wait_for_room(
    turn: Turn, run: Run, busy: Busy, step: steps.Step, plan: Blueprint | None
) -> float | None:
    """Seconds until another try; None where the attempt's time is over by then, so that people read what it
    lacked. A full quota may stay full for ever. A build elsewhere does not last: while one holds the room, the
    time of an attempt that waits to build begins anew."""
    app = turn.actual.app
    attempt = app.attempt if app is not None else None
    if attempt is None or not attempt.is_for(run.commit, run.config) or not in_doubt(turn.actual):
        raise busy
    waited, deadline = turn.means.now() - attempt.began, turn.terms(run).deadline
    builds = isinstance(step, steps.CreateBuild) and waited > deadline / 2
    if builds and under_way(turn.means, "build", but=turn.environment):
        turn.carry_out(steps.Begin(replace(attempt, began=turn.means.now())))
    elif waited + timedelta(seconds=busy.after) > deadline:
        refused(turn, run, _refusal(turn, "platform", str(busy)), plan)
        return None
    _say_building(turn, run)
    return busy.after


def _read_ahead(turn: Turn, run: Run) -> Blueprint | None:
    """What will be deployed, before there is an app: so it bears from its birth on what is noted of that. What
    cannot be read is read again, and told, once there is an app to be told of."""
    terms = turn.terms(run)
    try:
        return read(turn, run, steps.ReadSource(run.commit, f"{terms.names[0]}.{terms.domain}"))
    except ReviewAppsError:
        return None


def _read_source(turn: Turn, run: Run, step: steps.ReadSource) -> Blueprint | None:
    """What to deploy of the commit; None where it is refused, which the app then remembers."""
    try:
        return read(turn, run, step)
    except AuthorMustAct as wrong:
        _refuse(turn, run, wrong)
    except TryLater as later:
        _put_off(turn, run, step, later, None)
    return None


def _refuse(turn: Turn, run: Run, wrong: AuthorMustAct, plan: Blueprint | None = None) -> None:
    decision = wrong.decision if isinstance(wrong, BadManifest) else ""
    fault: Fault = "source" if isinstance(wrong, BadSource) else "manifest"
    refused(turn, run, _refusal(turn, fault, str(wrong), decision), plan)


def _refusal(turn: Turn, fault: Fault, message: str, decision: str = "") -> Refusal:
    return Refusal(fault, message, turn.means.now(), decision=decision)


# --- what came of it ---


def _end(turn: Turn, run: Run) -> Live | Failed:
    app = _app(turn)
    refusal = app.refusal_of(run.commit, run.config)
    if refusal is not None:
        still = _serving(turn, app) if refusal.fault != "drift" else None
        return Failed(run.commit, refusal, still)
    since, attempt = app.live_since or app.created_at, app.attempt
    tag = run.source if run.tags_seen else None
    if attempt is None or not attempt.is_for(run.commit, run.config):
        return Live(
            run.commit,
            _url(turn),
            since,
            ends=run.ends,
            source=tag,
            entrance=run.entrance,
            over=_over(app, run),
        )
    return Live(
        run.commit,
        _url(turn),
        since,
        took=since - attempt.began,
        ends=run.ends,
        source=tag,
        same_build_as=attempt.copied_from,
        built_because=attempt.because,
        stop_start=attempt.stop_start,
        not_taken=attempt.not_taken,
        services=attempt.services,
        approved=attempt.approved,
        entrance=run.entrance,
        over=_over(app, run),
    )


def _over(app: App, run: Run) -> tuple[Over, ...]:
    """The wishes that this one took the place of."""
    return app.over if run.tags_seen and app.wished == run.commit else ()


def held(turn: Turn, hold: Hold) -> Held:
    """That a commit waits, and what serves meanwhile."""
    still = _serving(turn, turn.actual.app) if turn.actual.app is not None else None
    return Held(hold.commit, hold.why, hold.reasons, still, hold.pulls)


def _held_up(turn: Turn, run: Run) -> Held:
    """That a commit cannot go there before others have built it."""
    app = _app(turn)
    why = app.attempt.because if app.attempt is not None else ""
    return Held(run.commit, "build", (f"nothing is built here, and there is {why}",), _serving(turn, app))


def _short_of_room(turn: Turn, run: Run) -> float | None:
    """None where people know what it waits for, which another verdict ends; else at once, since it was only just
    written down what it needs, so that nobody could judge yet whether there is so much."""
    short = run.short
    turn.keep()
    if short is None:
        return 0.0
    still = _serving(turn, _app(turn))
    turn.tell(Waiting(run.commit, short.place, short.of, short.limit, short.holders, short.shortage, still))
    return None


def _say_building(turn: Turn, run: Run) -> None:
    """Say that it is on its way; on the pull request only where nothing is live, or it takes long."""
    app = _app(turn)
    attempt: Attempt | None = app.attempt
    if attempt is None:
        return
    still = _serving(turn, app)
    soon = still is not None and turn.means.now() - attempt.began < turn.means.pace.patience
    source = run.source if run.tags_seen else None
    turn.tell(Building(run.commit, attempt.began, still, source, _over(app, run)), comment=not soon)


def _serving(turn: Turn, app: App) -> Serving | None:
    if not app.started or app.commit is None or turn.actual.route is None:
        return None
    return Serving(app.commit, _url(turn))


def _url(turn: Turn) -> str:
    route = turn.actual.route
    return turn.means.grant.address(turn.environment).format(host=route.address if route is not None else "")


def _app(turn: Turn) -> App:
    """The app, which stands before anything is waited for or done with it."""
    if turn.actual.app is None:
        raise ValueError(f"{turn.environment.key} has no app")
    return turn.actual.app
