"""The gate before an environment's address: bound before the address leads anywhere, and up before it is told."""

from __future__ import annotations

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import Actual, App, Refusal
from reviewapps.plan.attempts import is_over
from reviewapps.plan.terms import Terms
from reviewapps.steps import Done, Next, Wait

NOT_UP = "the gate before the preview did not come up"


def guarded(run: Run, actual: Actual) -> Next | None:
    """What has to be done about the gate, before anything else is; None where nothing has.

    That it is bound is asked of the platform each time; the route's label only says that it may be, so that
    nobody has to ask where no gate should be.
    """
    route, guard = actual.route, actual.guard
    if route is None:
        return None
    if run.entrance == "public":
        return steps.UnbindGate(route.guid) if route.gated else None
    if guard is None:
        return steps.BindGate(route.guid) if _is_new(actual) else steps.Look("guard")
    if not guard.bound or not route.gated:
        return steps.BindGate(route.guid)
    return None if guard.up or guard.tended else steps.RaiseGate()


def _is_new(actual: Actual) -> bool:
    """Whether its address leads nowhere yet, and is about to: binding costs no more than to ask what is bound."""
    attempt = actual.app.attempt if actual.app is not None else None
    refused = attempt is not None and attempt.refusal is not None
    return actual.route is not None and not actual.route.apps and not refused


def behind_gate(step: Next, app: App, actual: Actual, terms: Terms) -> Next:
    """The step, or a wait where it needs the gate, which is not up: what the gate does not let through would
    seem not to answer."""
    guard = actual.guard
    if guard is None or guard.up or not app.started or not isinstance(step, steps.Reach | Done):
        return step
    attempt = app.attempt
    under_way = attempt is not None and attempt.refusal is None and not is_over(app, attempt)
    if attempt is not None and under_way and isinstance(step, steps.Reach) and terms.is_late(attempt):
        return steps.Refuse(Refusal("platform", NOT_UP, terms.now))
    return Wait("the gate")
