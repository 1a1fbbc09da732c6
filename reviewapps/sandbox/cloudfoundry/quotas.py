"""Memory: who holds how much, and who may have more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.state import App, Build, Organization, Process, Space, Task
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


def check_start(world: World, app: App) -> None:
    """422 if the instances that ``app`` would start do not fit."""
    processes = world.of_app(Process, app)
    more = sum(process.instances * process.memory_mb for process in processes)
    largest = max((process.memory_mb for process in processes if process.instances), default=0)
    check_app_memory(world, app.space, more, largest)


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


def _has(world: World, place: Organization | Space, more: int) -> bool:
    limit = place.quota.memory_mb if place.quota else None
    return more <= 0 or limit is None or memory_in_use(world, place) + more <= limit


def _within(space: Space, place: Organization | Space) -> bool:
    return space is place or space.organization is place
