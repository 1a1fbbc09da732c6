"""What Cloud Foundry has of one environment, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from reviewapps.model import BUILDER
from reviewapps.sandbox.cloudfoundry.state import App, AuditEvent, Deployment, Process, Route
from reviewapps.sandbox.world import World

_ROLE: Final = "reviewapps-app"
"""The label that tells the app that runs from the one that only builds."""


def odd_things(world: World, environment: str) -> Iterator[str]:
    """All that is not as it should be: one app that runs, one address, and at most one app that builds."""
    name, builder = f"shop-{environment}", f"shop-{environment}-{BUILDER}"
    apps, routes = (_of(world, kind, environment) for kind in (App, Route))
    names = sorted(app.name for app in apps)
    if names not in ([name], [name, builder]) or [route.host for route in routes] != [name]:
        yield f"there are apps {names} and routes {[route.host for route in routes]} of {environment}"
    for app in (name, builder):
        if (created := events(world, "audit.app.create", app)) > 1:
            yield f"{app} was created {created} times"
    if any(app.state == "STARTED" for app in apps if app.labels.get(_ROLE) == BUILDER):
        yield "the app that only builds was started"
    if rolling := [d for d in world.cloudfoundry.world.all(Deployment) if d.value != "FINALIZED"]:
        yield f"{len(rolling)} rolling deployments have no end"
    webs = [p for p in world.cloudfoundry.world.all(Process) if p.type == "web" and p.app.name == name]
    if len(webs) != 1:
        yield f"{len(webs)} web processes"


def events(world: World, type: str, name: str) -> int:
    """How often something of this type befell the app ``name``."""
    found = world.cloudfoundry.world.all(AuditEvent)
    return sum(1 for event in found if event.type == type and event.target["name"] == name)


def _of(world: World, kind: type[Any], environment: str) -> list[Any]:
    rows = world.cloudfoundry.world.all(kind)
    return [row for row in rows if row.labels.get("reviewapps-environment") == environment]
