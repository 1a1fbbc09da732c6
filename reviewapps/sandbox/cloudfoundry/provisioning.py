"""What brokers are asked for, and what came of it: the life of managed service instances and their bindings.

An operation is remembered in the row that it is about, and its job goes on after a restart. How a broker behaves
can be said in the parameters of the instance or binding, under "sandbox":

    cf create-service aws-rds micro-psql db -c '{"sandbox": {"seconds": 30}}'                 slow
    cf create-service aws-rds micro-psql db -c '{"sandbox": {"failure": "No capacity"}}'      create failed
    cf create-service aws-rds micro-psql db -c '{"sandbox": {"delete": {"failure": "In use"}}}'

The same goes for update-service, bind-service and create-service-key. Without it every operation on an
instance takes the setting ``broker_seconds``, which ``PATCH /_sandbox/settings`` changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reviewapps.sandbox.cloudfoundry.bodies import Body, checked
from reviewapps.sandbox.cloudfoundry.brokers import Backing, BrokerFailure, Brokers, OfEachBinding
from reviewapps.sandbox.cloudfoundry.environment import with_credentials
from reviewapps.sandbox.cloudfoundry.errors import unable_to_perform
from reviewapps.sandbox.cloudfoundry.jobs import Jobs
from reviewapps.sandbox.cloudfoundry.state import (
    Binding,
    Job,
    Operation,
    Process,
    RouteBinding,
    ServiceInstance,
    User,
)
from reviewapps.sandbox.cloudfoundry.world import World

if TYPE_CHECKING:
    from reviewapps.sandbox.cloudfoundry.platform import Platform

log = logging.getLogger(__name__)

_VERBS = {"create": "provision", "update": "update", "delete": "delete"}
_BINDING_VERBS = {"create": "bind", "delete": "unbind"}


class Pace(Body):
    """How a broker behaves once: how long it takes, and with which words it fails, if it does."""

    seconds: float | None = None
    failure: str = ""
    delete: Pace | None = None


class Parameters(Body):
    """The part of a request's parameters that is about this sandbox."""

    sandbox: Pace = Pace()


def pace(parameters: Mapping[str, Any]) -> Pace:
    """What ``parameters`` say of the broker's behaviour; 422 where they say it wrongly."""
    said = {"sandbox": parameters["sandbox"]} if "sandbox" in parameters else {}
    return checked(said, Parameters).sandbox


