"""create-app, rename, start, stop, restart, scale, env, events, delete, ssh-enabled, curl."""

from __future__ import annotations

import time
from typing import Any

from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import (
    Application,
    Droplet,
    Environment,
    Event,
    Package,
    Process,
    Route,
    SshEnabled,
    Variables,
)
from tests.sandbox.cf_cli.summaries import AppSummary, app_named, stats, summary
from tests.sandbox.cf_cli.targeting import needs_target

STARTUP_SECONDS = 60
"""The real client waits for five minutes."""


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
            states = [one.state for one in stats(cf, guid)]
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
