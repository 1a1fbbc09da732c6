"""From one droplet to the next, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reviewapps import steps
from reviewapps.model import ADOPTED, Actual, App, Attempt, Blueprint, Deployment, Refusal
from reviewapps.plan.services import in_words
from reviewapps.plan.terms import Terms
from reviewapps.steps import Next, Wait

CRASHES = 3
"""Cloud Foundry starts a crashed instance again at once three times, then ever later: by then it is known."""


MEANWHILE = (
    "its app was given something else while this was on its way; it is left alone until `redeploy` or `adopt`"
)


def is_theirs(app: App, attempt: Attempt) -> bool:
    """Whether the app has a droplet that somebody else gave it, and that nobody asked us to replace. Only to be
    asked where no deployment of ours is under way, or has come to its end for this attempt."""
    known = app.environment.shared and app.live_droplet is not None and app.commit not in (None, ADOPTED)
    return known and app.droplet not in (app.live_droplet, attempt.replaces)


def kept_away(attempt: Attempt, actual: Actual, terms: Terms) -> Next | None:
    """The refusal of an attempt that would take the place of what somebody else deployed while it lasted, once
    that is over; None where nobody did."""
    app, rolling = actual.app, rolling_of(actual)
    if app is None or (rolling is not None and rolling.attempt is not None) or not is_theirs(app, attempt):
        return None
    if is_of_another_attempt(app, actual):
        return None
    if rolling is not None and not terms.is_late(attempt):
        return Wait("what somebody else deploys", "deployment")
    return steps.Refuse(Refusal("drift", MEANWHILE, terms.now))


def is_of_another_attempt(app: App, actual: Actual) -> bool:
    """Whether the app has what an attempt of ours switched to, of which nothing is written any more: one that was
    written late took its place. What was called off since left it as it was."""
    newest = next((d for d in actual.deployments or () if d.deployed or d.attempt is None), None)
    if newest is None or newest.attempt is None or app.live_droplet is None:
        return False
    since = app.live_since is None or newest.created_at is None or newest.created_at > app.live_since
    return since and newest.droplet == app.droplet != app.live_droplet


def switch(app: App, attempt: Attempt, actual: Actual, droplet: str) -> Next:
    """Without room for a rolling deployment the app is stopped, which the attempt remembers and tells."""
    if attempt.stop_start:
        return steps.Stop()
    if actual.no_room_to_roll:
        return steps.Begin(replace(attempt, stop_start=True))
    return steps.Roll(droplet, attempt.id)


def rolling_of(actual: Actual) -> Deployment | None:
    return next((d for d in actual.deployments or () if d.active), None)


def is_switched(app: App, attempt: Attempt, actual: Actual) -> bool:
    """Whether what is started is this attempt's: started for the first time, or rolled to."""
    if app.commit is None:
        return True
    newest = next(iter(actual.deployments or ()), None)
    return newest is not None and newest.deployed and newest.attempt == attempt.id


