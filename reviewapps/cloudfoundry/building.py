"""From source to a droplet of the app."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import BITS_ALREADY_UPLOADED, NotReady, Rejected
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.cloudfoundry.variables import with_build_variables
from reviewapps.errors import BadManifest, Busy, NameTaken
from reviewapps.model import BUILDER, Actual, App, Blueprint, Package
from reviewapps.signing import Contents
from reviewapps.steps import CopyDroplet, CreateBuild, CreateBuilder, Upload


def upload(api: Client, step: Upload, actual: Actual) -> Actual:
    package = step.package or _create_package(api, step, actual)
    if api.ring is not None:  # before the bits: nothing but what comes with this step is what it holds
        told = Contents(actual.environment.repository, step.blueprint.build_key, package)
        api.provenance.seal(package, api.ring.signature(told))
    uploaded = _with_bits(api, step, package)
    others = (other for other in actual.packages or () if other.guid != package)
    return replace(actual, packages=(uploaded, *others))


def create_build(api: Client, step: CreateBuild, actual: Actual) -> Actual:
    builder = _app(step.app, actual)
    marks = _marks(api, step.blueprint, actual, builder) | {labels.ATTEMPT: step.attempt}
    try:
        first = _is_first(step, actual)
        builder = with_build_variables(api, builder, step.blueprint.build_env, first=first)
        actual = with_other(actual, builder)
        made = api.create_build(step.package, _lifecycle(step.blueprint), marks)
    except NotReady:
        return replace(actual, packages=None)
    except Rejected as refused:  # such as a buildpack that the platform does not have
        raise BadManifest(str(refused)) from refused
    return replace(actual, builds=(parse.build(made), *(actual.builds or ())))


def copy_droplet(api: Client, step: CopyDroplet, actual: Actual) -> Actual:
    """A copy from another space is labelled with its source, so that it is known which to leave alone if it will
    not do."""
    made = api.copy_droplet(step.droplet, app_of(actual).guid)
    if actual.abroad is not None and any(one.guid == step.droplet for one in actual.abroad.signed):
        made = api.provenance.note(made["guid"], {labels.COPY_OF: step.droplet})
    droplet = parse.droplet(made, api.ring, actual.environment.repository)
    return replace(actual, droplets=(droplet, *(actual.droplets or ())))


def create_builder(api: Client, step: CreateBuilder, actual: Actual) -> Actual:
    marks = labels.owner(api.instance, actual.environment, BUILDER)
    for name in step.names:
        try:
            made: dict[str, Any] | None = api.create_app(name, marks, {})
            if actual.packages is None:
                actual = replace(actual, packages=())  # those of the builder are asked for, and it has none
        except NameTaken:
            found = api.apps_named(name)
            made = next((one for one in found if marks.items() <= parse.labels_of(one).items()), None)
        if made is not None:
            return with_other(actual, parse.app(made))
    raise NameTaken(f"the app name {step.names[-1]!r} belongs to somebody else")


def with_other(actual: Actual, app: App) -> Actual:
    """The same with ``app`` as it is now, in its place."""
    others = tuple(one for one in actual.apps if one.guid != app.guid)
    return replace(actual, apps=(app, *others) if not app.is_builder else (*others, app))


def _app(guid: str, actual: Actual) -> App:
    for app in actual.apps:
        if app.guid == guid:
            return app
    raise ValueError(f"{actual.environment.key} has no app {guid}")


def _is_first(step: CreateBuild, actual: Actual) -> bool:
    """Whether it is the first build of an app that was made for it."""
    attempt = app_of(actual).attempt
    built = any(one.app == step.app for one in actual.builds or ())
    return attempt is not None and attempt.born and attempt.id == step.attempt and not built


def _create_package(api: Client, step: Upload, actual: Actual) -> str:
    attempt = app_of(actual).attempt
    mine = {labels.ATTEMPT: attempt.id} if attempt is not None else {}
    marks = _marks(api, step.blueprint, actual, _app(step.app, actual)) | mine
    return parse.package(api.create_package(step.app, marks)).guid


def _with_bits(api: Client, step: Upload, package: str) -> Package:
    if step.archive is None:
        raise ValueError("an upload needs an archive")
    if step.package is not None:
        api.package(package)  # an expired token is refreshed here, or by its creation, and not in the upload
    with _opened(step.archive) as archive:
        try:
            return parse.package(api.upload(package, archive), api.ring)
        except Rejected as refused:
            if BITS_ALREADY_UPLOADED not in refused.codes:
                raise
    return parse.package(api.package(package), api.ring)


def _opened(archive: Path) -> BinaryIO:
    """Of large archives few are kept: another worker's may have taken the place of this one since it was made."""
    try:
        return archive.open("rb")
    except FileNotFoundError:
        raise Busy("the archive of the source gave way to another one", after=1.0) from None


def _marks(api: Client, blueprint: Blueprint, actual: Actual, app: App) -> dict[str, str]:
    mine = labels.owner(api.instance, actual.environment, app.app)
    return mine | {labels.TREE: blueprint.tree, labels.BUILD: blueprint.build_key}


def _lifecycle(blueprint: Blueprint) -> dict[str, Any]:
    """Empty where the manifest leaves both to the platform."""
    wanted: dict[str, Any] = {}
    if blueprint.buildpacks:
        wanted["buildpacks"] = list(blueprint.buildpacks)
    if blueprint.stack:
        wanted["stack"] = blueprint.stack
    return {"lifecycle": {"type": "buildpack", "data": wanted}} if wanted else {}
