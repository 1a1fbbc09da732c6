"""Deployments, awaited, continued and cancelled; revisions and rollback."""

from __future__ import annotations

import time
from typing import Any

from tests.sandbox.cf_cli.apps import STARTUP_SECONDS, processes_of, wait_until_started
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Deployment, Nothing, Process, Revision
from tests.sandbox.cf_cli.summaries import active_deployment, app_named


def deploy(cf: Cf, app: str, what: dict[str, Any], strategy: str, canary: Any) -> Deployment:
    """A deployment, awaited: to its end, or to where a canary waits."""
    options: dict[str, Any] = {"max_in_flight": 1}
    if canary:
        options["canary"] = {"steps": [{"instance_weight": weight} for weight in canary]}
    related = {"app": {"data": {"guid": app}}}
    said = {**what, "strategy": strategy, "options": options, "relationships": related}
    return await_deployment(cf, app, cf.ask(Deployment, "POST", "/v3/deployments", said).guid)


def await_deployment(cf: Cf, app: str, guid: str) -> Deployment:
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        deployment = cf.get(Deployment, f"/v3/deployments/{guid}")
        if deployment.status.value == "FINALIZED" or deployment.status.reason == "PAUSED":
            break
        if time.monotonic() > deadline:
            cf.ask(Nothing, "POST", f"/v3/deployments/{guid}/actions/cancel")
            raise CommandFailed("StartupTimeout", "Start app timeout")
        time.sleep(cf.interval)
    if deployment.status.reason in ("CANCELED", "SUPERSEDED"):
        raise CommandFailed("Deployment" + deployment.status.reason.title(), "Deployment has been stopped")
    new = {one.guid for one in deployment.new_processes if one.type == "web"}
    started = [one for one in processes_of(cf, app) if one.type != "web" or one.guid in new]
    wait_until_started(cf, started)
    return deployment


def cancel_deployment(cf: Cf, name: str) -> None:
    """``cf cancel-deployment NAME``."""
    cf.ask(Nothing, "POST", f"/v3/deployments/{_active(cf, name).guid}/actions/cancel")


def continue_deployment(cf: Cf, name: str) -> Deployment:
    """``cf continue-deployment NAME``, awaited."""
    active = _active(cf, name)
    cf.ask(Nothing, "POST", f"/v3/deployments/{active.guid}/actions/continue")
    return await_deployment(cf, app_named(cf, name).guid, active.guid)


def _active(cf: Cf, name: str) -> Deployment:
    active = active_deployment(cf, app_named(cf, name).guid)
    if active is None:
        raise CommandFailed("ActiveDeploymentNotFound", "No active deployment found for app.")
    return active


def revisions(cf: Cf, name: str) -> list[tuple[int, str, bool]]:
    """``cf revisions NAME``: version, description, and whether it is deployed; the newest first."""
    path = f"/v3/apps/{app_named(cf, name).guid}/revisions"
    deployed = {one.guid for one in cf.rows(Revision, f"{path}/deployed")}
    found = cf.rows(Revision, path, {"order_by": "-created_at"})
    assert all(one.deployable for one in found)
    return [(one.version, one.description, one.guid in deployed) for one in found]


def rollback(cf: Cf, name: str, version: int) -> Deployment:
    """``cf rollback NAME --version N -f``."""
    app = app_named(cf, name)
    path = f"/v3/apps/{app.guid}/revisions"
    found = cf.rows(Revision, path, {"versions": version})
    if len(found) != 1:
        raise CommandFailed("RevisionNotFound", f"Revision '{version}' not found")
    return deploy(cf, app.guid, {"revision": {"guid": found[0].guid}}, "rolling", None)


def web_process(cf: Cf, name: str) -> Process:
    return cf.get(Process, f"/v3/apps/{app_named(cf, name).guid}/processes/web")
