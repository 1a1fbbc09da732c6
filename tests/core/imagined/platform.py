"""The space: what is asked of it, and how its time passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial

from reviewapps import steps
from reviewapps.errors import Full, Unavailable
from reviewapps.model import (
    Actual,
    App,
    Crash,
    Deployment,
    Environment,
    Guard,
    Space,
)
from tests.core.imagined.apps import Apps
from tests.core.imagined.building import Building
from tests.core.imagined.looking import Looking
from tests.core.imagined.services import Services
from tests.core.imagined.state import LATE, LOOK, QUOTA, Note, Running, all_of, app_of, change


class CloudFoundry(Apps, Services, Building, Looking):
    """One space, as a client of it would show it. What its attributes mean stands with ``State``."""

    # --- what others see of it ---

    def guarded(self, space: Space) -> frozenset[str]:
        return frozenset(self.bound) if self.gate_is_up else frozenset()

    def unbound(self, space: Space) -> frozenset[str]:
        return frozenset(r.guid for r in space.routes if r.gated) - self.bound

    def visits(self) -> Mapping[str, datetime]:
        return self.visited

    @property
    def open_routes(self) -> list[str]:
        """The hosts whose requests go straight to an app."""
        return [r.host for r in self.routes.values() if r.apps and r.guid not in self.bound]

    @property
    def running_apps(self) -> list[App]:
        """Those that are for running: all but the builders."""
        return [app for app in self.apps.values() if not app.is_builder]

    def look(self) -> Space:
        return Space(tuple(self.apps.values()), tuple(self.routes.values()), self.unreadable)

    def serving(self, environment: Environment) -> Running | None:
        """What really answers at the environment's address."""
        for route in self.routes.values():
            if route.environment == environment:
                return next((self.running[a] for a in route.apps if a in self.running), None)
        return None

    def held(self, check: Callable[[], None]) -> AbstractContextManager[None]:
        return nullcontext()

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        self.requests += 1
        if isinstance(step, self.full):
            raise Full(QUOTA, after=30.0)
        if isinstance(step, self.away):
            raise Unavailable("it did not answer")
        trouble = None if isinstance(step, steps.Look | steps.Reach) else next(self.troubles, None)
        if trouble == "nothing":
            raise Unavailable("it did not answer")
        if trouble == "half" and isinstance(step, steps.Stop | steps.Start):
            self._half(step, app_of(actual))
            raise Unavailable("it was interrupted")
        if trouble == "half" and isinstance(step, steps.CopyDroplet):
            self._copy(step, app_of(actual), half=True)
            raise Unavailable("it was interrupted")
        if trouble == "half" and isinstance(step, steps.RunTask):
            self._ask_for(step, app_of(actual))
            raise Unavailable("it was interrupted")
        if trouble == "late" and isinstance(step, Note | steps.RunTask):
            self._later.append((LATE, partial(self._noted_late, step, app_of(actual))))
            raise Unavailable("it was given up")
        after = self._done(step, actual)
        if trouble == "lost":
            raise Unavailable("its answer was lost")
        return after

    # --- time ---

    def pass_time(self) -> None:
        """One look's worth of it."""
        self.now += LOOK
        if self.gate_in:
            self.gate_in -= 1
        due = [end for looks, end in self._later if looks <= 1]
        self._later = [(looks - 1, end) for looks, end in self._later if looks > 1]
        for end in due:
            end()
        for processes in (self.running, self.rolling):
            for app, process in list(processes.items()):
                processes[app] = replace(process, age=process.age + 1)
                if self._instance(processes[app]).state == "CRASHED":
                    self.crashes.setdefault(app, []).append(Crash(self.now, "Exited with status 1"))
        for app in list(self.rolling):
            self._finish_roll(app)

    # --- the steps ---

    def _half(self, step: steps.Stop | steps.Start, app: App) -> None:
        if isinstance(step, steps.Stop):
            self._stop(app)
        else:
            self.apps[app.guid] = replace(app, droplet=step.droplet)

    def _done(self, step: steps.Step, actual: Actual) -> Actual:
        match step:
            case steps.CreateApp():
                made = self.apps_made
                after = actual.with_app(self._create_app(step, actual))
                if self.apps_made == made or len(after.apps) > 1:
                    return after
                return replace(after, packages=(), builds=(), droplets=(), tasks=(), deployments=())
            case steps.CreateBuilder():
                return replace(actual, apps=(*actual.apps, self._create_builder(step, actual)))
            case steps.DeleteService(guid):
                return self._delete_service(guid, actual)
            case steps.CreateRoute():
                return replace(actual, routes=(self._create_route(step, actual), *actual.routes))
            case steps.DeleteRoute(guid):
                del self.routes[guid]
                self.bound.discard(guid)
                return replace(actual, routes=tuple(r for r in actual.routes if r.guid != guid))
            case steps.ReplaceBuilder(guid):
                assert self.apps[guid].is_builder
                self._delete_app(guid)
                left = tuple(a for a in actual.apps if a.guid != guid)
                gone = replace(actual, apps=left, packages=None, builds=None, droplets=None)
                return replace(gone, builder_is_ours=True)
            case steps.DeleteApp(guid):
                self._delete_app(guid)
                return replace(actual, apps=tuple(a for a in actual.apps if a.guid != guid))
            case steps.Reach(address):
                return replace(actual, answers=self._answers(address))
            case steps.BindGate(guid) | steps.UnbindGate(guid):
                return self._bind(guid, isinstance(step, steps.BindGate), actual)
            case steps.RaiseGate():
                self.gate_in = 2 * self.looks if self.gate_in is None else self.gate_in
                guard = Guard(bound=True, up=self.gate_is_up, tended=True)
                return replace(actual, guard=guard)
            case steps.Look("services", shared=asked):
                app = actual.app
                return replace(
                    actual,
                    services=tuple(self.services.get(actual.environment, ())),
                    shared_asked=frozenset(asked),
                    bindings=tuple(self.bindings.get(app.guid, ())) if app is not None else (),
                )
            case steps.Look("guard"):
                bound = actual.route is not None and actual.route.guid in self.bound
                return replace(actual, guard=Guard(bound, self.gate_is_up))
            case steps.Look():
                return self._looked(step, actual)
            case steps.Begin() | steps.Remember() | steps.MarkLive() | steps.Refuse() | steps.NoteSaid():
                noted = actual.with_app(self._noted(step, app_of(actual)))
                if not (isinstance(step, steps.Begin | steps.Remember) and step.calm):
                    return noted
                assert all(b.state != "waiting" for b in all_of(actual, self.builds)), "a build is under way"
                assert app_of(actual).guid not in self.rolling, "a deployment is under way"
                return noted.at_rest()
            case _:
                return self._changed(step, app_of(actual), actual)

    def _changed(self, step: steps.Step, app: App, actual: Actual) -> Actual:
        if isinstance(step, steps.Start | steps.Roll | steps.RunTask) and step.droplet in self.deleted:
            return replace(actual, droplets=tuple(all_of(actual, self.droplets)))
        match step:
            case steps.MapRoute(guid):
                self.routes[guid] = replace(self.routes[guid], apps=self.routes[guid].apps | {app.guid})
                mapped = tuple(self.routes[guid] if r.guid == guid else r for r in actual.routes)
                return replace(actual, routes=mapped)
            case steps.Upload():
                self._upload(step, app)
                return replace(actual, packages=tuple(all_of(actual, self.packages)))
            case steps.CreateBuild():
                if not self._is_ready(step):
                    return replace(actual, packages=None)
                self._build(step, actual)
                return replace(actual, builds=tuple(all_of(actual, self.builds)))
            case steps.CopyDroplet():
                self._copy(step, app)
                return replace(actual, droplets=tuple(all_of(actual, self.droplets)))
            case steps.Sign() | steps.CarrySignature():
                return self._sign(step, actual)
            case steps.CreateService() | steps.MakeDatabase() | steps.Bind() | steps.Unbind():
                return self._served(step, app, actual)
            case steps.RunTask():
                self._ask_for(step, app)
                if not self.room and app.started and step.kind != "teardown":
                    return replace(actual.with_app(self.apps[app.guid]), no_room_to_roll=True)
                self._run_task(step, app)
                tasks = tuple(self.tasks[app.guid])
                return replace(actual.with_app(self.apps[app.guid]), tasks=tasks)
            case steps.CancelTask(guid):
                change(self.tasks[app.guid], guid, state="failed", cancelled=True)
                return replace(actual, tasks=None)
            case steps.MarkSetUp(key):
                for one in self.services.get(app.environment, []):
                    if one.database is not None:
                        change(self.services[app.environment], one.guid, set_up=key)
                self.apps[app.guid] = replace(app, set_up=key)
                return actual.with_app(self.apps[app.guid])
            case steps.Configure(blueprint):
                assert app.guid not in self.rolling, (
                    "Cannot update this process while a deployment is in flight"
                )
                self.configured[app.guid] = blueprint.origin
                self.apps[app.guid] = replace(self.apps[app.guid], env_names=frozenset({"REVIEWAPPS_URL"}))
                return replace(actual.with_app(self.apps[app.guid]), configured=blueprint.origin)
            case steps.Start():
                self._start(step, app)
                started = replace(actual, deployments=tuple(self.deployments[app.guid]))
                return replace(started.with_app(self.apps[app.guid]), instances=(), answers=None)
            case steps.Stop():
                self._stop(app)
                stopped = replace(self.apps[app.guid], commit=None, config=None)
                self.apps[app.guid] = stopped
            case steps.Roll():
                if not self.room:
                    return replace(actual, no_room_to_roll=True)
                self._roll(step, app)
                rolled = replace(actual, deployments=tuple(self.deployments[app.guid]))
                return replace(rolled.with_app(self.apps[app.guid]), instances=(), answers=None)
            case steps.CancelRoll(guid):
                self._cancel(guid, app)
                return replace(actual, deployments=None, instances=None)
        return replace(actual.with_app(self.apps[app.guid]), instances=None, answers=None)

    # --- what somebody else does ---

    def delete_droplets(self, app: str) -> None:
        """All that it does not run."""
        self.deleted |= {one.guid for one in self.droplets[app]} - {self.apps[app].droplet or ""}
        self.droplets[app] = [one for one in self.droplets[app] if one.guid not in self.deleted]

    def push_by_hand(self, app: str, key: str, *, rolling: bool = False) -> str:
        """Give the app a droplet as ``cf push`` does, with a deployment or without; the droplet."""
        droplet, guid = self.add_droplet(app, key), self._guid("deployment")
        self.apps[app] = replace(self.apps[app], droplet=droplet)
        if rolling:
            self.deployments[app].insert(
                0, Deployment(guid, True, False, False, droplet, None, created_at=self.now)
            )
            self.rolling[app] = Running(droplet, None)
        else:
            self.running[app] = Running(droplet, None)
        return droplet
