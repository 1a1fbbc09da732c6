"""A droplet of this build: here already, copied from elsewhere, or built."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import Actual, Attempt, Blueprint, Build, Refusal
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

COPY_FAILED = "failed to copy"
"""What the error of a failed copy begins with; droplets of failed builds say other things."""


def droplet_of(attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> str | Next:
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
    return _copied(attempt, actual, blueprint) or _built(attempt, actual, blueprint, terms)


def _serves(build: Build, attempt: Attempt, blueprint: Blueprint) -> bool:
    """Whether a build is what this attempt would build."""
    return build.build_key == blueprint.build_key and (not attempt.fresh or build.attempt == attempt.id)


def _after_failure(build: Build, attempt: Attempt, terms: Terms) -> Next:
    if not build.error.startswith(PLATFORM_FAULTS):
        return steps.Refuse(Refusal("build", build.error, terms.now))
    return another_try(attempt, build.error, terms)


def _copied(attempt: Attempt, actual: Actual, blueprint: Blueprint) -> str | Next | None:
    """The same build of another environment. A copy bears no labels: it is known by its checksum. Where one
    failed, the next would too: it is built instead, and nobody is told of a copy."""
    if attempt.fresh:
        return None
    if any(d.state == "failed" and d.error.startswith(COPY_FAILED) for d in actual.droplets or ()):
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
        copies = [d for d in actual.droplets or () if d.checksum == source.checksum]
        for copy in copies:
            if copy.state == "ready":
                return copy.guid
        if any(copy.state == "waiting" for copy in actual.droplets or ()):
            return Wait("the copy of a build")
        return steps.CopyDroplet(source.guid)
    return None


def _built(attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> Next:
    if actual.packages is None:
        return steps.Look("packages")
    mine = [p for p in actual.packages if p.build_key == blueprint.build_key]
    package = next((p for p in mine if p.state != "failed"), None)
    if package is None:
        failed = next((p for p in mine if p.attempt == attempt.id), None)
        return steps.Upload(blueprint) if failed is None else another_try(attempt, failed.error, terms)
    if package.state == "ready":
        return steps.CreateBuild(package.guid, attempt.id, blueprint)
    return Wait("the upload", "package") if package.uploaded else steps.Upload(blueprint, package.guid)
