"""One application of a manifest, applied: it adds and changes, and takes nothing away."""

from __future__ import annotations

import re
from typing import Any

from reviewapps.sandbox.cloudfoundry.bodies import Lifecycle, Metadata, checked
from reviewapps.sandbox.cloudfoundry.endpoints.apps import set_lifecycle
from reviewapps.sandbox.cloudfoundry.endpoints.environment_variables import set_variables
from reviewapps.sandbox.cloudfoundry.endpoints.route_destinations import add_destination
from reviewapps.sandbox.cloudfoundry.endpoints.routes import new_route
from reviewapps.sandbox.cloudfoundry.endpoints.service_credential_bindings import new_binding
from reviewapps.sandbox.cloudfoundry.errors import ApiError, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.metadata import merge
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.processes import new_process, newest
from reviewapps.sandbox.cloudfoundry.quotas import check_app_memory
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Binding,
    Check,
    Destination,
    Domain,
    Process,
    Route,
    ServiceInstance,
)

_SIZE = re.compile(r"(\d+)\s*(M|MB|G|GB|T|TB)", re.IGNORECASE)
_FACTORS = {"M": 1, "G": 1024, "T": 1024 * 1024}


class ManifestApplication:
    """What a manifest says of one app, and the app."""

    def __init__(self, platform: Platform, app: App, said: dict[str, Any]) -> None:
        self._platform = platform
        self._world = platform.world
        self._app = app
        self._said = said

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
        self._apply_process({"type": "web", **self._said})
        for process in self._said.get("processes") or []:
            self._apply_process(process)
        set_variables(self._app, {key: _text(value) for key, value in (self._said.get("env") or {}).items()})
        told = checked(self._said.get("metadata") or {}, Metadata)
        merge(self._app, told.labels, told.annotations)
        self._app.features |= self._said.get("features") or {}
        self._apply_routes()
        for service in self._said.get("services") or []:
            self._bind(service if isinstance(service, dict) else {"name": service})

    def _apply_lifecycle(self) -> None:
        buildpacks = self._said.get("buildpacks")
        if buildpacks is None and self._said.get("buildpack"):
            buildpacks = [self._said["buildpack"]]
        data = {"buildpacks": buildpacks, "stack": self._said.get("stack")}
        asked = checked({"type": self._said.get("lifecycle", "buildpack"), "data": data}, Lifecycle)
        set_lifecycle(self._world, self._app, asked)

    def _apply_process(self, said: dict[str, Any]) -> None:
        process = self._process(said["type"])
        instances = int(said.get("instances", process.instances))
        memory = megabytes(said["memory"]) if "memory" in said else process.memory_mb
        if self._app.state == "STARTED":
            more = instances * memory - process.instances * process.memory_mb
            check_app_memory(self._world, self._app.space, more, memory)
        process.instances, process.memory_mb = instances, memory
        process.disk_mb = megabytes(said["disk_quota"]) if "disk_quota" in said else process.disk_mb
        if "command" in said:
            process.command = None if said["command"] in (None, "null", "default") else str(said["command"])
        process.health = _check(process.health, said)
        process.touch()
        self._platform.cells.converge(process)

    def _process(self, kind: str) -> Process:
        try:
            return newest(self._world, self._app, kind)
        except ApiError:
            return new_process(self._world, self._app, kind)

    def _apply_routes(self) -> None:
        if self._said.get("no-route"):
            for route in self._world.all(Route):
                route.destinations = [one for one in route.destinations if one.app is not self._app]
            return
        for said in self._said.get("routes") or []:
            self._map(str(said["route"]), said.get("protocol", "http1"))
        mapped = any(d.app is self._app for route in self._world.all(Route) for d in route.destinations)
        wanted = self._said.get("default-route") or self._said.get("random-route")
        if wanted and not mapped:
            suffix = f"-{self._app.guid[:8]}" if self._said.get("random-route") else ""
            domain = next(self._world.all(Domain))
            self._map(f"{self._app.name}{suffix}.{domain.name}", "http1")

    def _map(self, url: str, protocol: str) -> None:
        """Map a route: made without labels, or adopted if the space has it, whoever made it."""
        address, slash, path = url.partition("/")
        host, _, name = address.lower().partition(".")
        domain = next((one for one in self._world.all(Domain) if one.name == name), None)
        if domain is None:
            raise unprocessable(f"The route '{url}' is not a properly formed URL")
        route = self._route(domain, host, slash + path)
        add_destination(route, Destination(app=self._app, protocol=protocol))

    def _route(self, domain: Domain, host: str, path: str) -> Route:
        for route in self._world.all(Route):
            if route.domain is domain and route.host == host and route.path == path:
                if route.space is not self._app.space:
                    raise unprocessable("Routes cannot be mapped to destinations in different spaces")
                return route
        return self._world.add(new_route(self._world, self._app.space, domain, host, path))

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


def megabytes(said: object) -> int:
    """``"256M"`` or ``"1GB"`` in megabytes."""
    found = _SIZE.fullmatch(str(said).strip())
    if not found:
        raise unprocessable("Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB")
    return int(found[1]) * _FACTORS[found[2][0].upper()]


def _check(check: Check, said: dict[str, Any]) -> Check:
    return Check(
        type=said.get("health-check-type", check.type),
        endpoint=said.get("health-check-http-endpoint", check.endpoint),
        timeout=said.get("timeout", check.timeout),
        invocation_timeout=said.get("health-check-invocation-timeout", check.invocation_timeout),
        interval=said.get("health-check-interval", check.interval),
    )


def _text(value: object) -> object:
    """Numbers and booleans of YAML become the words they were written as."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
