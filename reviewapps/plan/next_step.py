"""One environment: the next step."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import Actual, App, Attempt, Blueprint, Refusal
from reviewapps.plan.attempts import began_after, is_live, is_over
from reviewapps.plan.droplet import droplet_of
from reviewapps.plan.guarding import behind_gate, guarded
from reviewapps.plan.switch import (
    is_switched,
    is_undone,
    is_well,
    rolling_of,
    switch,
    undo,
    watch_roll,
    watch_start,
)
from reviewapps.plan.terms import Terms, another_try
from reviewapps.steps import Done, Next, Wait

Farewell = steps.DeleteRoute | steps.CreateApp | steps.DeleteApp | Done

TAKES_LONG = steps.Upload | steps.CreateBuild | steps.CopyDroplet | steps.Start | steps.Roll


def next_step(run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    """What brings the environment nearer to running this commit; Done when it does, or may not."""
    for record in actual.apps:
        if record.is_record and record.destroyed_at() is not None:
            return steps.DeleteApp(record.guid)
    app = actual.app
    if app is None:
        return steps.CreateApp(terms.names, _first_attempt(run, terms))
    step = guarded(run, actual) or _next_step(app, run, actual, blueprint, terms)
    return behind_gate(step, app, actual, terms)


def _next_step(app: App, run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    if run.tags_seen is not None and not _remembers(app, run):
        return steps.Remember(run.source, run.commit, run.tags_seen)
    if app.refusal_of(run.commit, run.config) is not None:
        return _put_aside(app, actual)
    if is_live(app, run) and _is_routed(app, actual):
        return _put_aside(app, actual)
    attempt = app.attempt
    if attempt is None or not attempt.is_for(run.commit, run.config) or is_over(app, attempt):
        return _begin(app, run, actual, terms)
    if attempt.tries and terms.now < attempt.began + terms.pause * 2**attempt.tries:
        return Wait("another try after a fault of the platform")
    step = _carry_on(app, run, attempt, actual, blueprint, terms)
    return _late(step, attempt, actual, terms) if terms.is_late(attempt) else step


def next_removal(actual: Actual) -> steps.DeleteRoute | steps.DeleteApp | Done:
    """What brings the environment nearer to nothing: addresses first, so that nobody is led nowhere."""
    for route in actual.routes:
        return steps.DeleteRoute(route.guid)
    for app in actual.apps:
        return steps.DeleteApp(app.guid)
    return Done()


def next_farewell(actual: Actual, record: steps.CreateApp) -> Farewell:
    """What brings the environment nearer to nothing but a record of its end.

    The record is there before the app goes, which bears the same attempt: so whoever is killed on the way leaves
    something that remembers. (A droplet cannot be taken away from an app, so that the app itself is no record.)
    """
    for route in actual.routes:
        return steps.DeleteRoute(route.guid)
    commit = record.attempt.commit
    kept = next((a for a in actual.apps if a.name in record.names and a.destroyed_at(commit)), None)
    if kept is None:
        return record
    others = (app for app in actual.apps if app.guid != kept.guid)
    return next((steps.DeleteApp(app.guid) for app in others), Done())


def _remembers(app: App, run: Run) -> bool:
    return (app.source, app.wished, app.tags_seen) == (run.source, run.commit, run.tags_seen)


def _is_routed(app: App, actual: Actual) -> bool:
    return actual.route is not None and app.guid in actual.route.apps


def _first_attempt(run: Run, terms: Terms) -> Attempt:
    return Attempt(terms.attempt, run.commit, run.config, terms.now)


def _begin(app: App, run: Run, actual: Actual, terms: Terms) -> Next:
    """A new attempt. While it lasts, "started" and "no commit label" together mean that it was this attempt
    which started the app. So what runs without ever having been marked live is stopped first, and what
    somebody else stopped loses its label."""
    if app.started == (app.commit is None):
        return steps.Stop()
    asked_at = app.attempt.asked_at if app.attempt is not None else None
    return _given_up(app, actual) or steps.Begin(
        replace(_first_attempt(run, terms), began=began_after(app, terms.now), asked_at=asked_at)
    )


def _put_aside(app: App, actual: Actual) -> Next:
    """A refused attempt leaves nothing running, and what served before serves on."""
    refused = app.attempt is not None and app.attempt.refusal is not None
    return (_given_up(app, actual) if refused else None) or Done()


def _given_up(app: App, actual: Actual) -> Next | None:
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
    if rolling is not None:
        return Wait("the old version") if rolling.cancelling else steps.CancelRoll(rolling.guid)
    if not is_switched(app, attempt, actual):
        return None
    if app.commit is None or attempt.refusal is not None or actual.route is None:
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
    happens where nobody worked at it, since we were away. Looks go on: it may well be up."""
    if isinstance(step, Wait):
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
    if app.commit is not None and is_undone(attempt, actual):
        return undo(app.commit, attempt, actual, blueprint, host, terms)
    if blueprint is None or blueprint.host != host or blueprint.commit != attempt.commit:
        return steps.ReadSource(attempt.commit, host)
    if route is None:
        return steps.CreateRoute(terms.names, gated=run.entrance != "public")
    if app.started:
        if actual.deployments is None:
            return steps.Look("deployments")
        rolling = rolling_of(actual)
        if rolling is not None:
            return watch_roll(rolling, attempt, actual, terms)
        if is_switched(app, attempt, actual):
            return watch_start(attempt, blueprint, actual, terms)
    droplet = droplet_of(attempt, actual, blueprint, terms)
    if not isinstance(droplet, str):
        return droplet
    if not actual.configured:
        return steps.Configure(blueprint)
    if app.guid not in route.apps:
        return steps.MapRoute(route.guid)
    if not app.started:
        return steps.Start(droplet) if app.commit is None else steps.Stop()
    return switch(app, attempt, actual, droplet)
