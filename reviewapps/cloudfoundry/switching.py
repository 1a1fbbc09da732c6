"""From a droplet to an app that serves it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, Rejected
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.errors import BadManifest
from reviewapps.model import Actual, App, Blueprint, Health
from reviewapps.steps import CancelRoll, Configure, Roll, Start, Stop


def configure(api: Client, step: Configure, actual: Actual) -> Actual:
    """Sizes, command, health and variables, for whatever starts next.

    Sizes come first: they are refused most, and what serves would keep the variables of what is not to come.
    A variable's name is written down before it is set and forgotten after it is unset, so that one which we
    set is always one that we know of.
    """
    blueprint, app = step.blueprint, app_of(actual)
    try:
        api.scale_web(app.guid, _sizes(blueprint))
        api.update_web(app.guid, blueprint.command, _health_check(blueprint.health))
        app = _remember_names(api, app, app.env_names | blueprint.env.keys())
        _set_environment(api, app, blueprint)
        app = _remember_names(api, app, frozenset(blueprint.env))
    except Rejected as refused:
        raise BadManifest(str(refused)) from refused
    return replace(actual.with_app(app), configured=True)


def start(api: Client, step: Start, actual: Actual) -> Actual:
    """Started, whatever it was: to start an app that is started does nothing, so it is stopped first."""
    app = app_of(actual)
    if app.droplet != step.droplet:
        api.assign_droplet(app.guid, step.droplet)
    if app.started:
        api.stop(app.guid)
    started = parse.app(api.start(app.guid))
    return replace(actual.with_app(started), instances=None, answers=None)


def stop(api: Client, step: Stop, actual: Actual) -> Actual:
    app = parse.app(api.stop(app_of(actual).guid))
    if app.commit is not None or app.config is not None:
        app = parse.app(api.annotate(app.guid, {}, {labels.COMMIT: None, labels.CONFIG: None}))
    return replace(actual.with_app(app), instances=None, answers=None)


def roll(api: Client, step: Roll, actual: Actual) -> Actual:
    app = app_of(actual)
    marks = labels.owner(api.instance, actual.environment, app.app) | {labels.ATTEMPT: step.attempt}
    try:
        made = api.create_deployment(app.guid, step.droplet, marks)
    except NoRoom:
        return replace(actual, no_room_to_roll=True)
    rolling = actual.with_app(replace(app, droplet=step.droplet))
    deployments = (parse.deployment(made), *(actual.deployments or ()))
    return replace(rolling, deployments=deployments, instances=None, answers=None)


def cancel_roll(api: Client, step: CancelRoll, actual: Actual) -> Actual:
    with suppress(Rejected, NotFound):  # it is over already: the next look tells how
        api.cancel_deployment(step.deployment)
    return replace(actual, deployments=None, instances=None, crashes=None, configured=False)


def _remember_names(api: Client, app: App, names: frozenset[str]) -> App:
    if names == app.env_names:
        return app
    notes = labels.names_annotations(labels.ENV_NAMES, app.env_names, names)
    return parse.app(api.annotate(app.guid, notes))


def _set_environment(api: Client, app: App, blueprint: Blueprint) -> None:
    gone: dict[str, str | None] = dict.fromkeys(app.env_names - blueprint.env.keys())
    if variables := {**gone, **blueprint.env}:
        api.set_environment(app.guid, variables)


def _health_check(health: Health) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if health.type == "http":
        data["endpoint"] = health.endpoint or "/"
    if health.timeout is not None:
        data["timeout"] = health.timeout
    return {"type": health.type, "data": data}


def _sizes(blueprint: Blueprint) -> dict[str, int]:
    wanted = {"memory_in_mb": blueprint.memory_mb, "disk_in_mb": blueprint.disk_mb}
    return {"instances": 1} | {name: size for name, size in wanted.items() if size is not None}
