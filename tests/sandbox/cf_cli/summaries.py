"""apps and app: what there is, and how it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.sandbox.cf_cli.connection import Cf, batches
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import (
    Application,
    Deployment,
    Droplet,
    Process,
    ProcessInstance,
    Route,
    Sidecar,
)
from tests.sandbox.cf_cli.targeting import needs_target

STARTUP_SECONDS = 60


@dataclass(frozen=True)
class AppLine:
    """A line of ``cf apps``: "web:1/1, worker:0/0" are the processes."""

    state: str
    processes: str
    routes: list[str]


@dataclass(frozen=True)
class AppSummary:
    """What ``cf app`` prints."""

    state: str
    routes: list[str]
    stack: str
    buildpacks: list[str]
    commands: dict[str, str]
    instances: dict[str, list[ProcessInstance]]
    sidecars: list[str] = field(default_factory=list)
    deployment: Deployment | None = None


def app_named(cf: Cf, name: str) -> Application:
    needs_target(cf)
    query = {"names": name, "space_guids": cf.space.guid}
    return cf.first(Application, "/v3/apps", query, f"App '{name}' not found.")


def apps(cf: Cf) -> dict[str, AppLine]:
    """``cf apps`` of version 8: the stats of each process."""
    found = _of_space(cf)
    processes = [
        process
        for guids in batches(app.guid for app in found)
        for process in cf.rows(Process, "/v3/processes", {"app_guids": guids, "per_page": 5000})
    ]
    counted = [(one, _states(stats(cf, one.guid))) for one in processes]
    return _lines(cf, found, counted)


def apps_of_version_9(cf: Cf) -> dict[str, AppLine]:
    """``cf apps`` of version 9: one request for all instances."""
    found = _of_space(cf)
    query = {"space_guids": cf.space.guid, "embed": "process_instances", "per_page": 5000}
    processes = cf.rows(Process, "/v3/processes", query)
    counted = [(one, [instance.state for instance in one.process_instances]) for one in processes]
    return _lines(cf, found, counted)


def _of_space(cf: Cf) -> list[Application]:
    needs_target(cf)
    query = {"space_guids": cf.space.guid, "order_by": "name", "per_page": 5000}
    return cf.rows(Application, "/v3/apps", query)


def _lines(
    cf: Cf, found: list[Application], counted: Iterable[tuple[Process, list[str]]]
) -> dict[str, AppLine]:
    words: dict[str, list[str]] = {app.guid: [] for app in found}
    for process, states in sorted(counted, key=lambda one: (one[0].type != "web", one[0].type)):
        words[process.related("app")].append(f"{process.type}:{states.count('RUNNING')}/{len(states)}")
    urls: dict[str, list[str]] = {app.guid: [] for app in found}
    for guids in batches(urls):
        for route in cf.rows(Route, "/v3/routes", {"app_guids": guids, "per_page": 5000}):
            for destination in route.destinations:
                urls[destination.app.guid].append(route.url)
    return {app.name: AppLine(app.state, ", ".join(words[app.guid]), urls[app.guid]) for app in found}


def _states(instances: list[ProcessInstance]) -> list[str]:
    return [one.state for one in instances]


def stats(cf: Cf, process: str) -> list[ProcessInstance]:
    return cf.rows(ProcessInstance, f"/v3/processes/{process}/stats")


def app(cf: Cf, name: str) -> AppSummary:
    """``cf app NAME``."""
    return summary(cf, name, with_commands=False)


def summary(cf: Cf, name: str, *, with_commands: bool = True) -> AppSummary:
    """What ``cf app`` shows, and push after it; commands are hidden in lists, so each is asked for."""
    found = app_named(cf, name)
    path = f"/v3/apps/{found.guid}"
    commands, instances, sidecars = {}, {}, []
    for listed in cf.rows(Process, f"{path}/processes"):
        process = cf.get(Process, f"/v3/processes/{listed.guid}") if with_commands else listed
        assert process.memory_in_mb
        assert process.disk_in_mb
        sidecars += [one.name for one in cf.rows(Sidecar, f"/v3/processes/{listed.guid}/sidecars")]
        commands[process.type] = process.command
        instances[process.type] = stats(cf, process.guid)
    routes = [route.url for route in cf.rows(Route, f"{path}/routes")]
    droplet = current_droplet(cf, found.guid)
    return AppSummary(
        state=found.state,
        routes=routes,
        stack=droplet.stack if droplet else found.lifecycle.data.stack,
        buildpacks=[one.name for one in droplet.buildpacks] if droplet else [],
        commands=commands,
        instances=instances,
        sidecars=sidecars,
        deployment=active_deployment(cf, found.guid),
    )


def current_droplet(cf: Cf, guid: str) -> Droplet | None:
    try:
        return cf.get(Droplet, f"/v3/apps/{guid}/droplets/current")
    except CommandFailed as failed:
        if failed.kind != "DropletNotFound":
            raise
        return None


def active_deployment(cf: Cf, guid: str) -> Deployment | None:
    query = {
        "app_guids": guid,
        "status_values": "ACTIVE",
        "order_by": "-created_at",
        "per_page": 1,
        "page": 1,
    }
    found = cf.rows(Deployment, "/v3/deployments", query)
    return found[0] if found else None
