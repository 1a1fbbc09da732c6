"""What somebody asks for by hand. It is written onto the app, as a wish; the turns that follow fulfil it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from reviewapps import steps
from reviewapps.desired import (
    Absent,
    Destroyed,
    Fork,
    Held,
    Hold,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
    head_of,
    spoken_for,
)
from reviewapps.errors import AuthorMustAct, Busy
from reviewapps.model import ADOPTED, App, Attempt, Environment, Refusal, Wanted
from reviewapps.naming import address
from reviewapps.overview import Row, held_words, row, why
from reviewapps.plan import began_after, in_doubt, is_parting, may_have_changed
from reviewapps.ports import Lease
from reviewapps.reconcile.allowing import keeps_its_data
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import Judged, all_verdicts_with, judged_alone, judged_by_hand, rules_of
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Standing:
    """Where an environment stands, and whether it is ``anew`` that its commit is tried."""

    row: Row | None
    anew: bool


def redeployed(means: Means, environment: Environment, lease: Lease) -> str:
    """Begin a new attempt at the commit that the environment runs or failed to run, using nothing that was
    built before; the commit."""
    return _begun_again(means, environment, lease, reset=False)


def emptied(means: Means, environment: Environment, lease: Lease) -> str:
    """Begin a new attempt at the commit that the environment runs or failed to run, with databases of its own that
    are made anew; the commit. Raises AuthorMustAct where it has no data of its own, or where that is kept."""
    return _begun_again(means, environment, lease, reset=True)


def _begun_again(means: Means, environment: Environment, lease: Lease, *, reset: bool) -> str:
    asked, seen = address(environment, means.name), judged_alone(means, environment)
    actual = seen.space.actual(environment)
    commit, config = _tried(actual.app) if actual.app is not None else (None, None)
    never = environment.shared and not config  # the app was only made to be written on
    if actual.app is None or commit is None or config is None or never:
        raise AuthorMustAct(f"{asked}: there is nothing to deploy again")
    if commit == ADOPTED:
        raise AuthorMustAct(
            f"{asked} runs what was adopted, which cannot be built; it stays until the next commit"
        )
    if isinstance(seen.verdict, Destroyed):
        raise AuthorMustAct(f"{asked} was removed by hand; `reviewapps deploy {asked}` brings it back")
    if in_doubt(actual):
        raise Busy(f"{asked}: {commit[:7]} is being deployed just now")
    if reset and keeps_its_data(environment, rules_of(seen.wanted), means.grant):
        raise AuthorMustAct(KEPT.format(asked))
    if isinstance(seen.verdict, Leave):
        raise AuthorMustAct(f"{asked}: {_against(seen.verdict)}; `reviewapps why {asked}` tells more")
    if reset and not actual.app.service_names:
        raise AuthorMustAct(f"{asked} has no data of its own")
    spoke = check_open(means, environment, seen, commit)
    turn = Turn(means, environment, lease, seen.wanted, actual)
    attempt = asked_for(turn, commit, config, spoke, fresh=not reset)
    turn.carry_out(steps.Begin(replace(attempt, data=attempt.id) if reset else attempt))
    return commit


def brought_up(means: Means, environment: Environment, lease: Lease) -> Standing:
    """Let be tried anew what was refused, taken away by hand or expired; where it stands then.

    What expired is judged as if it were pushed just now, also as to room. Raises AuthorMustAct, with the reason,
    for what gets no environment.
    """
    seen = judged_alone(means, environment)
    turn = Turn(means, environment, lease, seen.wanted, seen.space.actual(environment))
    before = turn.actual
    expired = isinstance(seen.verdict, Absent) and seen.verdict.why in ("expired", "old")
    if expired:
        seen = looked_again(turn, _as_if_pushed(seen.wanted, environment, means.now()))
    if isinstance(seen.verdict, Destroyed):
        _lift(turn, seen.verdict)
        seen = looked_again(turn, seen.wanted)
    match seen.verdict:
        case Run():
            spoke = check_open(means, environment, seen, seen.verdict.commit)
            _ask(turn, seen.verdict, expired, seen.verdict.approved if spoke is None else spoke)
        case NoRoom():
            pass
        case other:
            raise AuthorMustAct(f"{address(environment, means.name)}: {_against(other)}")
    now = means.cloudfoundry.look()
    return Standing(row(environment, seen.verdict, now, means.grant), turn.actual != before)


def destroyed(means: Means, environment: Environment, lease: Lease) -> str:
    """Write down that somebody took this preview away, on the app itself where there is one; the commit.

    From then on whoever looks takes away what is left, until the next push. Raises AuthorMustAct where there is
    nothing to take away, and for shared environments, which are never deleted.
    """
    asked = address(environment, means.name)
    if environment.shared:
        raise AuthorMustAct(f"{asked} is shared, and what is shared is never deleted")
    seen = judged_alone(means, environment)
    turn = Turn(means, environment, lease, seen.wanted, seen.space.actual(environment))
    commit = _commit(seen, environment)
    if isinstance(seen.verdict, Destroyed):
        return seen.verdict.commit
    if commit is None or not _may_be_taken(means, environment, seen):
        raise AuthorMustAct(f"{asked}: there is nothing to take away")
    app, now = turn.actual.app, means.now()
    if app is None:
        turn.carry_out(turn.record(commit, now))
        return commit
    attempt = app.attempt or asked_for(turn, commit, app.config or "")
    refusal = Refusal("destroyed", "removed by hand", now)
    turn.carry_out(steps.Begin(replace(attempt, commit=commit, refusal=refusal)))
    return commit


# --- how ---

KEPT = (
    "{0}: what is kept there is never thrown away by us; "
    "`redeploy` deploys it again with its data, and who owns the database can empty it there"
)


def check_open(means: Means, environment: Environment, seen: Judged, commit: str) -> tuple[str, ...] | None:
    """What speaks now for a commit that was refused in a shared environment. Raises AuthorMustAct while a lock, a
    freeze, or an approval that was taken back keeps it out. None of any other: what runs there may be deployed
    again at any time."""
    app = seen.actual.app
    if not environment.shared or app is None or app.commit == commit or not was_refused(app, commit):
        return None
    found = judged_by_hand(means, seen, lambda it: it.anew(environment, commit))
    if not isinstance(found, Hold):
        return found.why or None
    asked, sha = address(environment, means.name), commit[:7]
    past = f"`reviewapps deploy {asked} {sha} --override` goes past it"
    passes = found.why in ("lock", "freeze") and _may_be_sent(seen.wanted, environment, commit)
    why = " · ".join((*found.reasons, *([past] if passes else [])))
    raise AuthorMustAct(f"{asked}: {sha} was refused, and may not go there again: {why}")


def _may_be_sent(wanted: Wanted, environment: Environment, commit: str) -> bool:
    """Whether somebody may send this very commit there: where a branch is followed, only its newest."""
    asked = rules_of(wanted)
    follows = asked.of(environment).follows if isinstance(asked, Rules) else None
    return follows is not None and (bool(follows.tags) or head_of(wanted, follows) == commit)


def was_refused(app: App | None, commit: str) -> bool:
    """Whether its newest attempt came to a bad end, so that nobody would try that commit again unasked."""
    attempt = app.attempt if app is not None else None
    return attempt is not None and attempt.commit == commit and attempt.refusal is not None


def looked_again(turn: Turn, wanted: Wanted) -> Judged:
    """Another verdict, on what is there by now."""
    space = turn.means.cloudfoundry.look()
    turn.actual = space.actual(turn.environment)
    desired = all_verdicts_with(turn.means, turn.environment, wanted, space)
    return Judged(wanted, space, desired.of(turn.environment), desired, turn.actual)


def _lift(turn: Turn, verdict: Destroyed) -> None:
    """Forget that somebody took it away: without the record it is wanted again. An app that was to go stays."""
    for app in turn.actual.apps:
        if app.is_record and app.destroyed_at():
            turn.carry_out(steps.DeleteApp(app.guid))
    for app in turn.actual.apps:
        if app.destroyed_at(verdict.commit) and not app.is_record:
            turn.actual = turn.actual.with_app(app)
            turn.carry_out(steps.Begin(asked_for(turn, verdict.commit, "")))
    if any(app.destroyed_at(verdict.commit) for app in turn.actual.apps):
        raise Busy(f"{turn.environment.name}: the platform is still taking it away; try again in a minute")


def _ask(turn: Turn, run: Run, expired: bool, spoke: tuple[str, ...]) -> None:
    """Write down that somebody wants it, where that changes anything."""
    app = turn.actual.app
    if app is None and expired:
        names = turn.terms().names
        turn.carry_out(steps.CreateApp(names, asked_for(turn, run.commit, run.config, spoke)))
    elif app is not None and app.refusal_of(run.commit, run.config) is not None:
        turn.carry_out(steps.Begin(asked_for(turn, run.commit, run.config, spoke)))
    elif app is not None and expired:
        attempt = app.attempt or asked_for(turn, run.commit, run.config, spoke)
        turn.carry_out(steps.Begin(replace(attempt, asked_at=turn.means.now())))


def asked_for(
    turn: Turn, commit: str, config: str, spoke: tuple[str, ...] | None = None, *, fresh: bool = False
) -> Attempt:
    """A new attempt that somebody asked for, which takes the place of whatever is there now; ``spoke`` is what
    speaks for its commit now, where that was asked (None: what its app tells). What is just being torn down gets
    data anew, once that is over."""
    terms, app = turn.terms(), turn.actual.app
    began = began_after(app, terms.now) if app is not None else terms.now
    replaces = app.droplet if app is not None else None
    torn = app.attempt if app is not None and is_parting(app) else None
    return Attempt(
        terms.attempt,
        commit,
        config,
        began,
        data=terms.attempt if torn is not None else None,
        task=torn.task if torn is not None else None,
        task_asked_at=torn.task_asked_at if torn is not None else None,
        approved=spoken_for(app, commit, terms.now) if spoke is None else spoke,
        fresh=fresh,
        asked_at=terms.now,
        replaces=replaces,
        inherits=app is not None and may_have_changed(app),
    )


def _as_if_pushed(wanted: Wanted, environment: Environment, now: datetime) -> Wanted:
    """GitHub's view, were this pull request opened just now."""
    pulls = (
        replace(pr, created_at=now, updated_at=now) if pr.number == environment.number else pr
        for pr in wanted.pull_requests
    )
    return replace(wanted, pull_requests=tuple(pulls))


