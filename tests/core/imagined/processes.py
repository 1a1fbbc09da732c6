"""What runs, and what takes its place."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import (
    App,
    Deployment,
    Instance,
)
from tests.core.imagined.state import Running, State, change


class Processes(State):
    """Their steps, and how they fare."""

    def _start(self, step: steps.Start, app: App) -> None:
        assert app.guid not in self.rolling, "a droplet is not assigned while a deployment is in flight"
        assert any(d.guid == step.droplet and d.state == "ready" for d in self.droplets.get(app.guid, []))
        assert step.droplet not in self.evil, "it runs what nobody signed"
        self.apps[app.guid] = replace(self.apps[app.guid], droplet=step.droplet, started=True)
        self.running[app.guid] = Running(step.droplet, self.configured.get(app.guid))
        guid = self._guid("deployment")
        over = Deployment(guid, False, False, True, step.droplet, step.attempt, created_at=self.now)
        self.deployments.setdefault(app.guid, []).insert(0, over)

    def _stop(self, app: App) -> None:
        assert app.guid not in self.rolling, "a deployment is called off before its app is stopped"
        self.apps[app.guid] = replace(self.apps[app.guid], started=False)
        self.running.pop(app.guid, None)

    def _roll(self, step: steps.Roll, app: App) -> None:
        assert self.apps[app.guid].started, "a stopped app cannot be rolled"
        assert app.guid not in self.rolling, "an active deployment is never superseded"
        assert step.droplet not in self.evil, "it runs what nobody signed"
        guid = self._guid("deployment")
        self.deployments.setdefault(app.guid, []).insert(
            0, Deployment(guid, True, False, False, step.droplet, step.attempt, created_at=self.now)
        )
        self.rolling[app.guid] = Running(step.droplet, self.configured.get(app.guid))
        self.apps[app.guid] = replace(self.apps[app.guid], droplet=step.droplet)

    def _finish_roll(self, app: str) -> None:
        newest = self.deployments[app][0]
        if self._instance(self.rolling[app]).well and not newest.cancelling:
            change(self.deployments[app], newest.guid, active=False, deployed=True)
            self.running[app] = self.rolling.pop(app)

    def _cancel(self, guid: str, app: App) -> None:
        if app.guid not in self.rolling:
            return
        change(self.deployments[app.guid], guid, cancelling=True)
        self._in_time(self._end_cancel, app.guid, guid)

    def _end_cancel(self, app: str, guid: str) -> None:
        if self.rolling.pop(app, None) is not None:
            change(self.deployments[app], guid, active=False, cancelling=False)
            self.apps[app] = replace(self.apps[app], droplet=self.running[app].droplet)

    def _instance(self, process: Running) -> Instance:
        fate = self.fates.get(self.made_of[process.droplet], "well")
        if process.age < self.looks:
            return Instance("STARTING", None)
        if fate == "crashing" or (fate == "crashing later" and process.age > self.looks):
            return Instance("CRASHED", None)
        return Instance("RUNNING", True)

    def _answers(self, address: str) -> bool:
        route = next(r for r in self.routes.values() if r.address == address)
        if route.guid in self.bound and not self.gate_is_up:
            return False
        for app in route.apps & self.running.keys():
            process = self.running[app]
            fate = self.fates.get(self.made_of[process.droplet], "well")
            return self._instance(process).well and fate not in ("silent", "crashing later")
        return False
