"""One environment: the next step."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import Actual, App, Attempt, Blueprint, Refusal
from reviewapps.plan.attempts import began_after, is_live, is_over
from reviewapps.plan.droplet import droplet_of
from reviewapps.plan.growing import room_to_grow
from reviewapps.plan.guarding import behind_gate, guarded
from reviewapps.plan.removal import next_end
from reviewapps.plan.restoring import may_have_changed
from reviewapps.plan.returning import has_failed_to_return, returns, rolled_back
from reviewapps.plan.services import has_data_of_another, served
from reviewapps.plan.switch import (
    called_off,
    is_astray,
    is_switched,
    is_theirs,
    is_undone,
    is_well,
    kept_away,
    rolling_of,
    switch,
    watch_roll,
    watch_start,
)
from reviewapps.plan.tasks import due, failure, is_parting, parted, refused, watched
from reviewapps.plan.terms import Terms, another_try
from reviewapps.steps import Done, Next, Wait

TAKES_LONG = steps.Upload | steps.CreateBuild | steps.CopyDroplet | steps.RunTask | steps.Start | steps.Roll


def next_step(run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    """What brings the environment nearer to running this commit; Done when it does, or may not."""
    for record in actual.apps:
        if record.is_record and record.destroyed_at() is not None:
            return steps.DeleteApp(record.guid)
    app = actual.app
    if app is None:
        return _created(run, blueprint, terms)
    end = next_end(actual, terms)
    if end is not None:
        return end
    step = guarded(run, actual) or _next_step(app, run, actual, blueprint, terms)
    return behind_gate(step, app, actual, terms)


def _created(run: Run, blueprint: Blueprint | None, terms: Terms) -> steps.CreateApp:
    """The app's skeleton, which bears what is known of its source by then: later that is a request of its own."""
    attempt, follows = _first_attempt(run, terms), _followed(run)
    if blueprint is not None:
        attempt = replace(attempt, build_key=blueprint.build_key, born=True)
    return steps.CreateApp(terms.names, attempt, follows, blueprint)


