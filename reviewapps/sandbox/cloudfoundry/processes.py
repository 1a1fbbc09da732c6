"""The processes of an app: which there are, which is the newest, and what starts and stops them."""

from __future__ import annotations

from dataclasses import replace

from reviewapps.sandbox.cloudfoundry.cells import Cells
from reviewapps.sandbox.cloudfoundry.errors import not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.quotas import check_start
from reviewapps.sandbox.cloudfoundry.revisions import revised
from reviewapps.sandbox.cloudfoundry.state import App, Check, Deployment, Droplet, Process, User
from reviewapps.sandbox.cloudfoundry.world import World

WEB = "web"


def new_process(world: World, app: App, kind: str, actor: User | None = None) -> Process:
    """A process as the platform makes one: the first web process has its app's guid and one instance."""
    settings = world.settings
    process = Process(
        app=app,
        type=kind,
        instances=1 if kind == WEB else 0,
        memory_mb=settings.default_memory_in_mb,
        disk_mb=settings.default_disk_in_mb,
    )
    if kind == WEB:
        process.guid = app.guid
    else:
        process.health.type = "process"
    told = {"process_guid": process.guid, "process_type": kind}
    world.record("audit.app.process.create", app, app.space, actor, told)
    return world.add(process)


def newest(world: World, app: App, kind: str = WEB) -> Process:
    """The newest process of a type: during a deployment the one that is coming."""
    found = [process for process in world.of_app(Process, app) if process.type == kind]
    if not found:
        raise not_found("Process")
    return found[-1]


def cloned(web: Process, deployment: Deployment) -> Process:
    """The process that a deployment brings up beside ``web``, with its first instances; in no world yet."""
    options = deployment.options
    return Process(
        app=web.app,
        type=WEB,
        instances=_first(deployment),
        memory_mb=options.get("memory_in_mb", web.memory_mb),
        disk_mb=options.get("disk_in_mb", web.disk_mb),
        command=web.command,
        health=_copy(web.health),
        readiness=_copy(web.readiness),
        labels=dict(web.labels),
        annotations=dict(web.annotations),
    )


def _first(deployment: Deployment) -> int:
    if deployment.strategy == "recreate":
        return deployment.desired
    return min(deployment.options["max_in_flight"], deployment.phase.new)


def _copy(check: Check) -> Check:
    return replace(check)


def active_deployment(world: World, app: App) -> Deployment | None:
    active = (one for one in world.of_app(Deployment, app) if one.value == "ACTIVE")
    return next(active, None)


def assign_droplet(world: World, app: App, droplet: Droplet, actor: User | None = None) -> None:
    """Make ``droplet`` the current one. Its process types appear, all but web without instances; none goes."""
    app.droplet = droplet
    app.touch()
    for kind in droplet.process_types.keys() - {process.type for process in world.of_app(Process, app)}:
        new_process(world, app, kind, actor)


def start(world: World, cells: Cells, app: App, actor: User | None = None) -> None:
    """Start every process of ``app``; 422 without a droplet, a command or the memory for it."""
    droplet, processes = _startable(world, cells, app)
    check_start(world, app)
    app.state = "STARTED"
    app.touch()
    revision = revised(world, app, actor)
    for process in processes:
        process.revision = revision
        cells.launch(process, droplet)


def restart(world: World, cells: Cells, app: App, actor: User | None = None) -> None:
    """Stop and start; 422, and nothing stopped, where it cannot start."""
    _startable(world, cells, app)
    stop(world, cells, app)
    start(world, cells, app, actor)


def stop(world: World, cells: Cells, app: App) -> None:
    """Stop every process of ``app``, those of a deployment too."""
    app.state = "STOPPED"
    app.touch()
    for process in world.of_app(Process, app):
        cells.stop(process)


def _startable(world: World, cells: Cells, app: App) -> tuple[Droplet, list[Process]]:
    if app.droplet is None:
        raise unprocessable("Assign a droplet before starting this app.")
    processes = [process for process in world.of_app(Process, app) if process.instances]
    for process in processes:
        cells.planned(process, app.droplet)
    return app.droplet, processes
