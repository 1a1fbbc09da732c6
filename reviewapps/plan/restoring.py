"""What serves gets its own variables and sizes back from an attempt that set others and did not come to an end.

That they are set is not noted, which would be a request more for each deploy: an attempt that is refused may have
set them, and one that took the place of another may have found them set. Only where they could not be given back
that is noted, so that the next attempt that is refused gives them back.
"""

from __future__ import annotations

from reviewapps import steps
from reviewapps.model import ADOPTED, Actual, App, Blueprint, Origin, Refusal
from reviewapps.plan.attempts import is_over
from reviewapps.plan.services import bound_again
from reviewapps.plan.switch import is_switched, rolling_of
from reviewapps.steps import Next

BEFORE = ("build", "copy", "source")
"""Faults that are found before an attempt sets anything."""


def may_have_changed(app: App) -> bool:
    """Whether the app may have variables and sizes of an attempt that never went live."""
    attempt = app.attempt
    if attempt is None or is_over(app, attempt):
        return False
    refusal = attempt.refusal
    return refusal is None or refusal.fault == "destroyed" or refusal.astray


def restored(refusal: Refusal, actual: Actual, blueprint: Blueprint | None) -> Next | None:
    """What gives the version that serves its variables, sizes and bindings back, since the next restart would take
    the new ones; None where it has them. The refusal is written afterwards, so that a kill forgets nothing.

    Of what somebody adopted nobody knows the source: there it stays with the new ones. So it does for as long as
    somebody else's deployment is under way, which lets nothing be set."""
    app, route = actual.app, actual.route
    if app is None or route is None or not app.started or app.commit in (None, ADOPTED):
        return None
    attempt = app.attempt
    if (
        attempt is None
        or (refusal.fault in BEFORE and not attempt.inherits)
        or rolling_of(actual) is not None
    ):
        return None
    if blueprint is None or blueprint.host != route.address or not _is_of(blueprint.origin, app):
        return steps.ReadSource(app.commit or "", route.address, app.rules_at)
    if actual.configured is None or not _is_of(actual.configured, app):
        return steps.Configure(blueprint)
    if (app.processes or blueprint.processes) and is_switched(app, attempt, actual) and not actual.scaled:
        return steps.ScaleProcesses(blueprint)
    return bound_again(app, attempt, actual, blueprint)


def _is_of(origin: Origin, app: App) -> bool:
    """Whether it is what the app serves. By which rules that went live may not be known."""
    return origin.commit == app.commit and app.rules_at in (None, origin.rules_at)
