"""A droplet of this build: here already, copied from elsewhere, or built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewapps import steps
from reviewapps.model import BUILDER, EXPIRED, Actual, App, Attempt, Blueprint, Build, Droplet, Refusal
from reviewapps.plan.provenance import awaited, explained
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

MOST_REFUSED = 10
"""So many copies of one attempt may turn out to start by other commands than are signed; then no more are made.
(Of an app's droplets, the 50 newest are looked at.)"""

COPYING = Wait("the copy of a build")

COPY_FAILED = "failed to copy"
"""What the error of a failed copy begins with; droplets of failed builds say other things."""


def droplet_of(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> str | Next:
    """The droplet of ``app`` to start, or what brings it nearer. Where nothing is built, nothing is built anew."""
    attempt = attempt if terms.builds else replace(attempt, fresh=False)
    if actual.builds is None:
        return steps.Look("builds")
    staging = next((b for b in actual.builds if b.state == "waiting"), None)
    if staging is not None:
        on = "staging" if _serves(staging, attempt, blueprint) else "an older staging"
        return Wait(on, "build", guid=staging.guid)
    built = [b for b in actual.builds if b.state == "ready" and _serves(b, attempt, blueprint)]
    for build in built:
        own = build.attempt == attempt.id and build.app == app.guid
        if own and build.droplet is not None and not terms.signs and actual.droplets is None:
            return build.droplet  # it is too young to have gone, but by hand, which its start would show
        if build.guid in actual.uncopied and build.droplet and build.app != app.guid and not terms.signs:
            return COPYING if actual.droplets is not None else steps.CopyDroplet(build.droplet)
    if built and actual.droplets is None:
        return steps.Look("droplets")
    ready = {d.guid: d for d in actual.droplets or () if d.state == "ready" and not d.refused}
    sources = [ready[b.droplet] for b in built if b.droplet in ready]
    for droplet in sources[:1]:
        if _may_be_signed(droplet, actual, blueprint, terms):
            return steps.Sign(droplet.guid, blueprint.build_key)
    for droplet in sources:
        if droplet.app == app.guid:
            return _as_before(droplet, app, attempt)
    for droplet in sources:
        return _copy_of_own(droplet, app, attempt, actual, terms)
    for droplet in ready.values() if not attempt.fresh else ():
        if droplet.app == app.guid and droplet.signed_for == blueprint.build_key:
            return _told(droplet, droplet.guid, attempt, actual)
    copies = _of_before(app, attempt, blueprint, ready)
    for droplet in copies:
        if not terms.signs or attempt.copied_from in (
            None,
            BEFORE,
        ):  # else its signature is still to be carried on
            return _as_before(droplet, app, attempt)
    failed = next((b for b in actual.builds if b.state == "failed" and b.attempt == attempt.id), None)
    if failed is not None:
        return _after_failure(failed, attempt, terms)
    copied = _copied(app, attempt, actual, blueprint, terms)
    if copied is not None:
        return copied
    for droplet in copies:
        return droplet.guid
    if not terms.builds:
        return awaited(attempt, actual, terms)
    why = explained(app, attempt, actual, terms, failed=bool(_failed_copies(app, attempt, actual)))
    return why or _built(app, attempt, actual, blueprint, terms)


def _as_before(droplet: Droplet, app: App, attempt: Attempt) -> str | Next:
    """What the app has already. Of shared environments it is written down where it is older than this attempt."""
    known = not _is_of(droplet, attempt) and app.environment.shared
    if known and attempt.copied_from is None:
        return steps.Begin(replace(attempt, copied_from=BEFORE))
    return droplet.guid


def _serves(build: Build, attempt: Attempt, blueprint: Blueprint) -> bool:
    """Whether a build is what this attempt would build."""
    return build.build_key == blueprint.build_key and (not attempt.fresh or build.attempt == attempt.id)


def _may_be_signed(droplet: Droplet, actual: Actual, blueprint: Blueprint, terms: Terms) -> bool:
    """Whether it is worth a look if the droplet can be signed; who cannot be signed now is looked at no more."""
    signed = droplet.signed_for == blueprint.build_key
    return terms.signs and not signed and droplet.guid not in actual.unsignable


def _told(source: Droplet, then: str | Next, attempt: Attempt, actual: Actual) -> str | Next:
    """``then``, once it is written down whose build this is."""
    origin = source.built_by if source.built_by != actual.environment.name else None
    return _with_origin(origin, attempt) or then


def _after_failure(build: Build, attempt: Attempt, terms: Terms) -> Next:
    if not build.error.startswith(PLATFORM_FAULTS):
        return steps.Refuse(Refusal("build", build.error, terms.now))
    return another_try(attempt, build.error, terms)


def _copy_of_own(source: Droplet, app: App, attempt: Attempt, actual: Actual, terms: Terms) -> str | Next:
    """What the environment's own builder built, copied to where it runs."""
    for failed in _failed_copies(app, attempt, actual):
        return another_try(attempt, failed.error, terms)
    copied = _with_signature(source, app, actual, terms)
    mine = next((d for d in actual.droplets or () if d.guid == copied), None)
    return copied if mine is None else _as_before(mine, app, attempt)


def _of_before(
    app: App, attempt: Attempt, blueprint: Blueprint, ready: Mapping[str, Droplet]
) -> list[Droplet]:
    """What the app went live with when it ran this build, if it still has that."""
    droplet = None if attempt.fresh else app.droplet_of(blueprint.build_key)
    return [ready[droplet]] if droplet is not None and droplet in ready else []


def _copy(source: Droplet, app: App, actual: Actual) -> str | Next:
    """A copy bears no labels: it is known by its checksum."""
    mine = [d for d in actual.droplets or () if d.app == app.guid and not d.refused]
    for copy in mine:
        if copy.state == "ready" and copy.checksum == source.checksum:
            return copy.guid
    if any(copy.state == "waiting" for copy in mine):
        return COPYING
    return steps.CopyDroplet(source.guid)


def _failed_copies(app: App, attempt: Attempt, actual: Actual) -> list[Droplet]:
    """Those of this attempt; the next may well copy what this could not."""
    mine = (d for d in actual.droplets or () if d.app == app.guid and d.state == "failed")
    return [d for d in mine if d.error.startswith(COPY_FAILED) and _is_of(d, attempt)]


def _is_of(droplet: Droplet, attempt: Attempt) -> bool:
    """Whether it was made since the attempt began. (The platform notes whole seconds.)"""
    return droplet.created_at is None or droplet.created_at >= attempt.began.replace(microsecond=0)


def _copied(
    app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms
) -> str | Next | None:
    """The same build of another environment; None where there is none. Where a copy failed, the next would too: it
    is built instead, and nobody is told of a copy."""
    if attempt.fresh:
        return None
    key, own = blueprint.build_key, terms.there.own
    before = app.droplet_of(key) is not None or (attempt.copied_from is not None and key in own)
    if _has_begun_to_copy(actual, blueprint, terms):
        return _looked_beside(blueprint, terms)  # which shows both the source and whether its copy is there
    if actual.droplets is None and (terms.sources or actual.elsewhere or before):
        return steps.Look("droplets")  # a copy may be there already, or have failed
    for failed in _failed_copies(app, attempt, actual):
        if not terms.builds:
            return another_try(attempt, failed.error, terms)
        return steps.Begin(replace(attempt, copied_from=None)) if attempt.copied_from is not None else None
    return _from_abroad(app, attempt, actual, blueprint, terms) or _from_beside(
        app, attempt, actual, blueprint, terms
    )


def _from_abroad(
    app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms
) -> str | Next | None:
    """From another space, where only our signature counts."""
    if not terms.sources:
        return None
    if actual.abroad is None:
        return steps.Look("abroad", blueprint.build_key, spaces=terms.sources)
    refused = [d for d in actual.droplets or () if d.app == app.guid and d.refused]
    if sum(_is_of(copy, attempt) for copy in refused) >= MOST_REFUSED:
        return None
    known = {copy.copy_of for copy in refused}
    for source in actual.abroad.signed:
        usable = source.state == "ready" and source.signed_for == blueprint.build_key
        if usable and source.guid not in known:
            return _told(source, _with_signature(source, app, actual, terms), attempt, actual)
    return None


def _from_beside(
    app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms
) -> str | Next | None:
    """From the same space, where labels count: who may write there may as well deploy. Nothing is there to be
    found where nothing is built."""
    if not terms.builds:
        return None
    key = blueprint.build_key
    if actual.elsewhere is None and not terms.signs:
        if not _may_be_there(key, attempt, actual, terms):
            return None
        if any(one.state == "waiting" for one in actual.droplets or ()):
            return COPYING
        sure = _sure_to_be_there(key, terms)
        if sure is not None:
            return _with_origin(sure.environment.name, attempt) or steps.CopyDroplet(sure.droplet or "")
    if actual.elsewhere is None:
        return _looked_beside(blueprint, terms)
    if actual.droplets is None and (actual.elsewhere or terms.signs):
        return steps.Look("droplets")  # what it ran before may have been copied
    for build in actual.elsewhere:
        source = actual.sources.get(build.droplet or "")
        if source is None or source.state != "ready" or source.checksum is None:
            continue
        origin = build.environment.name if build.environment is not None else None
        return _with_origin(origin, attempt) or _with_signature(source, app, actual, terms)
    return None


def _with_origin(origin: str | None, attempt: Attempt) -> Next | None:
    """Write down whose build is copied, before the app has anything by it; None where that is done."""
    copying = replace(attempt, copied_from=origin, because="", born=False)
    return None if copying == attempt else steps.Begin(copying)


def _looked_beside(blueprint: Blueprint, terms: Terms) -> steps.Look:
    key = blueprint.build_key
    return steps.Look("elsewhere", key, holders=() if terms.signs else terms.there.of(key))


def _has_begun_to_copy(actual: Actual, blueprint: Blueprint, terms: Terms) -> bool:
    """Whether an earlier turn may have copied from who is known to have this build, and nobody looked since."""
    if terms.signs or terms.sources or not terms.builds:
        return False
    unseen = actual.droplets is None and actual.elsewhere is None
    key = blueprint.build_key
    return unseen and key in terms.there.own and bool(terms.there.of(key))


def _may_be_there(key: str, attempt: Attempt, actual: Actual, terms: Terms) -> bool:
    """Whether anybody may have this build: what this attempt itself began to build is none yet."""
    if terms.there.keys is None or key in terms.there.keys:
        return True
    begun = any((one.attempt, one.build_key) == (attempt.id, key) for one in actual.packages or ())
    return key in terms.there.own and not begun


def _sure_to_be_there(key: str, terms: Terms) -> App | None:
    """Who ran this build when it was looked at, where the environment had none of it when its turn began: the
    platform keeps what an app runs, and no copy can be there already."""
    if key in terms.there.own:
        return None
    return next((one for one in terms.there.of(key) if one.droplet == one.droplet_of(key)), None)


def _with_signature(source: Droplet, app: App, actual: Actual, terms: Terms) -> str | Next:
    """The copy, with what is signed of its source, so that it can be copied on when that is gone. Where copies
    come from other spaces, the same checksum alone is no reason to start one: its commands have to be the same."""
    copied = _copy(source, app, actual)
    if not isinstance(copied, str) or not terms.signs or copied in actual.alike:
        return copied
    copy = next(d for d in actual.droplets or () if d.guid == copied)
    if source.signed_for is None and not terms.sources:
        return copied
    if copy.signed_for is not None and copy.signed_for == source.signed_for:
        return copied
    return steps.CarrySignature(copied, source.guid)


def _built(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> Next:
    clean = _is_clean(app, actual, blueprint)
    if clean is None:
        return steps.Look("droplets")
    where = app if clean else actual.builder
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
        if terms.signs and where.is_builder and not _is_new(where, attempt) and not actual.builder_is_ours:
            return _renewed(where, actual)
        return steps.Upload(where.guid, blueprint)
    if package.state == "ready" or package.processed:
        return steps.CreateBuild(where.guid, package.guid, attempt.id, blueprint)
    if package.uploaded:
        return Wait("the upload", "package")
    return steps.Upload(where.guid, blueprint, package.guid)


def _is_new(builder: App, attempt: Attempt) -> bool:
    """Whether it was made for this attempt. (The platform notes whole seconds.)"""
    return builder.created_at >= attempt.began.replace(microsecond=0)


def _renewed(builder: App, actual: Actual) -> Next:
    """Another builder where this one is not known to be ours alone: what it built could not be signed. That may be
    because somebody touched it, because we have another account by now, or because the platform has forgotten."""
    return steps.Look("builder") if actual.builder_is_ours is None else steps.ReplaceBuilder(builder.guid)


def _is_clean(app: App, actual: Actual, blueprint: Blueprint) -> bool | None:
    """Whether a build by this app would see no more than it may: the app never ran, so never had any variables or
    services that were meant for what runs. Whatever it has now and then is taken away first. The names that were
    noted at its birth are set once it has a droplet to run with; None where nobody looked if it has one."""
    if app.droplet is not None or app.service_names:
        return False
    if app.env_names <= blueprint.build_env.keys():
        return True
    if any(one.app == app.guid and one.state == "ready" for one in actual.builds or ()):
        return False
    if actual.droplets is None:
        return None
    return not any(one.app == app.guid and _was_there(one) for one in actual.droplets)


def _was_there(droplet: Droplet) -> bool:
    """Whether it can be run, or could once; those of builds and copies that failed never could."""
    return droplet.state != "failed" or droplet.error == EXPIRED
