"""Managed service instances: what is refused at once, and what a broker is asked for."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import body
from reviewapps.sandbox.cloudfoundry.endpoints.instance_bodies import (
    ManagedCreate,
    ManagedUpdate,
    check_free_name,
)
from reviewapps.sandbox.cloudfoundry.errors import ApiError, instance_in_progress, unprocessable
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.provisioning import pace
from reviewapps.sandbox.cloudfoundry.quotas import check_service_instance, check_service_plan
from reviewapps.sandbox.cloudfoundry.state import Job, Operation, ServiceInstance, ServicePlan, Space

NO_SPACE = "Invalid space. Ensure that the space exists and you have access to it."
_NO_PLAN = (
    "Invalid service plan. Ensure that the service plan exists, is available, and you have access to it."
)


async def create_managed(platform: Platform, access: Access, request: web.Request) -> Job:
    """The job that lets a broker make an instance. One of the same name that could not be made is replaced."""
    asked, world = await body(request, ManagedCreate), platform.world
    space = access.named(Space, asked.relationships.space.guid, NO_SPACE)
    plan = access.named(ServicePlan, asked.relationships.service_plan.guid, _NO_PLAN)
    pace(asked.parameters)
    failed = [one for one in world.all(ServiceInstance) if _is(one, space, asked.name)]
    for one in failed:
        world.remove(one)
    try:
        check_free_name(world, space, asked.name)
        check_service_instance(world, space)
        check_service_plan(space, plan)
        instance = ServiceInstance(space=space, name=asked.name, plan=plan, tags=asked.tags)
        instance.parameters = asked.parameters
        asked.label(instance)
    except ApiError:
        for one in failed:
            world.add(one)
        raise
    return platform.provisioning.create(world.add(instance), access.user)


async def update_managed(
    platform: Platform, access: Access, request: web.Request, instance: ServiceInstance
) -> Job | None:
    """The job that lets the broker change ``instance``, or None where only we had something to change."""
    asked = await body(request, ManagedUpdate)
    changes = _changes(platform, access, instance, asked)
    if asked.model_fields_set == {"metadata"}:
        asked.label(instance)
        instance.touch()
        return None
    if instance.operation.unfinished:
        raise instance_in_progress(instance.name)
    asked.label(instance)
    if changes.keys() & {"plan", "parameters"}:
        return platform.provisioning.update(instance, changes, access.user)
    for name, value in changes.items():
        setattr(instance, name, value)
    instance.operation = Operation(type="update", description="", actor=access.user)
    instance.touch()
    platform.world.record("audit.service_instance.update", instance, instance.space, access.user)
    return None


def check_deletable(instance: ServiceInstance) -> None:
    """422 while something else is done to it; only a broker's creation may be broken off."""
    operation = instance.operation
    breakable = (operation.type, operation.state) == ("create", "in progress")
    if operation.unfinished and not breakable:
        raise unprocessable("There is an operation in progress for the service instance.")


def _changes(
    platform: Platform, access: Access, instance: ServiceInstance, asked: ManagedUpdate
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    given = asked.model_fields_set
    if relation := asked.relationships.service_plan:
        plan = access.named(ServicePlan, relation.guid, _NO_PLAN)
        if instance.plan is None or plan.offering is not instance.plan.offering:
            text = "service plan relates to a different service offering"
            raise ApiError(400, 1002, "InvalidRelation", text)
        if plan is not instance.plan:
            check_service_plan(instance.space, plan)
            changes["plan"] = plan
    if "name" in given and asked.name != instance.name:
        check_free_name(platform.world, instance.space, asked.name, stop="")
        changes["name"] = asked.name
    if "tags" in given:
        changes["tags"] = asked.tags
    if "parameters" in given:
        pace(asked.parameters)
        changes["parameters"] = {**instance.parameters, **asked.parameters}
    _check_state(instance, asked)
    return changes


def _check_state(instance: ServiceInstance, asked: ManagedUpdate) -> None:
    if asked.maintenance_info is not None:
        text = "The service broker does not support upgrades for service instances created from this plan."
        raise unprocessable(text)
    if instance.operation.create_failed:
        text = f"The service instance could not be found: {instance.name}"
        raise ApiError(404, 60004, "ServiceInstanceNotFound", text)
    if instance.operation.type == "delete" and instance.operation.unfinished:
        raise unprocessable("The service instance is invalid: The service instance is getting deleted.")


def _is(instance: ServiceInstance, space: Space, name: str) -> bool:
    """Whether it is a managed instance of that name which could not be made."""
    named = (instance.space, instance.name) == (space, name)
    return named and instance.plan is not None and instance.operation.create_failed
