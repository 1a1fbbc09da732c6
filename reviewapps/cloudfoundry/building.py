"""From source to a droplet of the app."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import BITS_ALREADY_UPLOADED, Rejected
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.errors import BadManifest
from reviewapps.model import Actual, Blueprint, Package
from reviewapps.steps import CopyDroplet, CreateBuild, Upload


def upload(api: Client, step: Upload, actual: Actual) -> Actual:
    package = step.package or _create_package(api, step.blueprint, actual)
    uploaded = _with_bits(api, step, package)
    others = (other for other in actual.packages or () if other.guid != package)
    return replace(actual, packages=(uploaded, *others))


def create_build(api: Client, step: CreateBuild, actual: Actual) -> Actual:
    marks = _marks(api, step.blueprint, actual) | {labels.ATTEMPT: step.attempt}
    if not app_of(actual).env_names:  # a build sees the app's variables: what saw any is nobody else's
        marks[labels.SHAREABLE] = "yes"
    try:
        made = api.create_build(step.package, _lifecycle(step.blueprint), marks)
    except Rejected as refused:  # such as a buildpack that the platform does not have
        raise BadManifest(str(refused)) from refused
    return replace(actual, builds=(parse.build(made), *(actual.builds or ())))


def copy_droplet(api: Client, step: CopyDroplet, actual: Actual) -> Actual:
    made = api.copy_droplet(step.droplet, app_of(actual).guid)
    return replace(actual, droplets=(parse.droplet(made), *(actual.droplets or ())))


def _create_package(api: Client, blueprint: Blueprint, actual: Actual) -> str:
    app = app_of(actual)
    mine = {labels.ATTEMPT: app.attempt.id} if app.attempt is not None else {}
    made = api.create_package(app.guid, _marks(api, blueprint, actual) | mine)
    return parse.package(made).guid


def _with_bits(api: Client, step: Upload, package: str) -> Package:
    if step.archive is None:
        raise ValueError("an upload needs an archive")
    api.package(package)  # an expired token is refreshed here, and not in the middle of the upload
    with step.archive.open("rb") as archive:
        try:
            return parse.package(api.upload(package, archive))
        except Rejected as refused:
            if BITS_ALREADY_UPLOADED not in refused.codes:
                raise
    return parse.package(api.package(package))


def _marks(api: Client, blueprint: Blueprint, actual: Actual) -> dict[str, str]:
    mine = labels.owner(api.instance, actual.environment, app_of(actual).app)
    return mine | {labels.TREE: blueprint.tree, labels.BUILD: blueprint.build_key}


def _lifecycle(blueprint: Blueprint) -> dict[str, Any]:
    """Empty where the manifest leaves both to the platform."""
    wanted: dict[str, Any] = {}
    if blueprint.buildpacks:
        wanted["buildpacks"] = list(blueprint.buildpacks)
    if blueprint.stack:
        wanted["stack"] = blueprint.stack
    return {"lifecycle": {"type": "buildpack", "data": wanted}} if wanted else {}
