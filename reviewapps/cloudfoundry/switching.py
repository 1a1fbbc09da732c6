"""From a droplet to an app that serves it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, Rejected
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.cloudfoundry.variables import remember_names, with_variables
from reviewapps.cloudfoundry.web_process import is_changed, set_up
from reviewapps.errors import BadManifest
from reviewapps.model import Actual, App, Process
from reviewapps.steps import CancelRoll, Configure, Roll, ScaleProcesses, Start, Stop


def configure(api: Client, step: Configure, actual: Actual) -> Actual:
    """Sizes, command, health and variables, for whatever starts next.

    Variables come last: what is refused is refused before, and what serves would keep those of what is not to
    come. What the web process is known for is forgotten before it is changed, and noted when the app is live.
    """
    blueprint, app = step.blueprint, app_of(actual)
    fresh = app.attempt is not None and app.attempt.fresh
    forgotten: dict[str, str | None] = {labels.WEB: None} if is_changed(app.web, blueprint) else {}
    try:
        known = None if fresh else app.web
        app = remember_names(api, app, app.env_names | blueprint.env_names, forgotten)
        set_up(api, app, blueprint, known)
        app = with_variables(api, app, blueprint.env, blueprint.generated)
    except Rejected as refused:
        raise BadManifest(str(refused)) from refused
    return replace(actual.with_app(app), configured=blueprint.origin)


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
        try:
            _scale(api, there[type_], process)
        except Rejected as refused:  # such as a command that is too long
            raise BadManifest(f"the process `{type_}`: {refused}") from refused
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
    """Started, whatever it was: a deployment of an app that is started would roll it, so it is stopped first.

    A deployment of a stopped app gives it the droplet and starts it, in one request, and is over at once. Where
    there are none to be had, it takes two.
    """
    app = app_of(actual)
    if app.started:
        app = parse.app(api.stop(app.guid))
    try:
        made = api.create_deployment(app.guid, step.droplet, _marks(api, actual, step.attempt))
    except NoRoom:
        started = _started(api, app, step.droplet)
    else:
        started = replace(app, droplet=step.droplet, started=True)
        actual = replace(actual, deployments=(parse.deployment(made), *(actual.deployments or ())))
    return replace(actual.with_app(started), instances=(), answers=None)


def _started(api: Client, app: App, droplet: str) -> App:
    if app.droplet != droplet:
        api.assign_droplet(app.guid, droplet)
    return parse.app(api.start(app.guid))


def stop(api: Client, step: Stop, actual: Actual) -> Actual:
    app = parse.app(api.stop(app_of(actual).guid))
    if app.commit is not None or app.config is not None:
        app = parse.app(api.annotate(app.guid, {}, {labels.COMMIT: None, labels.CONFIG: None}))
    return replace(actual.with_app(app), instances=None, answers=None)


def roll(api: Client, step: Roll, actual: Actual) -> Actual:
    app = app_of(actual)
    try:
        made = api.create_deployment(app.guid, step.droplet, _marks(api, actual, step.attempt))
    except NoRoom:
        return replace(actual, no_room_to_roll=True)
    rolling = actual.with_app(replace(app, droplet=step.droplet))
    deployments = (parse.deployment(made), *(actual.deployments or ()))
    return replace(rolling, deployments=deployments, instances=(), answers=None)


def cancel_roll(api: Client, step: CancelRoll, actual: Actual) -> Actual:
    with suppress(Rejected, NotFound):  # it is over already: the next look tells how
        api.cancel_deployment(step.deployment)
    return replace(actual, deployments=None, instances=None, crashes=None, configured=None)


def _marks(api: Client, actual: Actual, attempt: str) -> dict[str, str]:
    """The labels of a deployment."""
    return labels.owner(api.instance, actual.environment, app_of(actual).app) | {labels.ATTEMPT: attempt}
