"""The manifest of an app as it is now."""

from __future__ import annotations

from typing import Any

from reviewapps.sandbox.cloudfoundry.features import DESCRIPTIONS, enabled
from reviewapps.sandbox.cloudfoundry.processes import newest
from reviewapps.sandbox.cloudfoundry.state import App, Binding, Check, Process, Route, Sidecar
from reviewapps.sandbox.cloudfoundry.world import World


def written(world: World, app: App) -> dict[str, Any]:
    """One entry of ``applications``, in the order in which the platform writes it; what is empty is left out."""
    kinds = sorted({process.type for process in world.of_app(Process, app)})
    sidecars = sorted(world.of_app(Sidecar, app), key=lambda one: one.name)
    said: dict[str, Any] = {
        "name": app.name,
        "env": app.environment,
        "lifecycle": "buildpack",
        "buildpacks": app.buildpacks,
        "stack": app.stack,
        "services": [_service(binding) for binding in world.of_app(Binding, app)],
        "routes": _routes(world, app),
        "metadata": _metadata(app),
        "processes": [_process(newest(world, app, kind)) for kind in kinds],
        "sidecars": [_sidecar(one) for one in sidecars],
        "features": {name: enabled(app, name) for name in DESCRIPTIONS},
    }
    return {name: value for name, value in said.items() if value}


def _service(binding: Binding) -> str | dict[str, Any]:
    name = binding.instance.name
    return {"name": name, "binding_name": binding.name} if binding.name else name


def _routes(world: World, app: App) -> list[dict[str, Any]]:
    mapped = ((row, one) for row in world.all(Route) for one in row.destinations if one.app is app)
    said = [
        {"route": row.url, "protocol": one.protocol, **({"options": row.options} if row.options else {})}
        for row, one in mapped
    ]
    return sorted(said, key=lambda one: str(one["route"]))


def _metadata(app: App) -> dict[str, Any]:
    said = {"labels": app.labels, "annotations": app.annotations}
    return {name: value for name, value in said.items() if value}


def _process(process: Process) -> dict[str, Any]:
    said = {
        "type": process.type,
        "instances": process.instances,
        "memory": f"{process.memory_mb}M",
        "disk_quota": f"{process.disk_mb}M",
        "log-rate-limit-per-second": "-1",
        "command": process.command,
        **_check(process.health, "health-check"),
        **_check(process.readiness, "readiness-health-check"),
        "timeout": process.health.timeout,
    }
    return {name: value for name, value in said.items() if value is not None}


def _check(check: Check, name: str) -> dict[str, Any]:
    return {
        f"{name}-type": check.type,
        f"{name}-http-endpoint": check.endpoint,
        f"{name}-invocation-timeout": check.invocation_timeout,
        f"{name}-interval": check.interval,
    }


def _sidecar(sidecar: Sidecar) -> dict[str, Any]:
    said = {"name": sidecar.name, "process_types": sidecar.process_types, "command": sidecar.command}
    return {**said, "memory": f"{sidecar.memory_mb}M"} if sidecar.memory_mb else said
