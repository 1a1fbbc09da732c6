"""Deployments: the new process beside the old one, a few instances at a time; a canary waits in between.

One that recreates stops all the old instances first, and starts all the new ones at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.cells import Cells
from reviewapps.sandbox.cloudfoundry.errors import ApiError, unprocessable
from reviewapps.sandbox.cloudfoundry.processes import (
    WEB,
    active_deployment,
    assign_droplet,
    cloned,
    newest,
    start,
)
from reviewapps.sandbox.cloudfoundry.quotas import check_start
from reviewapps.sandbox.cloudfoundry.revisions import revised, rolled_back
from reviewapps.sandbox.cloudfoundry.rollout_room import check_room
from reviewapps.sandbox.cloudfoundry.state import App, Deployment, Droplet, Process, Revision, User
from reviewapps.sandbox.cloudfoundry.world import World

log = logging.getLogger(__name__)

STRATEGIES = ("rolling", "canary", "recreate")


@dataclass(frozen=True)
class Wanted:
    """What a new deployment asks for; with ``revision`` to go back to it, else to run ``droplet``."""

    droplet: Droplet
    strategy: str = "rolling"
    options: dict[str, int] = field(default_factory=dict)
    weights: list[int] = field(default_factory=list)
    revision: Revision | None = None
    user: User | None = None


class Rollouts:
    """Carries deployments on, one tick after the other. They never fail by themselves."""

    def __init__(self, world: World, cells: Cells, background: Background) -> None:
        self._world = world
        self._cells = cells
        self._background = background

    def create(self, app: App, wanted: Wanted, label: Callable[[Deployment], None]) -> Deployment:
        """The new deployment of ``app``; one under way is superseded. A stopped app is simply started."""
        earlier = active_deployment(self._world, app)
        web = [process for process in self._world.of_app(Process, app) if process.type == WEB]
        deployment = Deployment(
            app=app,
            droplet=wanted.droplet,
            previous_droplet=app.droplet,
            original_instances=earlier.original_instances if earlier else web[0].instances,
            strategy=wanted.strategy,
            options={"max_in_flight": 1, **wanted.options},
            weights=wanted.weights,
            step=1 if wanted.strategy == "canary" else 0,
        )
        label(deployment)
        if app.state == "STOPPED":
            return self._of_stopped_app(deployment, wanted)
        process = cloned(web[-1], deployment)
        if wanted.revision:
            process.command = wanted.revision.commands.get(WEB)
        self._cells.planned(process, wanted.droplet)
        self._make_room(deployment, process)
        process.revision = deployment.revision = self._revision(app, wanted)
        if earlier:
            earlier.settle("FINALIZED", "SUPERSEDED")
        deployment.process = self._world.add(process)
        self._cells.launch(process, wanted.droplet)
        self._background.spawn(self._carry_on(deployment))
        return self._world.add(deployment)

    def _make_room(self, deployment: Deployment, process: Process) -> None:
        """Let there be memory for the new instances; 422, and nothing stopped, where there is none."""
        stopping = self._others(process) if deployment.strategy == "recreate" else []
        before = [one.instances for one in stopping]
        for one in stopping:
            one.instances = 0
        try:
            check_room(self._world, process, process.instances)
        except ApiError:
            for one, instances in zip(stopping, before, strict=True):
                one.instances = instances
            raise
        for one in stopping:
            self._cells.converge(one)

    def carry_on(self) -> None:
        """Go on with all that are under way."""
        for deployment in self._world.all(Deployment):
            if deployment.value == "ACTIVE":
                self._background.spawn(self._carry_on(deployment))

    def cancel(self, deployment: Deployment) -> None:
        """Go back to the previous droplet; at the next tick the old instances are all there is."""
        if deployment.value != "ACTIVE":
            raise unprocessable(f"Cannot cancel a {deployment.reason} deployment")
        if deployment.previous_droplet is None:
            text = "Unable to assign current droplet. Ensure the droplet exists and belongs to this app."
            raise unprocessable(text)
        assign_droplet(self._world, deployment.app, deployment.previous_droplet)
        deployment.settle("ACTIVE", "CANCELING")

    def advance(self, deployment: Deployment) -> None:
        """Let a canary that waits go on to its next step, or to its end."""
        if deployment.reason != "PAUSED":
            status = f"status: {deployment.value} and reason: {deployment.reason}"
            raise unprocessable(f"Cannot continue a deployment with {status}")
        deployment.step = deployment.step + 1 if deployment.step < len(deployment.weights) else 0
        deployment.settle("ACTIVE", "DEPLOYING")

    def _revision(self, app: App, wanted: Wanted) -> Revision | None:
        """Give the app what is wanted; its revision from now on."""
        if wanted.revision is None:
            assign_droplet(self._world, app, wanted.droplet, wanted.user)
            return revised(self._world, app, wanted.user)
        revision = rolled_back(self._world, app, wanted.revision, wanted.user)
        app.environment = dict(revision.environment)
        assign_droplet(self._world, app, wanted.droplet)
        return revision

    def _of_stopped_app(self, deployment: Deployment, wanted: Wanted) -> Deployment:
        app = deployment.app
        web = newest(self._world, app)
        before = web.instances, web.memory_mb
        web.instances = deployment.options.get("web_instances", web.instances)
        web.memory_mb = deployment.options.get("memory_in_mb", web.memory_mb)
        try:
            check_start(self._world, app)
        except ApiError:
            web.instances, web.memory_mb = before
            raise
        if wanted.revision:
            web.command = wanted.revision.commands.get(WEB)
        deployment.revision = self._revision(app, wanted)
        start(self._world, self._cells, app, wanted.user)
        deployment.settle("FINALIZED", "DEPLOYED")
        return self._world.add(deployment)

    async def _carry_on(self, deployment: Deployment) -> None:
        complaint = ""
        while deployment.value == "ACTIVE" and self._world.find(Deployment, deployment.guid):
            await asyncio.sleep(self._world.settings.deployment_tick)
            try:
                self._step(deployment)
            except Exception as wrong:  # a deployment that nobody carries on could not even be cancelled
                deployment.error = f"the sandbox failed: {wrong}"
                if deployment.error != complaint:
                    log.exception("the deployment %s does not go on", deployment.guid)
                complaint = deployment.error

    def _step(self, deployment: Deployment) -> None:
        if deployment.value == "ACTIVE" and deployment.app.state == "STARTED":
            self._tick(deployment)
        elif deployment.reason == "CANCELING":
            self._go_back(deployment)

    def _tick(self, deployment: Deployment) -> None:
        process = deployment.process
        if process is None or deployment.reason == "PAUSED":
            return
        if deployment.reason == "CANCELING":
            self._go_back(deployment)
            return
        deployment.error = self._cells.placement_error(process)
        routable = len(self._cells.running(process))
        if routable < process.instances:
            return
        deployment.last_healthy_at = time.time()
        phase = deployment.phase
        self._shrink_others(process, max(0, phase.total - routable))
        if routable < phase.new:
            self._grow(deployment, process, min(phase.new, routable + deployment.options["max_in_flight"]))
        elif deployment.step:
            deployment.settle("ACTIVE", "PAUSED")
        else:
            self._finish(deployment, process)

    def _shrink_others(self, process: Process, allowed: int) -> None:
        others = self._others(process)
        surplus = sum(one.instances for one in others) - allowed
        for one in others:
            fewer = min(max(0, surplus), one.instances)
            surplus -= fewer
            one.instances -= fewer
            self._cells.converge(one)

    def _grow(self, deployment: Deployment, process: Process, instances: int) -> None:
        try:
            check_room(self._world, process, instances - process.instances)
        except ApiError as refused:
            deployment.error = refused.detail
            return
        process.instances = instances
        self._cells.converge(process)

    def _finish(self, deployment: Deployment, process: Process) -> None:
        for old in self._others(process):
            self._drop(old)
        for other in self._world.of_app(Process, deployment.app):
            if other is not process and other.instances:
                self._restart(other, deployment.droplet)
        deployment.settle("FINALIZED", "DEPLOYED")

    def _restart(self, process: Process, droplet: Droplet) -> None:
        """Run another process with the new droplet too; one that it has no command for is left stopped."""
        if self._cells.command(process, droplet):
            self._cells.launch(process, droplet)
        else:
            self._cells.stop(process)

    def _go_back(self, deployment: Deployment) -> None:
        process = deployment.process
        others = self._others(process) if process else []
        if process and others:
            kept = max(self._interim(deployment.app, others), key=_age, default=min(others, key=_age))
            kept.instances = deployment.original_instances
            self._cells.converge(kept)
            for one in [process, *others]:
                if one is not kept:
                    self._drop(one)
        deployment.settle("FINALIZED", "CANCELED")

    def _interim(self, app: App, others: list[Process]) -> list[Process]:
        """Those of superseded deployments that have a running instance: to the newest of them one goes back, else
        to the oldest of all."""
        superseded = [
            one.process for one in self._world.of_app(Deployment, app) if one.reason == "SUPERSEDED"
        ]
        return [one for one in others if one in superseded and self._cells.running(one)]

    def _others(self, process: Process) -> list[Process]:
        found = self._world.of_app(Process, process.app)
        return [one for one in found if one.type == WEB and one is not process]

    def _drop(self, process: Process) -> None:
        self._cells.stop(process)
        self._world.remove(process)


def _age(process: Process) -> float:
    return process.created_at
