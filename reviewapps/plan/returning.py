"""Back to what served before, when what took its place crashed before anybody was told of it."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import Actual, App, Attempt, Deployment, Refusal
from reviewapps.plan.switch import is_astray, is_of_another_attempt, is_switched
from reviewapps.plan.terms import Terms
from reviewapps.steps import Next


def with_what_is_left(refusal: Refusal, actual: Actual) -> Refusal:
    """The refusal, with the droplet that its attempt had switched to already: so whoever is killed before that is
    undone does not take it for somebody else's. Nor what another attempt of ours had, which serves on."""
    app = actual.app
    if app is None or app.attempt is None or app.commit is None:
        return refusal
    left = (
        is_switched(app, app.attempt, actual)
        or is_astray(app, app.attempt, actual)
        or is_of_another_attempt(app, actual)
    )
    return replace(refusal, left=app.droplet) if left else refusal


def rolled_back(app: App, attempt: Attempt, actual: Actual) -> Next:
    """The switch of a refused attempt, undone; where the old droplet is gone or has expired, or there is no room,
    nothing is left to run. The commit label still names what served before, and its variables are set again
    already."""
    before = app.live_droplet
    gone = actual.droplets is not None and before not in {
        d.guid for d in actual.droplets if d.state == "ready"
    }
    if before is None or before == app.droplet or gone or actual.no_room_to_roll:
        return steps.Stop()
    return steps.Roll(before, _way_back(attempt))


def returns(deployment: Deployment, attempt: Attempt, terms: Terms) -> bool:
    """Whether it undoes the switch of this attempt, and may still do so."""
    refusal = attempt.refusal
    late = refusal is not None and terms.now > refusal.at + terms.deadline
    return deployment.attempt == _way_back(attempt) and not late


def has_failed_to_return(attempt: Attempt, actual: Actual) -> bool:
    """Whether what served before did not come up again either."""
    newest = next(iter(actual.deployments or ()), None)
    return (
        newest is not None and newest.attempt == _way_back(attempt) and not (newest.active or newest.deployed)
    )


def _way_back(attempt: Attempt) -> str:
    return f"{attempt.id}.back"