class Provisioning:
    """Asks brokers, in the background; every method gives back the job that does it."""

    def __init__(self, world: World, brokers: Brokers, jobs: Jobs) -> None:
        self._world = world
        self._brokers = brokers
        self._jobs = jobs
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def create(self, instance: ServiceInstance, actor: User) -> Job:
        instance.operation = Operation(state="initial", description="", actor=actor)
        return self._begin(instance, "service_instances")

    def update(self, instance: ServiceInstance, changes: dict[str, Any], actor: User) -> Job:
        """``changes`` are made when the broker has agreed."""
        instance.operation = Operation(
            type="update", state="in progress", description="", actor=actor, changes=changes
        )
        return self._begin(instance, "service_instances")

    def delete(self, instance: ServiceInstance, actor: User) -> Job:
        """Unbind everything, then let the broker take the instance away."""
        instance.operation = Operation(type="delete", state="in progress", description="", actor=actor)
        return self._begin(instance, "service_instance")

    def bind(self, binding: Binding, actor: User) -> Job:
        binding.operation = Operation(state="in progress", description="", actor=actor)
        return self._begin_binding(binding)

    def unbind(self, binding: Binding, actor: User) -> Job:
        binding.operation = Operation(type="delete", state="in progress", description="", actor=actor)
        return self._begin_binding(binding)

    async def resume(self) -> None:
        """After a restart: let all instances answer again."""
        await asyncio.gather(*(self._answer_again(one) for one in self._world.all(ServiceInstance)))

    def _begin(self, instance: ServiceInstance, resource_type: str) -> Job:
        self._record(instance, "start_")
        name = f"service_instance.{instance.operation.type}"
        work = partial(_operate, operation=instance.operation)
        return self._jobs.start(name, resource_type, instance, work, polls=True)

    def _begin_binding(self, binding: Binding) -> Job:
        name = "service_keys" if binding.type == "key" else "service_bindings"
        operation = f"{name}.{binding.operation.type}"
        resource_type = "service_credential_binding"
        work = partial(_operate_binding, operation=binding.operation)
        return self._jobs.start(operation, resource_type, binding, work, polls=True)

    async def operate(self, instance: ServiceInstance, operation: Operation) -> None:
        """Carry ``operation`` out, and tell how it ended."""
        verb = _VERBS[operation.type]
        operation.settle("in progress")
        asked = pace(operation.changes.get("parameters", instance.parameters))
        if operation.type == "delete":
            asked = asked.delete or Pace()
        try:
            await self._take_time(asked, self._world.settings.broker_seconds)
            async with self._turns[instance.guid]:
                await self._carry_out(instance, operation)
        except BrokerFailure as failure:
            operation.settle("failed", str(failure))
            instance.touch()
            raise unable_to_perform(verb, str(failure)) from None
        operation.settle("succeeded", f"{operation.type} succeeded")
        instance.touch()
        self._record(instance)

    async def _carry_out(self, instance: ServiceInstance, operation: Operation) -> None:
        backing = self._backing(instance)
        if instance.operation is not operation:  # deleted before it was made
            raise BrokerFailure("The service instance is being deleted")
        if operation.type == "create":
            instance.credentials = dict(await backing.provision(instance.guid))
        elif operation.type == "update":
            for name, value in operation.changes.items():
                setattr(instance, name, value)
        else:
            remove_bindings(self._world, instance)
            await backing.deprovision(instance.guid)
            self._world.remove(instance)
            del self._turns[instance.guid]

    async def operate_binding(self, binding: Binding, operation: Operation) -> None:
        """Most of cloud.gov's brokers give every binding the instance's own credentials."""
        asked = pace(binding.parameters)
        if operation.type == "delete":
            asked = asked.delete or Pace()
        try:
            await self._take_time(asked, 0)
            await self._give_credentials(binding, operation)
        except BrokerFailure as failure:
            operation.settle("failed", str(failure))
            raise unable_to_perform(_BINDING_VERBS[operation.type], str(failure)) from None
        operation.settle("succeeded")
        binding.touch()
        if operation.type == "delete":
            self._world.remove(binding)
        record_binding(self._world, binding, operation.type, operation.actor)

    async def _give_credentials(self, binding: Binding, operation: Operation) -> None:
        backing = self._backing(binding.instance) if binding.instance.plan else None
        if not isinstance(backing, OfEachBinding):
            return
        if operation.type == "create":
            binding.credentials = dict(await backing.bind(binding))
        elif operation.type == "delete":
            await backing.unbind(binding)

    async def _take_time(self, asked: Pace, seconds: float) -> None:
        await asyncio.sleep(seconds if asked.seconds is None else asked.seconds)
        if asked.failure:
            raise BrokerFailure(asked.failure)

    async def _answer_again(self, instance: ServiceInstance) -> None:
        if instance.plan is None or not instance.credentials:
            return
        known = instance.credentials
        try:
            instance.credentials = dict(await self._backing(instance).resume(instance.guid, known))
        except BrokerFailure:
            log.exception("the service instance %s does not answer again", instance.name)
        if instance.credentials != known:
            self._tell_apps(instance)

    def _tell_apps(self, instance: ServiceInstance) -> None:
        """What runs as it was started would look for the instance where it no longer is."""
        for process in self._world.all(Process):
            if process.launch:
                env = with_credentials(process.launch.env, instance)
                process.launch = replace(process.launch, env=env)

    def _backing(self, instance: ServiceInstance) -> Backing:
        assert instance.plan is not None
        return self._brokers.of(instance.plan.offering.name)

    def _record(self, instance: ServiceInstance, prefix: str = "") -> None:
        type = f"audit.service_instance.{prefix}{instance.operation.type}"
        self._world.record(type, instance, instance.space, instance.operation.actor)


async def _operate(platform: Platform, instance: ServiceInstance, operation: Operation) -> None:
    await platform.provisioning.operate(instance, operation)


async def _operate_binding(platform: Platform, binding: Binding, operation: Operation) -> None:
    await platform.provisioning.operate_binding(binding, operation)


def remove_bindings(world: World, instance: ServiceInstance) -> None:
    """Take away the bindings of ``instance``, of apps, keys and routes."""
    for kind in (Binding, RouteBinding):
        for row in world.all(kind):
            if row.instance is instance:
                world.remove(row)


def record_binding(world: World, binding: Binding, what: str, actor: User | None) -> None:
    """Write down that ``binding`` was created or deleted."""
    noun = "service_key" if binding.type == "key" else "service_binding"
    world.record(f"audit.{noun}.{what}", binding, binding.space, actor, {"request": _request(binding, what)})


def _request(binding: Binding, what: str) -> dict[str, Any]:
    """What was asked for, as the platform writes it down."""
    app, instance = binding.app.guid if binding.app else None, binding.instance.guid
    if what != "create":
        return {"app_guid": app, "route_guid": None, "service_instance_guid": instance}
    to = {"service_instance": {"data": {"guid": instance}}}
    to |= {"app": {"data": {"guid": app}}} if app else {}
    return {"type": binding.type, "relationships": to}
