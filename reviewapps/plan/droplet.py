"""A droplet of this build: here already, copied from elsewhere, or built."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import BUILDER, Actual, App, Attempt, Blueprint, Build, Droplet, Refusal
from reviewapps.plan.terms import Terms, another_try
from reviewapps.steps import Next, Wait

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

BEFORE = "before"
"""Stands where the environment's name does whose build it is, for one that the app had already."""

COPY_FAILED = "failed to copy"
"""What the error of a failed copy begins with; droplets of failed builds say other things."""


def droplet_of(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> str | Next:
    """The droplet of ``app`` to start, or what brings it nearer."""
    if actual.builds is None:
        return steps.Look("builds")
    staging = next((b for b in actual.builds if b.state == "waiting"), None)
    if staging is not None:
        return Wait("staging" if _serves(staging, attempt, blueprint) else "an older staging", "build")
    if actual.droplets is None:
        return steps.Look("droplets")
    ready = {d.guid: d for d in actual.droplets if d.state == "ready"}
    built = [b for b in actual.builds if b.state == "ready" and _serves(b, attempt, blueprint)]
    sources = [ready[b.droplet] for b in built if b.droplet in ready]
    copies = [d for d in ready.values() if d.build_key == blueprint.build_key and not attempt.fresh]
    for droplet in (*sources, *copies):
        if droplet.app == app.guid:
            return _as_before(droplet, app, attempt)
    for droplet in sources:
        return _copy_of_own(droplet, app, attempt, actual, terms)
    failed = next((b for b in actual.builds if b.state == "failed" and b.attempt == attempt.id), None)
    if failed is not None:
        return _after_failure(failed, attempt, terms)
    return _copied(app, attempt, actual, blueprint) or _built(app, attempt, actual, blueprint, terms)


def _as_before(droplet: Droplet, app: App, attempt: Attempt) -> str | Next:
    """What the app has already. Of shared environments it is written down where it is older than this attempt."""
    known = not _is_of(droplet, attempt) and app.environment.shared
    if known and attempt.copied_from is None:
        return steps.Begin(replace(attempt, copied_from=BEFORE))
    return droplet.guid


def _serves(build: Build, attempt: Attempt, blueprint: Blueprint) -> bool:
    """Whether a build is what this attempt would build."""
    return build.build_key == blueprint.build_key and (not attempt.fresh or build.attempt == attempt.id)


def _after_failure(build: Build, attempt: Attempt, terms: Terms) -> Next:
    if not build.error.startswith(PLATFORM_FAULTS):
        return steps.Refuse(Refusal("build", build.error, terms.now))
    return another_try(attempt, build.error, terms)


def _copy_of_own(source: Droplet, app: App, attempt: Attempt, actual: Actual, terms: Terms) -> str | Next:
    """What the environment's own builder built, copied to where it runs."""
    failed = next((d for d in _failed_copies(app, actual) if _is_of(d, attempt)), None)
    if failed is not None:
        return another_try(attempt, failed.error, terms)
    copied = _copy(source, app, actual)
    mine = next((d for d in actual.droplets or () if d.guid == copied), None)
    return copied if mine is None else _as_before(mine, app, attempt)


def _copy(source: Droplet, app: App, actual: Actual) -> str | Next:
    """A copy bears no labels: it is known by its checksum."""
    mine = [d for d in actual.droplets or () if d.app == app.guid]
    for copy in mine:
        if copy.state == "ready" and copy.checksum == source.checksum:
            return copy.guid
    if any(copy.state == "waiting" for copy in mine):
        return Wait("the copy of a build")
    return steps.CopyDroplet(source.guid)


def _failed_copies(app: App, actual: Actual) -> list[Droplet]:
    mine = (d for d in actual.droplets or () if d.app == app.guid and d.state == "failed")
    return [d for d in mine if d.error.startswith(COPY_FAILED)]


def _is_of(droplet: Droplet, attempt: Attempt) -> bool:
    """Whether it was made since the attempt began. (The platform notes whole seconds.)"""
    return droplet.created_at is None or droplet.created_at >= attempt.began.replace(microsecond=0)


def _copied(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint) -> str | Next | None:
    """The same build of another environment. Where a copy failed, the next would too: it is built instead, and
    nobody is told of a copy."""
    if attempt.fresh:
        return None
    if _failed_copies(app, actual):
        return steps.Begin(replace(attempt, copied_from=None)) if attempt.copied_from is not None else None
    if actual.elsewhere is None:
        return steps.Look("elsewhere", blueprint.build_key)
    for build in actual.elsewhere:
        source = actual.sources.get(build.droplet or "")
        if source is None or source.state != "ready" or source.checksum is None:
            continue
        origin = build.environment.name if build.environment is not None else None
        if attempt.copied_from != origin:
            return steps.Begin(replace(attempt, copied_from=origin))
        return _copy(source, app, actual)
    return None


def _built(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> Next:
    where = app if _is_clean(app, blueprint) else actual.builder
    if where is None:
        return steps.CreateBuilder(tuple(f"{name}-{BUILDER}" for name in terms.names))
    if actual.packages is None:
        return steps.Look("packages")
    mine = [p for p in actual.packages if p.build_key == blueprint.build_key and p.app == where.guid]
    package = next((p for p in mine if p.state != "failed"), None)
    if package is None:
        failed = next((p for p in mine if p.attempt == attempt.id), None)
        if failed is not None:
            return another_try(attempt, failed.error, terms)
        return steps.Upload(where.guid, blueprint)
    if package.state == "ready":
        return steps.CreateBuild(where.guid, package.guid, attempt.id, blueprint)
    if package.uploaded:
        return Wait("the upload", "package")
    return steps.Upload(where.guid, blueprint, package.guid)


def _is_clean(app: App, blueprint: Blueprint) -> bool:
    """Whether a build by this app would see no more than it may: the app never had a droplet, so never any
    variables or services that were meant for what runs. Whatever it has now and then is taken away first."""
    return app.droplet is None and not app.service_names and app.env_names <= blueprint.build_env.keys()
