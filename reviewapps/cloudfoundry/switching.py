"""From a droplet to an app that serves it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, Rejected
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.cloudfoundry.variables import with_variables
from reviewapps.errors import BadManifest
from reviewapps.model import Actual, App, Blueprint, Health, Process
from reviewapps.steps import CancelRoll, Configure, Roll, ScaleProcesses, Start, Stop


def configure(api: Client, step: Configure, actual: Actual) -> Actual:
    """Sizes, command, health and variables, for whatever starts next.

    Sizes come first: they are refused most, and what serves would keep the variables of what is not to come.
    """
    blueprint, app = step.blueprint, app_of(actual)
    try:
        api.scale_web(app.guid, _sizes(blueprint))
        api.update_web(app.guid, blueprint.command, _health_check(blueprint.health))
        app = with_variables(api, app, blueprint.env, blueprint.generated)
    except Rejected as refused:
        raise BadManifest(str(refused)) from refused
    return replace(actual.with_app(app), configured=blueprint.commit)


def scale_processes(api: Client, step: ScaleProcesses, actual: Actual) -> Actual:
    """They exist once the app has a droplet that has them. Names are noted before and forgotten afterwards, as
    those of variables are."""
    app, wanted = app_of(actual), step.blueprint.processes
    running = {type_ for type_, process in wanted.items() if process.instances}
    app = _remember_processes(api, app, app.processes | running)
    there = {process["type"]: process["guid"] for process in api.app_processes(app.guid)}
    for type_, process in sorted(wanted.items()):
        if type_ not in there:
            raise BadManifest(f"the app has no process `{type_}`, which `processes` in the rules names")
        _scale(api, there[type_], process)
    for type_ in sorted(app.processes - wanted.keys()):
        if type_ in there:
            _scale(api, there[type_], Process(0))
    return replace(actual.with_app(_remember_processes(api, app, frozenset(running))), scaled=True)


def _scale(api: Client, guid: str, process: Process) -> None:
    if process.command is not None:
        api.update_process(guid, process.command)
    sizes = {"instances": process.instances}
    api.scale_process(guid, sizes | ({"memory_in_mb": process.memory_mb} if process.memory_mb else {}))


def _remember_processes(api: Client, app: App, names: frozenset[str]) -> App:
    if names == app.processes:
        return app
    notes = labels.names_annotations(labels.PROCESSES, app.processes or None, names)
    return parse.app(api.annotate(app.guid, notes))


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
    return replace(actual, deployments=None, instances=None, crashes=None, configured=None)


def _health_check(health: Health) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if health.type == "http":
        data["endpoint"] = health.endpoint or "/"
    if health.timeout is not None:
        data["timeout"] = health.timeout
    return {"type": health.type, "data": data}


def _sizes(blueprint: Blueprint) -> dict[str, int]:
    wanted = {"memory_in_mb": blueprint.memory_mb, "disk_in_mb": blueprint.disk_mb}
    return {"instances": blueprint.instances} | {
        name: size for name, size in wanted.items() if size is not None
    }
