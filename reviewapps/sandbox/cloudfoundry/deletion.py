"""The end of an app."""

from __future__ import annotations

from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Binding,
    Build,
    Deployment,
    Droplet,
    Package,
    Process,
    Revision,
    Route,
    Sidecar,
    Task,
)

_GOES_WITH_ITS_APP = (Task, Deployment, Revision, Sidecar, Build, Droplet, Package, Process, Binding)


async def delete_app(platform: Platform, app: App) -> None:
    """Take ``app`` away with all that is its own. Its routes and its service instances stay.

    As on Diego, the last instances may still be ending when this is done.
    """
    world = platform.world
    if world.find(App, app.guid) is None:
        return
    app.state = "STOPPED"
    for route in world.all(Route):
        route.destinations = [one for one in route.destinations if one.app is not app]
    await platform.stager.abandoned(app)
    await platform.task_runs.abandoned(app)
    for process in world.of_app(Process, app):
        platform.cells.stop(process)
    for kind in _GOES_WITH_ITS_APP:
        for row in world.of_app(kind, app):
            world.remove(row)
    world.remove(app)
    world.logs.forget(app.guid)
