"""apps, app, create-app, rename, start, stop, restart, scale, env, events, delete, ssh-enabled, curl."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.cf_cli.connection import Cf, CommandFailed, batches
from tests.sandbox.cf_cli.structs import (
    Application,
    Deployment,
    Droplet,
    Environment,
    Event,
    Package,
    Process,
    ProcessInstance,
    Route,
    Sidecar,
    SshEnabled,
    Variables,
)
from tests.sandbox.cf_cli.targeting import needs_target

STARTUP_SECONDS = 20


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


def create_app(cf: Cf, name: str) -> str:
    """``cf create-app NAME``."""
    needs_target(cf)
    said = {"name": name, "relationships": {"space": {"data": {"guid": cf.space.guid}}}}
    return cf.ask(Application, "POST", "/v3/apps", said).guid


def rename(cf: Cf, name: str, new: str) -> None:
    """``cf rename NAME NEW``."""
    cf.ask(Application, "PATCH", f"/v3/apps/{app_named(cf, name).guid}", {"name": new})


def start(cf: Cf, name: str) -> AppSummary:
    """``cf start NAME``."""
    found = app_named(cf, name)
    cf.ask(Application, "POST", f"/v3/apps/{found.guid}/actions/start")
    wait_until_started(cf, processes_of(cf, found.guid))
    return summary(cf, name)


def stop(cf: Cf, name: str) -> None:
    """``cf stop NAME``."""
    cf.ask(Application, "POST", f"/v3/apps/{app_named(cf, name).guid}/actions/stop")


def restart(cf: Cf, name: str) -> AppSummary:
    """``cf restart NAME``: the newest package's droplet, if it has one, is taken before."""
    found = app_named(cf, name)
    query = {"app_guids": found.guid, "order_by": "-created_at", "per_page": 1, "page": 1}
    for package in cf.rows(Package, "/v3/packages", query):
        newest = {"states": "STAGED", "order_by": "-created_at", "per_page": 1, "page": 1}
        droplets = cf.rows(Droplet, f"/v3/packages/{package.guid}/droplets", newest)
        if droplets:
            set_droplet(cf, found.guid, droplets[0].guid)
    cf.ask(Application, "POST", f"/v3/apps/{found.guid}/actions/restart")
    wait_until_started(cf, processes_of(cf, found.guid))
    return summary(cf, name)


def set_droplet(cf: Cf, app_guid: str, droplet: str) -> None:
    path = f"/v3/apps/{app_guid}/relationships/current_droplet"
    cf.ask(Variables, "PATCH", path, {"data": {"guid": droplet}})


def processes_of(cf: Cf, guid: str) -> list[Process]:
    return cf.rows(Process, f"/v3/apps/{guid}/processes")


def wait_until_started(cf: Cf, processes: list[Process]) -> None:
    """As the client does: one instance that runs is enough, none at all too, and all crashed is the end."""
    deadline = time.monotonic() + STARTUP_SECONDS
    waiting = {process.guid for process in processes}
    while waiting:
        for guid in list(waiting):
            states = _states(stats(cf, guid))
            if states and set(states) == {"CRASHED"}:
                raise CommandFailed("AllInstancesCrashed", "Start unsuccessful")
            if not states or "RUNNING" in states:
                waiting.discard(guid)
        if time.monotonic() > deadline:
            raise CommandFailed("StartupTimeout", "Start app timeout")
        time.sleep(cf.interval)


def scale(cf: Cf, name: str, **asked: int) -> AppSummary:
    """``cf scale NAME -i … -m … -f``; other sizes than before take a restart."""
    found = app_named(cf, name)
    path = f"/v3/apps/{found.guid}"
    cf.ask(Process, "POST", f"{path}/processes/web/actions/scale", asked)
    if set(asked) - {"instances"} and found.state == "STARTED":
        cf.ask(Application, "POST", f"{path}/actions/stop")
        cf.ask(Application, "POST", f"{path}/actions/start")
    if found.state == "STARTED":
        wait_until_started(cf, processes_of(cf, found.guid))
    return summary(cf, name)


def env(cf: Cf, name: str) -> Environment:
    """``cf env NAME``."""
    return cf.get(Environment, f"/v3/apps/{app_named(cf, name).guid}/env")


def set_env(cf: Cf, name: str, key: str, value: str) -> None:
    """``cf set-env NAME KEY VALUE``."""
    path = f"/v3/apps/{app_named(cf, name).guid}/environment_variables"
    assert cf.ask(Variables, "PATCH", path, {"var": {key: value}}).var[key] == value


def unset_env(cf: Cf, name: str, key: str) -> None:
    """``cf unset-env NAME KEY``."""
    path = f"/v3/apps/{app_named(cf, name).guid}"
    if key not in cf.get(Environment, f"{path}/env").environment_variables:
        raise CommandFailed("EnvironmentVariableNotSet", f"Env variable {key} was not set.")
    cf.ask(Variables, "PATCH", f"{path}/environment_variables", {"var": {key: None}})


def events(cf: Cf, name: str) -> list[tuple[str, str]]:
    """``cf events NAME``: type and actor, the newest first; only the first page."""
    query = {"target_guids": app_named(cf, name).guid, "order_by": "-created_at", "page": 1}
    return [(one.type, one.actor.name) for one in cf.rows(Event, "/v3/audit_events", query)]


def delete(cf: Cf, name: str, *, with_routes: bool = False) -> None:
    """``cf delete NAME -f [-r]``; with -r no route of it may lead to another app too."""
    found = app_named(cf, name)
    routes = cf.rows(Route, f"/v3/apps/{found.guid}/routes") if with_routes else []
    for route in routes:
        if {one.app.guid for one in route.destinations} != {found.guid}:
            raise CommandFailed(
                "RouteBoundToMultipleApps", f"Route {route.url} is mapped to more than one app."
            )
    cf.finish(cf.job("DELETE", f"/v3/apps/{found.guid}"))
    for job in [cf.job("DELETE", f"/v3/routes/{route.guid}") for route in routes]:
        cf.finish(job)


def ssh_enabled(cf: Cf, name: str) -> tuple[bool, str]:
    """``cf ssh-enabled NAME``."""
    told = cf.get(SshEnabled, f"/v3/apps/{app_named(cf, name).guid}/ssh_enabled")
    return told.enabled, told.reason


def curl(cf: Cf, path: str) -> Any:
    """``cf curl PATH``."""
    return cf.send("GET", cf.url(path)).json()
