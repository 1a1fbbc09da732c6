"""Taking over an app that somebody else made, and its routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.model import ADOPTED, Actual, Candidate, Environment, Pin
from reviewapps.steps import Adopt, AdoptRoute


def candidate(api: Client, environment: Environment, name: str) -> Candidate | None:
    """The app of this name in the space, as one that may be taken over; None where there is none."""
    for found in api.apps_named(name):
        guid = found["guid"]
        routes, processes = api.app_routes(guid), api.app_processes(guid)
        return parse.candidate(found, routes, processes, api.instance, environment)
    return None


def adopt(api: Client, step: Adopt, actual: Actual) -> Actual:
    """All in one write, so that it is ours wholly or not at all. What is started serves something that we did not
    deploy: the label says so, as without one it would be stopped before the first deploy."""
    marks: dict[str, str | None] = dict(labels.owner(api.instance, actual.environment))
    notes = labels.names_annotations(labels.TAGS_SEEN, None, step.tags_seen)
    notes |= dict.fromkeys(
        (labels.ATTEMPT, labels.LIVE_DROPLET, labels.LIVE_BY, labels.WISHED, labels.SOURCE, labels.PIN)
    )
    notes[labels.BUILT] = labels.built_text(None, None)
    if step.serves:
        notes[labels.PIN] = labels.pin_text(_pin(step))
        marks |= {labels.COMMIT: ADOPTED, labels.CONFIG: ADOPTED}
        notes[labels.LIVE_SINCE] = datetime.now(UTC).isoformat()
    return actual.with_app(parse.app(api.annotate(step.guid, notes, marks)))


def _pin(step: Adopt) -> Pin | None:
    """Where tags are followed there is no head that it lies over; no commit is called like nothing."""
    known = step.over is not None or step.since is not None
    return Pin(ADOPTED, step.over or "", since=step.since) if known else None


def adopt_route(api: Client, step: AdoptRoute, actual: Actual) -> Actual:
    app = actual.app.app if actual.app is not None else labels.DEFAULT_APP
    made = parse.route(api.label_route(step.guid, labels.owner(api.instance, actual.environment, app)))
    others = (route for route in actual.routes if route.guid != made.guid)
    return replace(actual, routes=(made, *others))
