"""Diego, as the Cloud Controller sees it: processes that should run, and instances that do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.environment import environment
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.runtime import Backend, HealthCheck, Instance, InstanceSpec, LogLine
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Droplet,
    Launch,
    Process,
    Route,
    RouteBinding,
    Sidecar,
    new_guid,
)
from reviewapps.sandbox.cloudfoundry.world import World


class Cells:
    """The running instances of every process, by index."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._background = Background()
        self._instances: dict[Process, dict[int, Instance]] = {}
        self._stopping: dict[Instance, asyncio.Task[None]] = {}

    def launch(self, process: Process, droplet: Droplet) -> None:
        """Run ``process`` from now on with this droplet and the environment as it is now."""
        process.launch = self.planned(process, droplet)
        process.version = new_guid()
        self._stop_from(process, 0)
        self.converge(process)

    def planned(self, process: Process, droplet: Droplet) -> Launch:
        """What the process would run; 422 where nothing says how to start it."""
        command = process.command or droplet.process_types.get(process.type)
        if not command:
            raise unprocessable("Start command not specified")
        env = environment(self._world, process.app, process.memory_mb, process)
        return Launch(droplet, self._with_sidecars(process, command), env, process.memory_mb)

    def _with_sidecars(self, process: Process, command: str) -> str:
        sidecars = (one for one in self._world.of_app(Sidecar, process.app))
        beside = [f"({one.command}) &" for one in sidecars if process.type in one.process_types]
        return " ".join([*beside, command])

    def carry_on(self) -> None:
        """Run again what should run."""
        for process in self._world.all(Process):
            self.converge(process)

    def converge(self, process: Process) -> None:
        """Start the instances that are missing, stop those that are too many."""
        self._stop_from(process, process.instances if process.launch else 0)
        if process.launch is None or not self._fits(process.launch):
            return
        running = self._instances.setdefault(process, {})
        for index in range(process.instances):
            if index not in running:
                running[index] = self._started(process, process.launch, index)

    def restart_instance(self, process: Process, index: int) -> bool:
        """Whether there was such an instance; it is stopped and another takes its place."""
        instance = self._instances.get(process, {}).pop(index, None)
        if instance is None:
            return False
        self._stop(instance)
        self.converge(process)
        return True

    def stop(self, process: Process) -> None:
        """Run nothing of ``process`` any more. The instances go when they have answered their requests."""
        process.launch = None
        self._stop_from(process, 0)
        self._instances.pop(process, None)

    async def close(self) -> None:
        """Stop everything, and wait for it. What should run stays known, for the next start."""
        for process in self._instances:
            self._stop_from(process, 0)
        await asyncio.gather(*self._stopping.values())

    def instances(self, process: Process) -> dict[int, Instance]:
        return self._instances.get(process, {})

    def running(self, process: Process) -> list[Instance]:
        """Those that are healthy."""
        return [one for one in self._instances.get(process, {}).values() if one.state == "RUNNING"]

    def placement_error(self, process: Process) -> str | None:
        """Why no cell takes the process, if none does."""
        if process.launch and not self._fits(process.launch):
            return "insufficient resources: memory"
        return None

    def backend(self, host: str, path: str) -> Backend | None:
        """What the router sends a request to: the longest path wins, and a host before a wildcard."""
        fitting = [route for route in self._world.all(Route) if _leads(route, host, path)]
        if not fitting:
            return None
        route = max(fitting, key=lambda one: (one.host != "*", len(one.path)))
        targets = [(d.app, d.process_type) for d in route.destinations]
        if not targets:
            return None
        running = [one for app, kind in targets for one in self._running_of(app, kind)]
        return Backend(targets[0][0].guid, running, route.guid, self._route_service_url(route))

    def _route_service_url(self, route: Route) -> str:
        bound = (one for one in self._world.all(RouteBinding) if one.route is route)
        return next((one.instance.route_service_url or "" for one in bound), "")

    def _running_of(self, app: App, process_type: str) -> list[Instance]:
        processes = (p for p in self._world.of_app(Process, app) if p.type == process_type)
        return [instance for process in processes for instance in self.running(process)]

    def _fits(self, launch: Launch) -> bool:
        return launch.memory_mb <= self._world.settings.cell_memory_in_mb

    def _started(self, process: Process, launch: Launch, index: int) -> Instance:
        spec = InstanceSpec(
            index=index,
            command=launch.command,
            droplet=self._world.bits(launch.droplet),
            env=launch.env,
            memory_mb=launch.memory_mb,
            health=_health(process),
            process_type=process.type,
        )
        folder = self._world.folder("cells", new_guid())
        log = self._log(process, index)
        instance = Instance(spec, folder=folder, log=log, changed=self._changed(process))
        instance.start()
        return instance

    def _log(self, process: Process, index: int) -> LogLine:
        source = f"APP/PROC/{process.type.upper()}"

        def say(stream: str, line: str) -> None:
            tags = {"process_type": process.type, "process_id": process.guid}
            self._world.say(process.app, source, line, stream=stream, index=index, **tags)

        return say

    def _changed(self, process: Process) -> Callable[[Instance, str | None], None]:
        def changed(instance: Instance, exit_description: str | None) -> None:
            if exit_description is None or process.launch is None:
                return
            data = {
                "instance": instance.guid,
                "index": instance.spec.index,
                "cell_id": "sandbox",
                "reason": "CRASHED",
                "exit_description": exit_description,
                "crash_timestamp": int(instance.since * 1e9),
            }
            self._world.record("audit.app.process.crash", process.app, process.space, data=data)

        return changed

    def _stop_from(self, process: Process, first: int) -> None:
        instances = self._instances.get(process, {})
        for index in [index for index in instances if index >= first]:
            self._stop(instances.pop(index))

    def _stop(self, instance: Instance) -> None:
        task = self._background.spawn(instance.stop(grace=self._world.settings.stop_grace))
        self._stopping[instance] = task
        task.add_done_callback(lambda _: self._stopping.pop(instance, None))


def _leads(route: Route, host: str, path: str) -> bool:
    name, _, domain = host.lower().partition(".")
    if domain != route.domain.name or route.host not in (name, "*"):
        return False
    return not route.path or path == route.path or path.startswith(route.path + "/")


def _health(process: Process) -> HealthCheck:
    asked = process.health
    return HealthCheck(
        type=asked.type,
        endpoint=asked.endpoint or "/",
        timeout=asked.timeout or 60,
        invocation_timeout=asked.invocation_timeout or 1,
        interval=asked.interval or 30,
    )
