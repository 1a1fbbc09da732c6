"""One environment: from what it has to nothing, or to nothing but a record of its end.

Addresses go first, so that nobody is led nowhere. The app goes last: as long as it stands, it remembers what
services it had. It is stopped before they go, since it may be busy with them in any way.
"""

from __future__ import annotations

from reviewapps import steps
from reviewapps.model import Actual, Command
from reviewapps.plan.attempts import is_over
from reviewapps.plan.switch import rolling_of
from reviewapps.plan.tasks import parted, parting
from reviewapps.plan.terms import Terms
from reviewapps.steps import Done, Wait

Removal = (
    steps.DeleteRoute
    | steps.Look
    | steps.RunTask
    | steps.CancelTask
    | steps.Stop
    | steps.DeleteService
    | steps.DeleteApp
    | Wait
    | Done
)
Rest = Removal | steps.CancelRoll
Farewell = Rest | steps.CreateApp


def next_removal(actual: Actual, teardown: Command | None, terms: Terms) -> Removal:
    """What brings the environment nearer to nothing."""
    step = _without_data(actual, teardown, terms)
    if step is not None:
        return step
    for app in actual.apps:
        return steps.DeleteApp(app.guid)
    return Done()


def next_end(actual: Actual, terms: Terms) -> Rest | None:
    """What brings an environment to its end that is wanted again, where its teardown ran: its data is not what
    was set up any more, so it goes and is made anew. None where none ran, and where nothing is left but an app
    at rest that had services: its commands will run with new ones, and its build may be kept."""
    app = actual.app
    torn = parted(app, actual, terms) if app is not None else False
    if not isinstance(torn, bool):
        return torn
    if app is None or not torn:
        return None
    step = next_rest(actual, None, terms) if app.service_names else next_removal(actual, None, terms)
    return None if isinstance(step, Done) else step


def next_rest(actual: Actual, teardown: Command | None, terms: Terms) -> Rest:
    """What brings the environment nearer to nothing but its build, in an app that is stopped."""
    step, app = next_removal(actual, teardown, terms), actual.app
    if not isinstance(step, steps.DeleteApp):
        return step
    if app is None or not app.started:
        return Done()
    if actual.deployments is None:
        return steps.Look("deployments")
    rolling = rolling_of(actual)
    if rolling is not None:
        return Wait("the old version") if rolling.cancelling else steps.CancelRoll(rolling.guid)
    return steps.Stop()


def next_farewell(
    actual: Actual, record: steps.CreateApp, teardown: Command | None, terms: Terms
) -> Farewell:
    """What brings the environment nearer to nothing but a record of its end.

    The record is there before the app goes, which bears the same attempt: so whoever is killed on the way leaves
    something that remembers. (A droplet cannot be taken away from an app, so that the app itself is no record.)
    """
    step = _without_data(actual, teardown, terms)
    if step is not None:
        return step
    commit = record.attempt.commit
    kept = next((a for a in actual.apps if a.name in record.names and a.destroyed_at(commit)), None)
    if kept is None:
        return record
    others = (app for app in actual.apps if app.guid != kept.guid)
    return next((steps.DeleteApp(app.guid) for app in others), Done())


def _without_data(actual: Actual, teardown: Command | None, terms: Terms) -> Removal | None:
    """The address gone, the last command over, the services of its own gone with what they held."""
    for route in actual.routes:
        return steps.DeleteRoute(route.guid)
    app = actual.app
    step = parting(app, actual, teardown, terms) if app is not None and teardown is not None else None
    if step is not None:
        return step
    if actual.services is None:
        return steps.Look("services")
    for instance in actual.services:
        if instance.ours:
            return _stopped(actual) or steps.DeleteService(instance.guid)
    return None


def _stopped(actual: Actual) -> steps.Look | steps.Stop | None:
    """The app stopped; None where it is, or where a rolling deployment is under way: that would have to be called
    off and waited for, only for the app to go with it."""
    app = actual.app
    if app is None or not app.started:
        return None
    if app.attempt is not None and not is_over(app, app.attempt):
        if actual.deployments is None:
            return steps.Look("deployments")
        if rolling_of(actual) is not None:
            return None
    return steps.Stop()