def watch_roll(rolling: Deployment, attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """A deployment never fails by itself, and is never superseded: it is cancelled, and then waited for."""
    if rolling.cancelling:
        return Wait("a deployment that is called off", "deployment")
    if rolling.attempt != attempt.id:
        return steps.CancelRoll(rolling.guid)
    if actual.instances is None:
        return steps.Look("instances")
    if _crashed(attempt, actual, terms) is None:
        return Wait("the new instance", "deployment", guid=rolling.guid)
    return steps.Look("crashes") if actual.crashes is None else steps.CancelRoll(rolling.guid)


def is_undone(attempt: Attempt, actual: Actual) -> bool:
    """Whether this attempt's switch was called off, so that what served before serves on."""
    newest = next(iter(actual.deployments or ()), None)
    return newest is not None and newest.attempt == attempt.id and not newest.active and not newest.deployed


def is_astray(app: App, attempt: Attempt, actual: Actual) -> bool:
    """Whether the app was left with the droplet of a switch that was called off. One that was asked for twice,
    since its answer was late, goes back to what the first had given it; what served before serves on meanwhile."""
    twice = sum(one.attempt == attempt.id for one in actual.deployments or ()) > 1
    return twice and is_undone(attempt, actual) and app.droplet != app.live_droplet is not None


def called_off(attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """The refusal of an attempt whose deployment was cancelled, with what had crashed, if anything had."""
    if actual.crashes is None:
        return steps.Look("crashes")
    why = terms.lateness if terms.is_late(attempt) else "the switch was called off"
    return _crash(attempt, actual, terms, 1) or steps.Refuse(Refusal("platform", why, terms.now))


def watch_start(app: App, attempt: Attempt, blueprint: Blueprint, actual: Actual, terms: Terms) -> Next:
    """People see the URL only when it answers. A deployment that is over well has all its instances up, and the
    only instance that there ever was is up when it answers: how they are is only asked where the address does not
    answer."""
    told = app.commit is not None or _is_the_only_one(app, attempt, blueprint, actual)
    if told and actual.answers is None:
        return steps.Reach(blueprint.host)
    if told and actual.answers:
        return _live(app, attempt, blueprint, actual)
    if actual.instances is None:
        return steps.Look("instances")
    if not is_well(actual):
        return _crashed(attempt, actual, terms) or Wait("the first instance")
    if actual.answers is None:
        return steps.Reach(blueprint.host)
    if not actual.answers:
        return Wait("an answer of the address")
    return _live(app, attempt, blueprint, actual)


def _is_the_only_one(app: App, attempt: Attempt, blueprint: Blueprint, actual: Actual) -> bool:
    """Whether no other instance can answer: of one that was stopped just now the router may still know. (Behind a
    gate no answer would cast doubt on the gate.)"""
    if actual.guard is not None:
        return False
    mine = [one.attempt == attempt.id for one in actual.deployments or ()]
    return app.live_since is None and blueprint.instances == 1 and mine == [True]


def _live(app: App, attempt: Attempt, blueprint: Blueprint, actual: Actual) -> Next:
    """What is left to do for what answers."""
    if (app.processes or blueprint.processes) and not actual.scaled:
        return steps.ScaleProcesses(blueprint)
    told = replace(
        attempt,
        not_taken=blueprint.not_taken,
        services=in_words(blueprint),
        needs_mb=None,
        granted=False,
    )
    return steps.MarkLive(told, blueprint)


def is_well(actual: Actual) -> bool:
    return bool(actual.instances) and all(instance.well for instance in actual.instances or ())


def _crashed(attempt: Attempt, actual: Actual, terms: Terms) -> Next | None:
    """Refuse what crashes again and again; None while it may still come up."""
    if not any(instance.state == "CRASHED" for instance in actual.instances or ()):
        return None
    if actual.crashes is None:
        return steps.Look("crashes")
    return _crash(attempt, actual, terms, CRASHES)


def _crash(attempt: Attempt, actual: Actual, terms: Terms, least: int) -> steps.Refuse | None:
    """The refusal of what crashed at least so often since the attempt switched to it."""
    since = _switched_at(attempt, actual)
    crashes = [crash for crash in actual.crashes or () if crash.at >= since]
    if len(crashes) < least:
        return None
    lasted = max(1, round((terms.now - attempt.began).total_seconds()))
    what = max(crashes, key=lambda crash: crash.at).description
    return steps.Refuse(Refusal("crash", f"{what}, {len(crashes)} times in {lasted} s", terms.now))


def _switched_at(attempt: Attempt, actual: Actual) -> datetime:
    """From when on crashes are this attempt's, by the platform's clock: ours may be ahead of it. It notes them by
    whole seconds. Where deployments are disabled only ours tells."""
    mine = (one.created_at for one in actual.deployments or () if one.attempt == attempt.id)
    return (next(mine, None) or attempt.began).replace(microsecond=0)
