"""Desired and actual → what to do: for a repository, which environments want attention; for one environment,
the next step. Pure.

Each question of a plan is asked of what stands on the platform, never of what was done before: so whoever was
killed is simply continued by the next one who looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviewapps import steps
from reviewapps.desired import Absent, Desired, Leave, Run, Verdict
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Blueprint,
    Build,
    Comment,
    Deployment,
    Environment,
    Refusal,
    Space,
)
from reviewapps.naming import value_digest
from reviewapps.steps import Done, Next, Wait

TRIES = 3
"""How often what the platform did wrong is tried."""

CRASHES = 3
"""Cloud Foundry starts a crashed instance again at once three times, then ever later: by then it is known."""

TAKES_LONG = steps.Upload | steps.CreateBuild | steps.CopyDroplet | steps.Start | steps.Roll

PLATFORM_FAULTS = (
    "StagingTimeExpired",
    "InsufficientResources",
    "NoCompatibleCell",
    "StagingError",
    "StagerError",
    "InternalError",
    "RuntimeError",
)
"""Ids that a failed build's error begins with where its author can do nothing about it. (CC's errors/v2.yml)"""


# --- a repository: who wants attention ---


def attention(
    desired: Desired, space: Space, repository: int, settled: Mapping[Environment, str]
) -> dict[Environment, bool]:
    """The environments to settle, each with whether it is a teardown, which goes first.

    ``settled`` are the fingerprints under which environments were found to be as they should be and people
    to be told so. One that is forgotten is settled again, which then finds nothing to do.
    """
    known = desired.verdicts.keys() | space.environments(repository)
    wanting: dict[Environment, bool] = {}
    for environment in sorted(known):
        verdict, actual = desired.of(environment), space.actual(environment)
        if isinstance(verdict, Leave) or (isinstance(verdict, Absent) and actual.empty):
            continue
        if settled.get(environment) != fingerprint(verdict, actual):
            wanting[environment] = isinstance(verdict, Absent)
    return wanting


def unfinished(desired: Desired, space: Space, comments: Iterable[Comment]) -> frozenset[Environment]:
    """Those that are gone, or never were wanted, and whose comment still says otherwise: whoever took them
    away was killed before it was said."""
    return frozenset(
        comment.environment
        for comment in comments
        if comment.state != "removed"
        and space.actual(comment.environment).empty
        and isinstance(desired.verdicts.get(comment.environment, Absent("closed")), Absent)
    )


def fingerprint(verdict: Verdict, actual: Actual) -> str:
    """Equal exactly where nothing changed that a plan or a report would look at."""
    apps = frozenset(replace(app, env_names=frozenset()) for app in actual.apps)
    return value_digest((verdict, apps, frozenset(actual.routes)))


# --- one environment: the next step ---


@dataclass(frozen=True)
class Terms:
    """What a plan may use and must keep to. ``attempt`` is the id that a new attempt would get."""

    names: tuple[str, ...]
    domain: str
    attempt: str
    now: datetime
    deadline: timedelta = timedelta(minutes=15)
    pause: timedelta = timedelta(seconds=10)


def next_step(run: Run, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    """What brings the environment nearer to running this commit; Done when it does, or may not."""
    app = actual.app
    if app is None:
        return steps.CreateApp(terms.names, _first_attempt(run, terms))
    if run.tags_seen is not None and not _remembers(app, run):
        return steps.Remember(run.source, run.commit, run.tags_seen)
    if app.refusal_of(run.commit, run.config) is not None:
        return _put_aside(app, actual)
    if is_live(app, run) and _is_routed(app, actual):
        return _put_aside(app, actual)
    attempt = app.attempt
    if attempt is None or not attempt.is_for(run.commit, run.config) or _is_over(app, attempt):
        return _begin(app, run, actual, terms)
    if attempt.tries and terms.now < attempt.began + terms.pause * 2**attempt.tries:
        return Wait("another try after a fault of the platform")
    step = _carry_on(app, attempt, actual, blueprint, terms)
    return step if terms.now <= attempt.began + terms.deadline else _late(step, attempt, actual, terms)


def next_removal(actual: Actual) -> Next:
    """What brings the environment nearer to nothing: addresses first, so that nobody is led nowhere."""
    for route in actual.routes:
        return steps.DeleteRoute(route.guid)
    for app in actual.apps:
        return steps.DeleteApp(app.guid)
    return Done()


def is_live(app: App, run: Run) -> bool:
    """Whether the app is known to serve this commit with this config, and no attempt is under way."""
    serves = app.started and (app.commit, app.config) == (run.commit, run.config)
    attempt = app.attempt
    return serves and (attempt is None or attempt.refusal is not None or _is_over(app, attempt))


def in_doubt(actual: Actual) -> bool:
    """Whether a request of an attempt may still be in flight, and bring back what is deleted now."""
    attempts = [(app, app.attempt) for app in actual.apps if app.attempt is not None]
    return any(a.refusal is None and not _is_over(app, a) for app, a in attempts)


def _is_over(app: App, attempt: Attempt) -> bool:
    """Whether the attempt ended well: the app went live after it began."""
    return app.live_since is not None and app.live_since >= attempt.began


def _remembers(app: App, run: Run) -> bool:
    return (app.source, app.wished, app.tags_seen) == (run.source, run.commit, run.tags_seen)


def _is_routed(app: App, actual: Actual) -> bool:
    return actual.route is not None and app.guid in actual.route.apps


def _first_attempt(run: Run, terms: Terms) -> Attempt:
    return Attempt(terms.attempt, run.commit, run.config, terms.now)


def _next_attempt(app: App, run: Run, terms: Terms) -> Attempt:
    """It begins after what went live before, also where that was written by a clock that is ahead of ours."""
    attempt = _first_attempt(run, terms)
    if app.live_since is None or app.live_since < attempt.began:
        return attempt
    return replace(attempt, began=app.live_since + timedelta.resolution)


def _begin(app: App, run: Run, actual: Actual, terms: Terms) -> Next:
    """A new attempt. While it lasts, "started" and "no commit label" together mean that it was this attempt
    which started the app. So what runs without ever having been marked live is stopped first, and what
    somebody else stopped loses its label."""
    if app.started == (app.commit is None):
        return steps.Stop()
    return _given_up(app, actual) or steps.Begin(_next_attempt(app, run, terms))


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
    if attempt is None or _is_over(app, attempt):
        return None
    if not app.started:
        return None if app.commit is None else steps.Stop()
    if actual.deployments is None:
        return steps.Look("deployments")
    rolling = _rolling(actual)
    if rolling is not None:
        return Wait("the old version") if rolling.cancelling else steps.CancelRoll(rolling.guid)
    if not _is_switched(app, attempt, actual):
        return None
    if app.commit is None or attempt.refusal is not None or actual.route is None:
        return steps.Stop()
    if actual.instances is None:
        return steps.Look("instances")
    if not _is_well(actual):
        return steps.Stop()
    if actual.answers is None:
        return steps.Reach(actual.route.address)
    return steps.MarkLive(attempt) if actual.answers else steps.Stop()


def _late(step: Next, attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """After its deadline an attempt waits no longer. What takes long is only begun with another try; that
    happens where nobody worked at it, since we were away. Looks go on: it may well be up."""
    minutes = int(terms.deadline.total_seconds() // 60)
    message = f"it was not up after {minutes} min"
    if isinstance(step, Wait):
        rolling = _rolling(actual)
        if rolling is not None:
            return step if rolling.cancelling else steps.CancelRoll(rolling.guid)
        return steps.Refuse(Refusal("platform", message, terms.now))
    return another_try(attempt, message, terms) if isinstance(step, TAKES_LONG) else step


def _carry_on(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint | None, terms: Terms) -> Next:
    route = actual.route
    host = route.address if route is not None else f"{terms.names[0]}.{terms.domain}"
    if app.commit is not None and _is_undone(attempt, actual):
        return _undo(app.commit, attempt, actual, blueprint, host, terms)
    if blueprint is None or blueprint.host != host or blueprint.commit != attempt.commit:
        return steps.ReadSource(attempt.commit, host)
    if route is None:
        return steps.CreateRoute(terms.names)
    if app.started:
        if actual.deployments is None:
            return steps.Look("deployments")
        rolling = _rolling(actual)
        if rolling is not None:
            return _watch_roll(rolling, attempt, actual, terms)
        if _is_switched(app, attempt, actual):
            return _watch_start(attempt, blueprint, actual, terms)
    droplet = _droplet(attempt, actual, blueprint, terms)
    if not isinstance(droplet, str):
        return droplet
    if not actual.configured:
        return steps.Configure(blueprint)
    if app.guid not in route.apps:
        return steps.MapRoute(route.guid)
    if not app.started:
        return steps.Start(droplet) if app.commit is None else steps.Stop()
    return _switch(app, attempt, actual, droplet)


# --- the switch ---


def _switch(app: App, attempt: Attempt, actual: Actual, droplet: str) -> Next:
    """Without room for a rolling deployment the app is stopped, which the attempt remembers and tells."""
    if attempt.stop_start:
        return steps.Stop()
    if actual.no_room_to_roll:
        return steps.Begin(replace(attempt, stop_start=True))
    return steps.Roll(droplet, attempt.id)


def _rolling(actual: Actual) -> Deployment | None:
    return next((d for d in actual.deployments or () if d.active), None)


def _is_switched(app: App, attempt: Attempt, actual: Actual) -> bool:
    """Whether what is started is this attempt's: started for the first time, or rolled to."""
    if app.commit is None:
        return True
    newest = next(iter(actual.deployments or ()), None)
    return newest is not None and newest.deployed and newest.attempt == attempt.id