def _next_step(app: App, run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    follows = _followed(run, app)
    if follows is None or _remembers(app, run):
        return _going_on(app, run, actual, blueprint, terms)
    step = _going_on(app, run, actual, blueprint, terms)
    return (
        replace(follows, attempt=step.attempt, calm=step.calm) if isinstance(step, steps.Begin) else follows
    )


def _followed(run: Run, app: App | None = None) -> steps.Remember | None:
    """What a shared environment that follows tags has to remember."""
    if run.tags_seen is None:
        return None
    if app is not None and (app.source, app.wished) == (run.source, run.commit):
        over, approved = app.over, app.approved  # only other tags were seen
    else:
        over, approved = run.over, run.approved
    return steps.Remember(run.source, run.commit, run.tags_seen, over=over, approved=approved)


def _going_on(app: App, run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    torn_down = parted(app, actual, terms) is True  # what has to be known for that, ``next_end`` has asked
    refusal = None if torn_down else app.refusal_of(run.commit, run.config)
    if refusal is not None and (run.rests or not _is_lifted(app, refusal)):
        return _put_aside(app, actual, terms) or _reachable(app, run, actual, terms) or Done()
    if is_live(app, run) and _is_routed(app, actual):
        remade = has_data_of_another(app, actual)
        if not remade:
            return _put_aside(app, actual, terms) or Done()
        if isinstance(remade, steps.Look):
            return remade
    attempt = app.attempt
    if attempt is None or torn_down or refusal or not _is_under_way(app, attempt, run):
        return _begin(app, run, actual, terms)
    again = attempt.began + terms.pause * 2**attempt.tries
    if attempt.tries and terms.now < again:
        return Wait("another try after a fault of the platform", until=again)
    step = _carry_on(app, run, attempt, actual, blueprint, terms)
    return _late(step, attempt, actual, terms) if terms.is_late(attempt) else step


def _is_under_way(app: App, attempt: Attempt, run: Run) -> bool:
    return attempt.is_for(run.commit, run.config) and not is_over(app, attempt)


def _remembers(app: App, run: Run) -> bool:
    return (app.source, app.wished, app.tags_seen) == (run.source, run.commit, run.tags_seen)


def _is_routed(app: App, actual: Actual) -> bool:
    return actual.route is not None and app.guid in actual.route.apps


def _first_attempt(run: Run, terms: Terms) -> Attempt:
    return Attempt(terms.attempt, run.commit, run.config, terms.now, approved=run.approved)


def _is_lifted(app: App, refusal: Refusal) -> bool:
    """Whether what somebody else deployed is gone again, by their own hand."""
    return refusal.fault == "drift" and app.attempt is not None and not is_theirs(app, app.attempt)


def _begin(app: App, run: Run, actual: Actual, terms: Terms) -> Next:
    """A new attempt. While it lasts, "started" and "no commit label" together mean that it was this attempt
    which started the app. So what runs without ever having been marked live is stopped first, and what
    somebody else stopped loses its label. A reset that is under way goes on with the new commit; so does a new
    build of this very commit that somebody asked for, where the config is another one by now. A command of the
    attempt before it may still run, unless that was over, refused, or torn down."""
    if app.started == (app.commit is None):
        return steps.Stop()
    before, attempt = app.attempt, replace(_first_attempt(run, terms), began=began_after(app, terms.now))
    if before is not None:
        over = is_over(app, before)
        forgets = over or before.refusal is not None or is_parting(app)
        attempt = replace(
            attempt,
            asked_at=before.asked_at,
            fresh=not over and before.refusal is None and before.fresh and before.commit == run.commit,
            replaces=None if over else before.replaces,
            task=None if forgets else before.task,
            task_asked_at=None if forgets else before.task_asked_at,
            data=before.data if _keeps_data(before, run, over) else None,
            inherits=may_have_changed(app),
        )
    return _given_up(app, actual, terms) or steps.Begin(attempt, calm=_is_calm(app, terms))


def _keeps_data(before: Attempt, run: Run, over: bool) -> bool:
    """Whether the data that it asked for is wished for still: it is under way, or what it brought up is started
    again."""
    return before.refusal is None and (not over or before.is_for(run.commit, run.config))


def _is_calm(app: App, terms: Terms) -> bool:
    """Whether nothing can be under way: the last attempt ended well, and what it ended with is there still. A word
    of it that comes later than that brings the same droplet once more. Who may copy from other spaces, or signs,
    looks at all that is there."""
    ended = app.attempt is not None and is_over(app, app.attempt)
    return ended and app.started and app.droplet == app.live_droplet and not (terms.sources or terms.signs)


def _put_aside(app: App, actual: Actual, terms: Terms) -> Next | None:
    """A refused attempt leaves nothing running, and what served before serves on; None where all is so."""
    refused = app.attempt is not None and app.attempt.refusal is not None
    return _given_up(app, actual, terms) if refused else None


def _reachable(app: App, run: Run, actual: Actual, terms: Terms) -> Next | None:
    """What serves on behind a refused commit gets its address back, which it lost where its removal was called
    off; None where it has it. What somebody else deployed is theirs to lead to."""
    if not app.started or app.commit is None or _is_routed(app, actual):
        return None
    if app.attempt is not None and is_theirs(app, app.attempt):
        return None
    if actual.route is None:
        return steps.CreateRoute(terms.names, gated=run.entrance != "public")
    return steps.MapRoute(actual.route.guid)


def _given_up(app: App, actual: Actual, terms: Terms) -> Next | None:
    """What an attempt that did not come to its end left behind, until the commit label tells the truth again.

    If it had switched already, the label still names what served before: what answers is marked live after
    all, so that nobody has to do without an app while the next attempt lasts.
    """
    attempt = app.attempt
    if attempt is None or is_over(app, attempt):
        return None
    if not app.started:
        return None if app.commit is None else steps.Stop()
    if actual.deployments is None:
        return steps.Look("deployments")
    rolling = rolling_of(actual)
    if rolling is not None and rolling.attempt is None and is_theirs(app, attempt):
        return None
    if rolling is not None:
        comes = rolling.cancelling or returns(rolling, attempt, terms)
        return Wait("the old version") if comes else steps.CancelRoll(rolling.guid)
    if has_failed_to_return(attempt, actual):
        return steps.Stop()
    if not is_switched(app, attempt, actual) and not is_astray(app, attempt, actual):
        return None
    if app.commit is not None and attempt.refusal is not None:
        return rolled_back(app, attempt, actual)
    if app.commit is None or actual.route is None:
        return steps.Stop()
    if actual.instances is None:
        return steps.Look("instances")
    if not is_well(actual):
        return steps.Stop()
    if actual.answers is None:
        return steps.Reach(actual.route.address)
    return steps.MarkLive(attempt) if actual.answers else steps.Stop()


def _late(step: Next, attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """After its deadline an attempt waits no longer. What takes long is only begun with another try; that
    happens where nobody worked at it, since we were away. Looks go on: it may well be up. A task has a deadline of
    its own, and is never left in the middle; who waits for room was not tried yet."""
    if isinstance(step, Wait) and step.kind != "task" and not step.room:
        rolling = rolling_of(actual)
        if rolling is not None:
            return step if rolling.cancelling else steps.CancelRoll(rolling.guid)
        return steps.Refuse(Refusal("platform", terms.lateness, terms.now))
    return another_try(attempt, terms.lateness, terms) if isinstance(step, TAKES_LONG) else step


def _carry_on(
    app: App, run: Run, attempt: Attempt, actual: Actual, blueprint: Blueprint | None, terms: Terms
) -> Next:
    route = actual.route
    host = route.address if route is not None else f"{terms.names[0]}.{terms.domain}"
    failed = _failed(app, attempt, actual, terms)
    if failed is not None:
        return failed
    if blueprint is None or blueprint.host != host or blueprint.commit != attempt.commit:
        return steps.ReadSource(attempt.commit, host)
    if route is None:
        return steps.CreateRoute(terms.names, gated=run.entrance != "public")
    if app.started:
        if actual.deployments is None:
            return steps.Look("deployments")
        rolling = rolling_of(actual)
        if rolling is not None:
            return kept_away(attempt, actual, terms) or watch_roll(rolling, attempt, actual, terms)
        if is_switched(app, attempt, actual):
            return watch_start(app, attempt, blueprint, actual, terms)
    refused = kept_away(attempt, actual, terms)
    if refused is not None:
        return refused
    if attempt.build_key != blueprint.build_key:
        return steps.Begin(replace(attempt, build_key=blueprint.build_key))
    step = room_to_grow(app, run, attempt, blueprint, terms)
    if step is not None:
        return step
    droplet = droplet_of(app, attempt, actual, blueprint, terms)
    if not isinstance(droplet, str):
        return droplet
    step = _readied(app, attempt, actual, blueprint, droplet, terms)
    if step is not None:
        return step
    if app.guid not in route.apps:
        return steps.MapRoute(route.guid)
    if not app.started:
        return steps.Start(droplet, attempt.id) if app.commit is None else steps.Stop()
    return switch(app, attempt, actual, droplet)


def _failed(app: App, attempt: Attempt, actual: Actual, terms: Terms) -> Next | None:
    """The refusal of an attempt that came to a bad end already; None while it may still do well."""
    if app.commit is not None and is_undone(attempt, actual):
        return called_off(attempt, actual, terms)
    task = failure(attempt, actual)
    return None if task is None else refused(task, terms)


def _readied(
    app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, droplet: str, terms: Terms
) -> Next | None:
    """What has to be done before the droplet may be started; None where all is.

    Commands run with the new variables, and with what was running still serving. What came of one is asked first:
    where it failed, what serves gets its own services back, and not these.
    """
    if attempt.task is not None and actual.tasks is None:
        return steps.Look("tasks")
    step = watched(attempt, actual, blueprint, terms) or served(app, attempt, actual, blueprint, terms)
    if step is not None:
        return step
    if actual.configured != blueprint.origin:
        return steps.Configure(blueprint)
    return due(app, attempt, actual, blueprint, droplet, terms)
