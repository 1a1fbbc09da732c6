"""One application of a manifest, applied: it adds and changes, and takes nothing away."""

from __future__ import annotations

from typing import Any

from reviewapps.sandbox.cloudfoundry.bodies import Lifecycle, Metadata, checked
from reviewapps.sandbox.cloudfoundry.endpoints.apps import set_lifecycle
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variables import set_variables
from reviewapps.sandbox.cloudfoundry.endpoints.manifest_message import (
    megabytes,
    process_message,
    processes_of,
)
from reviewapps.sandbox.cloudfoundry.endpoints.manifest_routes import apply_routes
from reviewapps.sandbox.cloudfoundry.endpoints.service_credential_bindings import new_binding
from reviewapps.sandbox.cloudfoundry.errors import ApiError, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.health_checks import refuse_patience
from reviewapps.sandbox.cloudfoundry.metadata import merge
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.processes import new_process, newest
from reviewapps.sandbox.cloudfoundry.quotas import check_app_memory, check_instances
from reviewapps.sandbox.cloudfoundry.state import App, Binding, Process, ServiceInstance, Sidecar, User

_SCALED = {"instances", "memory", "disk_quota", "disk-quota"}
_UPDATED = {"command", "timeout"}


class ManifestApplication:
    """What a manifest says of one app, and the app."""

    def __init__(self, platform: Platform, app: App, said: dict[str, Any], actor: User) -> None:
        self._platform = platform
        self._world = platform.world
        self._app = app
        self._said = said
        self._actor = actor

    def apply(self) -> None:
        """Do everything that is said, or raise saying of which app it cannot be done."""
        try:
            self._apply()
        except ApiError as refused:
            if refused.code != 10008:
                raise
            raise unprocessable(f"For application '{self._app.name}': {refused.detail}") from None

    def _apply(self) -> None:
        self._apply_lifecycle()
        for process in processes_of(self._said):
            self._apply_process(process)
        for sidecar in self._said.get("sidecars") or []:
            self._apply_sidecar(sidecar)
        env = self._said.get("env") or {}
        set_variables(self._app, {str(_text(key)): _text(value) for key, value in env.items()})
        told = checked(self._said.get("metadata") or {}, Metadata)
        merge(self._app, told.labels, told.annotations)
        self._app.features |= self._said.get("features") or {}
        apply_routes(self._world, self._app, self._said, self._actor)
        for service in self._said.get("services") or []:
            self._bind(service if isinstance(service, dict) else {"name": service})

    def _apply_lifecycle(self) -> None:
        buildpacks = self._said.get("buildpacks")
        if buildpacks is None and "buildpack" in self._said:
            one = self._said["buildpack"]
            buildpacks = [] if one in (None, "default", "null") else [one]
        data = {"buildpacks": buildpacks, "stack": self._said.get("stack")}
        asked = checked({"type": self._said.get("lifecycle", "buildpack"), "data": data}, Lifecycle)
        set_lifecycle(self._world, self._app, asked)

    def _apply_process(self, said: dict[str, Any]) -> None:
        process = self._process(said["type"])
        asked = process_message(said)
        instances = process.instances if asked.instances is None else asked.instances
        memory = asked.memory or process.memory_mb
        health = asked.check(process.health, "health_check")
        refuse_patience(health)
        check_instances(self._world, instances)
        if self._app.state == "STARTED":
            more = instances * memory - process.instances * process.memory_mb
            check_app_memory(self._world, self._app.space, more, memory)
        process.instances, process.memory_mb = instances, memory
        process.disk_mb = asked.disk_quota or process.disk_mb
        if "command" in said:
            process.command = None if asked.command in ("null", "default") else asked.command
        process.health = health
        process.readiness = asked.check(process.readiness, "readiness_health_check")
        process.touch()
        self._platform.cells.converge(process)
        self._record(process, said)

    def _record(self, process: Process, said: dict[str, Any]) -> None:
        told = {"process_guid": process.guid, "process_type": process.type, "manifest_triggered": True}
        checked_anew = any("health-check" in key for key in said)
        done = {"scale": said.keys() & _SCALED, "update": checked_anew or said.keys() & _UPDATED}
        for what in (what for what, keys in done.items() if keys):
            kind = f"audit.app.process.{what}"
            self._world.record(kind, self._app, self._app.space, self._actor, told)

    def _process(self, kind: str) -> Process:
        try:
            return newest(self._world, self._app, kind)
        except ApiError:
            return new_process(self._world, self._app, kind, self._actor)

    def _apply_sidecar(self, said: dict[str, Any]) -> None:
        """A sidecar of the same name is changed."""
        same = (one for one in self._world.of_app(Sidecar, self._app) if one.name == said.get("name"))
        sidecar = next(same, None) or self._world.add(
            Sidecar(app=self._app, name=str(said.get("name")), command="", process_types=[])
        )
        sidecar.command = str(said.get("command", sidecar.command))
        sidecar.process_types = [str(kind) for kind in said.get("process_types", sidecar.process_types)]
        sidecar.memory_mb = megabytes(said["memory"]) if "memory" in said else sidecar.memory_mb
        sidecar.touch()

    def _bind(self, said: dict[str, Any]) -> None:
        name, space = said.get("name"), self._app.space
        found = (i for i in self._world.all(ServiceInstance) if i.space is space and i.name == name)
        instance = next(found, None)
        if instance is None:
            raise not_found(f"Service instance '{name}'")
        if not any(one.instance is instance for one in self._world.of_app(Binding, self._app)):
            binding = new_binding(self._world, self._app, instance, said.get("binding_name"))
            binding.parameters = said.get("parameters") or {}
            self._world.add(binding)


def _text(value: object) -> object:
    """Numbers and booleans of YAML become the words they were written as."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