def _watch_roll(rolling: Deployment, attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """A deployment never fails by itself, and is never superseded: it is cancelled, and then waited for."""
    if rolling.cancelling:
        return Wait("a deployment that is called off", "deployment")
    if rolling.attempt != attempt.id:
        return steps.CancelRoll(rolling.guid)
    if actual.instances is None:
        return steps.Look("instances")
    if _crashed(attempt, actual, terms) is None:
        return Wait("the new instance", "deployment")
    return steps.Look("crashes") if actual.crashes is None else steps.CancelRoll(rolling.guid)


def _is_undone(attempt: Attempt, actual: Actual) -> bool:
    """Whether this attempt's switch was called off, so that what served before serves on."""
    newest = next(iter(actual.deployments or ()), None)
    return newest is not None and newest.attempt == attempt.id and not newest.active and not newest.deployed


def _undo(
    serving: str, attempt: Attempt, actual: Actual, blueprint: Blueprint | None, host: str, terms: Terms
) -> Next:
    """Cancelling gives the old droplet back, but not its variables and sizes: those are set again, since the
    next restart would take the new ones. The refusal is written last, so that a kill forgets nothing."""
    if blueprint is None or blueprint.host != host or blueprint.commit != serving:
        return steps.ReadSource(serving, host)
    if not actual.configured:
        return steps.Configure(blueprint)
    if actual.crashes is None:
        return steps.Look("crashes")
    called_off = Refusal("platform", "the switch was called off", terms.now)
    return _crash(attempt, actual, terms, 1) or steps.Refuse(called_off)


def _watch_start(attempt: Attempt, blueprint: Blueprint, actual: Actual, terms: Terms) -> Next:
    """People see the URL only when it answers."""
    if actual.instances is None:
        return steps.Look("instances")
    if not _is_well(actual):
        return _crashed(attempt, actual, terms) or Wait("the first instance")
    if actual.answers is None:
        return steps.Reach(blueprint.host)
    if not actual.answers:
        return Wait("an answer of the address")
    return steps.MarkLive(replace(attempt, not_taken=blueprint.not_taken))


def _is_well(actual: Actual) -> bool:
    return bool(actual.instances) and all(instance.well for instance in actual.instances or ())


def _crashed(attempt: Attempt, actual: Actual, terms: Terms) -> Next | None:
    """Refuse what crashes again and again; None while it may still come up."""
    if not any(instance.state == "CRASHED" for instance in actual.instances or ()):
        return None
    if actual.crashes is None:
        return steps.Look("crashes")
    return _crash(attempt, actual, terms, CRASHES)


def _crash(attempt: Attempt, actual: Actual, terms: Terms, least: int) -> steps.Refuse | None:
    """The refusal of what crashed at least so often since the attempt began."""
    crashes = [crash for crash in actual.crashes or () if crash.at >= attempt.began]
    if len(crashes) < least:
        return None
    lasted = max(1, round((terms.now - attempt.began).total_seconds()))
    what = max(crashes, key=lambda crash: crash.at).description
    return steps.Refuse(Refusal("crash", f"{what}, {len(crashes)} times in {lasted} s", terms.now))


# --- a droplet of this build: here, elsewhere, or built ---


def _droplet(attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> str | Next:
    """The droplet to start, or what brings it nearer."""
    if actual.builds is None:
        return steps.Look("builds")
    staging = next((b for b in actual.builds if b.state == "waiting"), None)
    if staging is not None:
        return Wait("staging" if _serves(staging, attempt, blueprint) else "an older staging", "build")
    if actual.droplets is None:
        return steps.Look("droplets")
    ready = {d.guid: d for d in actual.droplets if d.state == "ready"}
    for build in actual.builds:
        if build.state == "ready" and build.droplet in ready and _serves(build, attempt, blueprint):
            return build.droplet
    failed = next((b for b in actual.builds if b.state == "failed" and b.attempt == attempt.id), None)
    if failed is not None:
        return _after_failure(failed, attempt, terms)
    return _copied(attempt, actual, blueprint) or _built(attempt, actual, blueprint)


def _serves(build: Build, attempt: Attempt, blueprint: Blueprint) -> bool:
    """Whether a build is what this attempt would build."""
    return build.build_key == blueprint.build_key and (not attempt.fresh or build.attempt == attempt.id)


def _after_failure(build: Build, attempt: Attempt, terms: Terms) -> Next:
    if not build.error.startswith(PLATFORM_FAULTS):
        return steps.Refuse(Refusal("build", build.error, terms.now))
    return another_try(attempt, build.error, terms)


def another_try(attempt: Attempt, message: str, terms: Terms) -> Next:
    """The platform's own faults are tried three times, ever later; then somebody has to look."""
    if attempt.tries + 1 >= TRIES:
        return steps.Refuse(Refusal("platform", message, terms.now))
    return steps.Begin(replace(attempt, id=terms.attempt, began=terms.now, tries=attempt.tries + 1))


def _copied(attempt: Attempt, actual: Actual, blueprint: Blueprint) -> str | Next | None:
    """The same build of another environment. A copy bears no labels: it is known by its checksum."""
    if attempt.fresh:
        return None
    if actual.elsewhere is None:
        return steps.Look("elsewhere", blueprint.build_key)
    for build in actual.elsewhere:
        source = actual.sources.get(build.droplet or "")
        if source is None or source.state != "ready" or source.checksum is None:
            continue
        origin = build.environment.name if build.environment is not None else None
        if attempt.copied_from != origin:
            return steps.Begin(replace(attempt, copied_from=origin))
        copies = [d for d in actual.droplets or () if d.checksum == source.checksum]
        for copy in copies:
            if copy.state == "ready":
                return copy.guid
        if any(copy.state == "waiting" for copy in actual.droplets or ()):
            return Wait("the copy of a build")
        return steps.CopyDroplet(source.guid)
    return None


def _built(attempt: Attempt, actual: Actual, blueprint: Blueprint) -> Next:
    if actual.packages is None:
        return steps.Look("packages")
    mine = [p for p in actual.packages if p.build_key == blueprint.build_key]
    package = next((p for p in mine if p.state != "failed"), None)
    if package is None:
        return steps.Upload(blueprint)
    if package.state == "ready":
        return steps.CreateBuild(package.guid, attempt.id, blueprint)
    return Wait("the upload", "package") if package.uploaded else steps.Upload(blueprint, package.guid)
