"""Diego, as the Cloud Controller sees it: processes that should run, and instances that do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.environment import environment
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.route_table import RouteTable
from reviewapps.sandbox.cloudfoundry.runtime import Backend, HealthCheck, Instance, InstanceSpec, LogLine
from reviewapps.sandbox.cloudfoundry.state import App, Check, Droplet, Launch, Process, Sidecar, new_guid
from reviewapps.sandbox.cloudfoundry.world import World


class Cells:
    """The running instances of every process, by index."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._background = Background()
        self._instances: dict[Process, dict[int, Instance]] = {}
        self._stopping: dict[Instance, asyncio.Task[None]] = {}
        self._routes = RouteTable(world)

    def watch_routes(self) -> None:
        """Begin to notice changed routes, in the running event loop."""
        self._background.spawn(self._routes.watch())

    def launch(self, process: Process, droplet: Droplet) -> None:
        """Run ``process`` from now on with this droplet and the environment as it is now."""
        process.launch = self.planned(process, droplet)
        process.version = new_guid()
        self._stop_from(process, 0)
        self.converge(process)

    def planned(self, process: Process, droplet: Droplet) -> Launch:
        """What the process would run; 422 where nothing says how to start it."""
        command = self.command(process, droplet)
        if not command:
            raise unprocessable("Start command not specified")
        env = environment(self._world, process.app, process.memory_mb, process)
        return Launch(droplet, self._with_sidecars(process, command), env, process.memory_mb)

    def command(self, process: Process, droplet: Droplet) -> str | None:
        """How the process would be started with this droplet, if anything says so."""
        return process.command or droplet.process_types.get(process.type)

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
        await self._background.close()

    def instances(self, process: Process) -> dict[int, Instance]:
        return self._instances.get(process, {})

    def running(self, process: Process) -> list[Instance]:
        """Those that are healthy, and ready for requests."""
        return [one for one in self._instances.get(process, {}).values() if one.routable]

    def placement_error(self, process: Process) -> str | None:
        """Why no cell takes the process, if none does."""
        if process.launch and not self._fits(process.launch):
            return "insufficient resources: memory"
        return None

    def backend(self, host: str, path: str) -> Backend | None:
        """What the router sends a request to."""
        route = self._routes.route(host, path)
        if route is None or not route.targets:
            return None
        running = [one for app, kind in route.targets for one in self._running_of(app, kind)]
        return Backend(route.targets[0][0].guid, running, route.guid, route.service_url)

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
            health=_health(process.health),
            process_type=process.type,
            readiness=_health(process.readiness),
            crash_pause=self._world.settings.crash_pause,
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
        was_routable = False

        def changed(instance: Instance, exit_description: str | None) -> None:
            nonlocal was_routable
            where = {"instance": instance.guid, "index": instance.spec.index, "cell_id": "sandbox"}
            asked = process.launch is not None and instance.spec.readiness.type != "process"
            if asked and instance.state == "RUNNING" and instance.routable != was_routable:
                self._record(process, "ready" if instance.routable else "not-ready", where)
            was_routable = instance.routable
            if exit_description is not None and process.launch is not None:
                crash = {
                    "reason": "CRASHED",
                    "exit_description": exit_description,
                    "crash_timestamp": int(instance.since * 1e9),
                }
                self._record(process, "crash", {**where, **crash})

        return changed

    def _record(self, process: Process, what: str, data: dict[str, object]) -> None:
        self._world.record(f"audit.app.process.{what}", process.app, process.space, data=data)

    def _stop_from(self, process: Process, first: int) -> None:
        instances = self._instances.get(process, {})
        for index in [index for index in instances if index >= first]:
            self._stop(instances.pop(index))

    def _stop(self, instance: Instance) -> None:
        task = self._background.spawn(instance.stop(grace=self._world.settings.stop_grace))
        self._stopping[instance] = task
        task.add_done_callback(lambda _: self._stopping.pop(instance, None))


def _health(asked: Check) -> HealthCheck:
    return HealthCheck(
        type=asked.type,
        endpoint=asked.endpoint or "/",
        timeout=asked.timeout or 60,
        invocation_timeout=asked.invocation_timeout or 1,
        interval=asked.interval or 30,
    )
