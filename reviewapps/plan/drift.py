"""What somebody else, or a bad moment, changed behind our back."""

from __future__ import annotations

from reviewapps.desired import Absent, Run, Verdict
from reviewapps.model import Actual
from reviewapps.plan.attempts import in_doubt


def drifted(verdict: Verdict, actual: Actual) -> str | None:
    """What is not as we left it, though nobody wishes for anything else; None where nothing is.

    We take addresses away before apps, so that one without an app was brought back by a request that came late.
    """
    app = actual.app
    match verdict:
        case Absent() if actual.routes and not actual.apps:
            return "an address without an app was left over"
        case Run(commit, config) if app is not None and (app.commit, app.config) == (commit, config):
            if in_doubt(actual):
                return None
            if not app.started:
                return "its app had been stopped"
            if not any(app.guid in route.apps for route in actual.routes):
                return "its address did not lead to the app"
    return None