def _may_be_taken(means: Means, environment: Environment, seen: Judged) -> bool:
    """Whether it is wanted, or stays only because the rules cannot be read. What cannot be read itself, or is not
    granted any more, is left alone."""
    if isinstance(seen.verdict, Leave):
        ours = means.grant.allows(environment.kind) and environment not in seen.space.unreadable
        return ours and not seen.space.actual(environment).empty
    return isinstance(seen.verdict, Run | NoRoom)


def _commit(seen: Judged, environment: Environment) -> str | None:
    pulls = (pr for pr in seen.wanted.pull_requests if pr.number == environment.number)
    return next((pr.commit for pr in pulls), None)


def _tried(app: App) -> tuple[str | None, str | None]:
    """Commit and config of the newest attempt, else what the app serves."""
    attempt = app.attempt
    return (attempt.commit, attempt.config) if attempt is not None else (app.commit, app.config)


def _against(verdict: Verdict) -> str:
    """Why there is nothing to bring up."""
    match verdict:
        case Absent() | Fork() | Destroyed():
            return f"it gets no preview ({why(verdict)})"
        case Refused(_, refusal):
            return refusal.message
        case Held(hold):
            return held_words(hold)
        case Leave(because) if because:
            return because
        case _:
            return "nothing says what should be there"
