"""The environment that builds, instances and tasks see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from urllib.parse import urlsplit

from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Binding,
    EnvironmentVariableGroup,
    Process,
    Route,
    ServiceInstance,
)
from reviewapps.sandbox.cloudfoundry.world import World

_DATABASES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql2",
    "mysql2": "mysql2",
}


def environment(
    world: World, app: App, memory_mb: int, process: Process | None = None, group: str = "running"
) -> dict[str, str]:
    """The variables of the group, the app's own, which win over them, and the platform's, which win over all."""
    services = vcap_services(world, app)
    given = {
        "VCAP_APPLICATION": json.dumps(vcap_application(world, app, memory_mb, process)),
        "VCAP_SERVICES": json.dumps(services),
        "MEMORY_LIMIT": f"{memory_mb}m",
        "LANG": "en_US.UTF-8",
    }
    database = database_url(services)
    own = {**variable_group(world, group).var, **app.environment}
    return {**own, **given, **({"DATABASE_URL": database} if database else {})}


def variable_group(world: World, name: str) -> EnvironmentVariableGroup:
    """The group "staging" or "running"; it is there from the start."""
    return next(group for group in world.all(EnvironmentVariableGroup) if group.name == name)


def vcap_application(world: World, app: App, memory_mb: int, process: Process | None = None) -> JSON:
    urls = [
        route.url
        for route in world.all(Route)
        if any(destination.app is app for destination in route.destinations)
    ]
    told: JSON = {
        "cf_api": world.api_url,
        "limits": {"fds": 16384, "mem": memory_mb, "disk": world.settings.default_disk_in_mb},
        "application_name": app.name,
        "application_uris": urls,
        "name": app.name,
        "space_name": app.space.name,
        "space_id": app.space.guid,
        "organization_id": app.space.organization.guid,
        "organization_name": app.space.organization.name,
        "uris": urls,
        "application_id": app.guid,
    }
    if process:
        version = {"version": process.version, "application_version": process.version}
        told |= {"process_id": process.guid, "process_type": process.type, **version}
    return told


def vcap_services(world: World, app: App) -> JSON:
    """{"user-provided": […], "aws-rds": […]}: what is bound, by the label of its offering."""
    services: JSON = {}
    for binding in world.of_app(Binding, app):
        if binding.operation.create_succeeded:
            bound = _bound(binding)
            services.setdefault(bound["label"], []).append(bound)
    return services


def database_url(services: JSON) -> str | None:
    """The address of the first bound database, with the scheme that Rails understands."""
    for binding in chain.from_iterable(services.values()):
        uri = str(binding["credentials"].get("uri", ""))
        scheme = urlsplit(uri).scheme
        if scheme in _DATABASES:
            return _DATABASES[scheme] + uri.removeprefix(scheme)
    return None


def with_credentials(env: Mapping[str, str], instance: ServiceInstance) -> dict[str, str]:
    """The environment ``env``, in which ``instance`` has the credentials that it has now."""
    services = json.loads(env["VCAP_SERVICES"])
    for bound in chain.from_iterable(services.values()):
        if bound["instance_guid"] == instance.guid:
            bound["credentials"] = instance.credentials
    database = database_url(services)
    return {**env, "VCAP_SERVICES": json.dumps(services), **({"DATABASE_URL": database} if database else {})}


def _bound(binding: Binding) -> JSON:
    instance, plan = binding.instance, binding.instance.plan
    managed = {"provider": None, "plan": plan.name} if plan else {}
    return {
        "label": plan.offering.name if plan else "user-provided",
        **managed,
        "name": binding.name or instance.name,
        "tags": [*(plan.offering.tags if plan else []), *instance.tags],
        "instance_guid": instance.guid,
        "instance_name": instance.name,
        "binding_guid": binding.guid,
        "binding_name": binding.name,
        "credentials": binding.given,
        "syslog_drain_url": instance.syslog_drain_url,
        "volume_mounts": [],
    }
