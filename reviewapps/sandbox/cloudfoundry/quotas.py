"""Memory, routes and services: who holds how much, and who may have more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Binding,
    Build,
    Organization,
    Process,
    Quota,
    Route,
    ServiceInstance,
    ServicePlan,
    Space,
    Task,
)
from reviewapps.sandbox.cloudfoundry.world import World


def memory_in_use(world: World, place: Organization | Space) -> int:
    """Megabytes held there by started instances, unfinished tasks and running builds."""
    started = (p.instances * p.memory_mb for p in started_processes(world, place))
    tasks = (t.memory_mb for t in world.all(Task) if t.unfinished and _within(t.space, place))
    builds = (b.memory_mb for b in world.all(Build) if b.state == "STAGING" and _within(b.space, place))
    return sum(started) + sum(tasks) + sum(builds)


def started_processes(world: World, place: Organization | Space) -> Iterator[Process]:
    return (p for p in world.all(Process) if p.app.state == "STARTED" and _within(p.space, place))


def check_app_memory(world: World, space: Space, more: int, instance: int) -> None:
    """422 in the words of the platform's database layer, if ``more`` megabytes are not to be had."""
    organization, quota = space.organization, space.quota
    if not _has(world, organization, more):
        raise unprocessable("memory quota_exceeded")
    if not _has(world, space, more):
        raise unprocessable("memory space_quota_exceeded")
    if organization.quota.instance_memory_mb is not None and instance > organization.quota.instance_memory_mb:
        raise unprocessable("memory instance_memory_limit_exceeded")
    if quota and quota.instance_memory_mb is not None and instance > quota.instance_memory_mb:
        raise unprocessable("memory space_instance_memory_limit_exceeded")


def check_instances(world: World, instances: int) -> None:
    """422 for more instances of one process than the sandbox runs."""
    if instances > world.settings.most_instances:
        raise unprocessable("app_instance_limit app_instance_limit_exceeded")


def check_start(world: World, app: App) -> None:
    """422 if the instances that ``app`` would start do not fit."""
    processes = world.of_app(Process, app)
    more = sum(process.instances * process.memory_mb for process in processes)
    largest = max((process.memory_mb for process in processes if process.instances), default=0)
    check_app_memory(world, app.space, more, largest)
    for process in processes:
        check_instances(world, process.instances)


def check_task_memory(world: World, space: Space, more: int) -> None:
    if not _has(world, space.organization, more):
        raise unprocessable("memory_in_mb exceeds organization memory quota")
    if not _has(world, space, more):
        raise unprocessable("memory_in_mb exceeds space memory quota")


def check_staging_memory(world: World, space: Space, more: int) -> None:
    if not _has(world, space, more):
        raise unprocessable(f"space's memory limit exceeded: staging requires {more}M memory")
    if not _has(world, space.organization, more):
        raise unprocessable(f"organization's memory limit exceeded: staging requires {more}M memory")


def check_routes(world: World, space: Space) -> None:
    """422 if the space or its organization has as many routes as it may."""
    routes = [one.space for one in world.all(Route)]
    if _full(routes, space, space.quota.routes if space.quota else None):
        raise unprocessable(f"Routes quota exceeded for space '{space.name}'.")
    if _full(routes, space.organization, space.organization.quota.routes):
        raise unprocessable(f"Routes quota exceeded for organization '{space.organization.name}'.")


def check_service_instance(world: World, space: Space) -> None:
    """422 if the space or its organization has as many managed service instances as it may."""
    managed = [one.space for one in world.all(ServiceInstance) if one.plan]
    if _full(managed, space, space.quota.service_instances if space.quota else None):
        raise unprocessable("You have exceeded your space's services limit.")
    if _full(managed, space.organization, space.organization.quota.service_instances):
        raise unprocessable("You have exceeded your organization's services limit.")


def check_service_plan(space: Space, plan: ServicePlan) -> None:
    """422 if ``plan`` costs something where only free ones are allowed."""
    refusal = "The service instance cannot be created because paid service plans are not allowed"
    if not plan.free and not _may_pay(space.quota):
        raise unprocessable(f"{refusal} for your space.")
    if not plan.free and not _may_pay(space.organization.quota):
        raise unprocessable(f"{refusal}.")


def check_service_key(world: World, space: Space) -> None:
    """422 if the space or its organization has as many service keys as it may."""
    keys = [one.space for one in world.all(Binding) if one.type == "key"]
    if _full(keys, space, space.quota.service_keys if space.quota else None):
        raise unprocessable("You have exceeded your space's limit for service binding of type key.")
    if _full(keys, space.organization, space.organization.quota.service_keys):
        raise unprocessable("You have exceeded your organization's limit for service binding of type key.")


def _full(spaces: list[Space], place: Organization | Space, limit: int | None) -> bool:
    return limit is not None and sum(_within(one, place) for one in spaces) >= limit


def _may_pay(quota: Quota | None) -> bool:
    return quota is None or quota.paid_services_allowed


def _has(world: World, place: Organization | Space, more: int) -> bool:
    limit = place.quota.memory_mb if place.quota else None
    return more <= 0 or limit is None or memory_in_use(world, place) + more <= limit


def _within(space: Space, place: Organization | Space) -> bool:
    return space is place or space.organization is place
