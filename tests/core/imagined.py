"""A Cloud Foundry that exists only in memory: what the platform would do with a plan's steps, and when.

Time passes in looks. What takes long (an upload, a build, a copy, a start, a deployment, a cancellation) ends
some looks later. ``Fate`` says what becomes of source that is built and started. What no plan may ever ask
for is refused with an AssertionError, the way that the real platform would bite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Literal

from reviewapps import steps
from reviewapps.errors import Full, NameTaken, Unavailable
from reviewapps.model import (
    BUILDER,
    Abroad,
    Actual,
    App,
    Binding,
    Build,
    Crash,
    Deployment,
    Droplet,
    Environment,
    Guard,
    Instance,
    Origin,
    Package,
    Route,
    ServiceInstance,
    Space,
    Task,
)

LOOK = timedelta(seconds=10)
DOMAIN = "apps.example.gov"

Fate = Literal[
    "well",
    "unbuildable",
    "flaky",
    "never staged",
    "crashing",
    "crashing later",
    "silent",
    "unread",
    "unreleasable",
]
"""What becomes of a tree: it runs; its build fails; the platform fails twice, or always; it crashes at once,
or once it has been switched to; nobody answers at its address; its manifest cannot be read; its release task
fails."""

Trouble = Literal["nothing", "lost", "half"]
"""What goes wrong with a request: it did nothing; its answer was lost; it did the first half of its work."""

FAULT = "StagingTimeExpired - Staging time expired"
BAD_BITS = "checksum mismatch"
QUOTA = "memory quota_exceeded"
FAULTS: Mapping[Fate, int] = {"flaky": 2, "never staged": 1000}


Note = steps.Begin | steps.Remember | steps.MarkLive | steps.Refuse | steps.NoteSaid


@dataclass(frozen=True)
class Running:
    """A process: its droplet, and for what it was configured. ``age`` is in looks."""

    droplet: str
    configured: Origin | None
    age: int = 0

    @property
    def commit(self) -> str | None:
        return self.configured.commit if self.configured is not None else None


class CloudFoundry:
    """One space. ``looks`` is how many looks pass until something slow ends; ``full`` are the steps that the
    quota has no room for; ``fails_uploads`` and ``fails_copies`` are its blob store's bad days. ``abroad`` are
    droplets in other spaces, ``evil`` are those (and copies) that start by commands which nobody signed, though
    all else of them is as it was signed; ``meddled``: somebody else had a hand in every app."""

    def __init__(self, now: datetime, fates: Mapping[str, Fate], looks: int = 1) -> None:
        self.now, self.fates, self.looks = now, fates, looks
        self.room = True
        self.unreadable: dict[Environment | None, str] = {}
        self.bound: set[str] = set()
        self.gate_in: int | None = None
        self.visited: dict[str, datetime] = {}
        self.fails_uploads = self.fails_copies = self.meddled = False
        self.abroad: list[Droplet] = []
        self.evil: set[str] = set()
        self.deleted: set[str] = set()
        self.unsigned: tuple[str, ...] = ()
        self.full: tuple[type[steps.Step], ...] = ()
        self.away: tuple[type[steps.Step], ...] = ()
        self.strangers: frozenset[str] = frozenset()
        self.troubles: Iterator[Trouble | None] = iter(())
        self.apps: dict[str, App] = {}
        self.routes: dict[str, Route] = {}
        self.packages: dict[str, list[Package]] = {}
        self.builds: dict[str, list[Build]] = {}
        self.droplets: dict[str, list[Droplet]] = {}
        self.deployments: dict[str, list[Deployment]] = {}
        self.crashes: dict[str, list[Crash]] = {}
        self.running: dict[str, Running] = {}
        self.rolling: dict[str, Running] = {}
        self.configured: dict[str, Origin] = {}
        self.services: dict[Environment, list[ServiceInstance]] = {}
        self.bindings: dict[str, list[Binding]] = {}
        self.tasks: dict[str, list[Task]] = {}
        self.databases: set[str] = set()
        self.tasks_run: Counter[str] = Counter()
        self.made_of: dict[str, str] = {}
        self.builds_made: Counter[str] = Counter()
        self.apps_made = 0
        self.requests = 0
        self._numbers = count(1)
        self._later: list[tuple[int, Callable[[], None]]] = []

    # --- what others see of it ---

    @property
    def gate_is_up(self) -> bool:
        return self.gate_in == 0

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
            self._half(step, _app(actual))
            raise Unavailable("it was interrupted")
        if trouble == "half" and isinstance(step, steps.CopyDroplet):
            self._copy(step, _app(actual), half=True)
            raise Unavailable("it was interrupted")
        if trouble == "half" and isinstance(step, steps.RunTask):
            self._ask_for(step, _app(actual))
            raise Unavailable("it was interrupted")
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

    def _in_time(self, end: Callable[..., None], *what: object) -> None:
        self._later.append((self.looks, partial(end, *what)))

    def _guid(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

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
            case steps.Look("services"):
                app = actual.app
                return replace(
                    actual,
                    services=tuple(self.services.get(actual.environment, ())),
                    bindings=tuple(self.bindings.get(app.guid, ())) if app is not None else (),
                )
            case steps.Look("guard"):
                bound = actual.route is not None and actual.route.guid in self.bound
                return replace(actual, guard=Guard(bound, self.gate_is_up))
            case steps.Look():
                return self._looked(step, actual)
            case steps.Begin() | steps.Remember() | steps.MarkLive() | steps.Refuse() | steps.NoteSaid():
                noted = actual.with_app(self._noted(step, _app(actual)))
                if not (isinstance(step, steps.Begin | steps.Remember) and step.calm):
                    return noted
                assert all(b.state != "waiting" for b in _of(actual, self.builds)), "a build is under way"
                assert _app(actual).guid not in self.rolling, "a deployment is under way"
                return noted.at_rest()
            case _:
                return self._changed(step, _app(actual), actual)

    def _changed(self, step: steps.Step, app: App, actual: Actual) -> Actual:
        if isinstance(step, steps.Start | steps.Roll | steps.RunTask) and step.droplet in self.deleted:
            return replace(actual, droplets=tuple(_of(actual, self.droplets)))
        match step:
            case steps.MapRoute(guid):
                self.routes[guid] = replace(self.routes[guid], apps=self.routes[guid].apps | {app.guid})
                mapped = tuple(self.routes[guid] if r.guid == guid else r for r in actual.routes)
                return replace(actual, routes=mapped)
            case steps.Upload():
                self._upload(step, app)
                return replace(actual, packages=tuple(_of(actual, self.packages)))
            case steps.CreateBuild():
                if not self._is_ready(step):
                    return replace(actual, packages=None)
                self._build(step, actual)
                return replace(actual, builds=tuple(_of(actual, self.builds)))
            case steps.CopyDroplet():
                self._copy(step, app)
                return replace(actual, droplets=tuple(_of(actual, self.droplets)))
            case steps.MarkCopy(guid, key):
                assert self.made_of[guid] == key, "it is a copy of something else"
                _change(self.droplets[app.guid], guid, build_key=key)
                return replace(actual, droplets=tuple(_of(actual, self.droplets)))
            case steps.Sign() | steps.CarrySignature():
                return self._sign(step, actual)
            case steps.CreateService() | steps.MakeDatabase() | steps.Bind() | steps.Unbind():
                return self._served(step, app, actual)
            case steps.RunTask():
                self._ask_for(step, app)
                self._run_task(step, app)
                tasks = tuple(self.tasks[app.guid])
                return replace(actual.with_app(self.apps[app.guid]), tasks=tasks)
            case steps.MarkSetUp(key):
                for one in self.services.get(app.environment, []):
                    if one.database is not None:
                        _change(self.services[app.environment], one.guid, set_up=key)
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

    # --- apps and routes ---

    def _create_app(self, step: steps.CreateApp, actual: Actual) -> App:
        for name in step.names:
            found = next((a for a in self.apps.values() if a.name == name), None)
            if found is not None and found.environment == actual.environment:
                return self._noted(steps.Begin(step.attempt), found)
            if found is None and name not in self.strangers:
                self.apps_made += 1
                guid = self._guid("app")
                self.apps[guid] = App(
                    guid, name, actual.environment, "app", False, None, None, None, self.now, step.attempt
                )
                if step.follows is not None:
                    self._noted(step.follows, self.apps[guid])
                return self.apps[guid]
        raise NameTaken("every name belongs to somebody else")

    def _create_builder(self, step: steps.CreateBuilder, actual: Actual) -> App:
        for app in self.apps.values():
            if app.environment == actual.environment and app.is_builder:
                return app
        guid = self._guid("app")
        name = step.names[0]
        self.apps[guid] = App(guid, name, actual.environment, BUILDER, False, None, None, None, self.now)
        return self.apps[guid]

    # --- services and tasks ---

    def _served(
        self,
        step: steps.CreateService | steps.MakeDatabase | steps.Bind | steps.Unbind,
        app: App,
        actual: Actual,
    ) -> Actual:
        mine = self.services.setdefault(app.environment, [])
        match step:
            case steps.CreateService(service, names):
                self.apps[app.guid] = app = replace(app, service_names=app.service_names | {service.name})
                if all(one.service != service.name for one in mine):
                    guid = self._guid("service")
                    database = f"db-of-{app.environment.key}" if service.kind == "database" else None
                    made = ServiceInstance(
                        guid, names[0], service.name, "ready", True, database, plan=service.plan
                    )
                    mine.append(made)
            case steps.MakeDatabase(guid, data):
                self.databases.add(next(one.database or "" for one in mine if one.guid == guid))
                _change(mine, guid, data=data)
                return replace(actual, services=tuple(mine))
            case steps.Bind(instance, name):
                bound = self.bindings.setdefault(app.guid, [])
                if all(one.instance != instance for one in bound):
                    bound.append(Binding(self._guid("binding"), instance, "ready", True, name))
            case steps.Unbind(guid):
                bound = self.bindings[app.guid]
                bound[:] = [one for one in bound if one.guid != guid]
        return replace(actual.with_app(app), services=None, bindings=None)

    def _delete_service(self, guid: str, actual: Actual) -> Actual:
        mine = self.services[actual.environment]
        using = {app for app, some in self.bindings.items() if any(b.instance == guid for b in some)}
        assert not using & self.running.keys() - self.rolling.keys(), "what goes is used by nobody any more"
        self.databases -= {one.database for one in mine if one.guid == guid}
        mine[:] = [one for one in mine if one.guid != guid]
        for bound in self.bindings.values():
            bound[:] = [one for one in bound if one.instance != guid]
        return replace(actual, services=tuple(mine), bindings=None)

    def _ask_for(self, step: steps.RunTask, app: App) -> None:
        if app.attempt is not None:
            asked = replace(app.attempt, task=step.key, task_asked_at=self.now)
            self.apps[app.guid] = replace(app, attempt=asked)

    def _run_task(self, step: steps.RunTask, app: App) -> None:
        assert any(d.guid == step.droplet and d.state == "ready" for d in self.droplets.get(app.guid, []))
        assert step.droplet not in self.evil, "it runs what nobody signed"
        assert step.kind == "teardown" or self.configured.get(app.guid), "a command needs its variables"
        guid, mine = self._guid("task"), self.tasks.setdefault(app.guid, [])
        attempt = app.attempt.id if app.attempt is not None else None
        assert all(one.state != "waiting" for one in mine), "one command at a time"
        self.tasks_run[step.kind + step.key] += 1
        mine.insert(0, Task(guid, step.kind, step.key, "waiting", self.now, attempt))
        self._in_time(self._end_task, app.guid, guid, self.made_of[step.droplet])

    def _end_task(self, app: str, guid: str, key: str) -> None:
        failed = self.fates.get(key) == "unreleasable"
        error = "Exited with status 1" if failed else ""
        _change(self.tasks.get(app, []), guid, state="failed" if failed else "ready", error=error)

    def _create_route(self, step: steps.CreateRoute, actual: Actual) -> Route:
        for host in step.hosts:
            found = next((r for r in self.routes.values() if r.host == host), None)
            if found is not None and found.environment == actual.environment:
                return found
            if found is None and host not in self.strangers:
                guid = self._guid("route")
                self.routes[guid] = Route(
                    guid, host, f"{host}.{DOMAIN}", actual.environment, frozenset(), gated=step.gated
                )
                return self.routes[guid]
        raise NameTaken("every host belongs to somebody else")

    def _bind(self, guid: str, bound: bool, actual: Actual) -> Actual:
        (self.bound.add if bound else self.bound.discard)(guid)
        self.routes[guid] = replace(self.routes[guid], gated=bound)
        routes = tuple(self.routes[guid] if r.guid == guid else r for r in actual.routes)
        guard = Guard(bound=True, up=self.gate_is_up) if bound else None
        return replace(actual, routes=routes, guard=guard)

    def _delete_app(self, guid: str) -> None:
        del self.apps[guid]
        for kind in (
            self.packages,
            self.builds,
            self.droplets,
            self.deployments,
            self.running,
            self.rolling,
            self.bindings,
            self.tasks,
        ):
            kind.pop(guid, None)
        for route in list(self.routes.values()):
            self.routes[route.guid] = replace(route, apps=route.apps - {guid})

    def _noted(self, step: Note, found: App) -> App:
        app = self.apps[found.guid]
        match step:
            case steps.Begin(attempt):
                app = replace(app, attempt=attempt)
            case steps.Remember(source, wished, tags_seen, attempt, over, _):
                app = replace(app, pin=app.pin_beside(wished), source=source, wished=wished)
                app = replace(app, tags_seen=tags_seen, over=over)
                app = app if attempt is None else replace(app, attempt=attempt)
            case steps.MarkLive(attempt, plan):
                app = replace(app, attempt=attempt, commit=attempt.commit, config=attempt.config)
                app = replace(app, rules_at=plan.rules_at if plan is not None else None)
                app = replace(app, takes_mb=plan.needs_mb if plan is not None else app.takes_mb)
                app = replace(app, live_since=self.now, live_droplet=app.droplet)
            case steps.Refuse(refusal):
                assert app.attempt is not None
                app = replace(app, attempt=replace(app.attempt, refusal=refusal))
            case steps.NoteSaid(said):
                app = replace(app, said=said)
        self.apps[app.guid] = app
        return app

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

    # --- from source to droplet ---

    def _upload(self, step: steps.Upload, app: App) -> None:
        mine = self.packages.setdefault(step.app, [])
        guid = step.package or self._guid("package")
        mine[:] = [p for p in mine if p.guid != guid]
        made_for = app.attempt.id if app.attempt is not None else None
        key = step.blueprint.build_key
        mine.insert(0, Package(guid, "waiting", key, uploaded=True, attempt=made_for, app=step.app))
        self._in_time(self._end_upload, step.app, guid)

    def _end_upload(self, app: str, guid: str) -> None:
        state, error = ("failed", BAD_BITS) if self.fails_uploads else ("ready", "")
        _change(self.packages.get(app, []), guid, state=state, error=error)

    def _build(self, step: steps.CreateBuild, actual: Actual) -> None:
        app = self.apps[step.app]
        assert not app.env_names and not app.service_names, "a build sees nothing but what it may"
        mine = self.builds.setdefault(app.guid, [])
        assert all(b.state != "waiting" for b in mine), "one build per app at a time"
        guid, key = self._guid("build"), step.blueprint.build_key
        self.builds_made[key] += 1
        whose = actual.environment
        build = Build(guid, "waiting", step.package, key, step.attempt, environment=whose, app=app.guid)
        mine.insert(0, build)
        self._in_time(self._end_build, app.guid, guid, key)

    def _is_ready(self, step: steps.CreateBuild) -> bool:
        mine = self.packages.get(step.app, [])
        return any(p.guid == step.package and p.state == "ready" for p in mine)

    def _end_build(self, app: str, guid: str, key: str) -> None:
        if app not in self.apps:
            return
        fate = self.fates.get(key, "well")
        if fate == "unbuildable":
            _change(
                self.builds[app], guid, state="failed", error="BuildpackCompileFailed - it does not build"
            )
        elif self.builds_made[key] <= FAULTS.get(fate, 0):
            _change(self.builds[app], guid, state="failed", error=FAULT)
        else:
            droplet = self.add_droplet(app, key)
            _change(self.builds[app], guid, state="ready", droplet=droplet)

    def add_droplet(self, app: str, key: str, state: Literal["ready", "waiting"] = "ready") -> str:
        guid = self._guid("droplet")
        self.made_of[guid] = key
        checksum = f"sum-of-{key}" if state == "ready" else None
        droplet = Droplet(guid, state, checksum, app=app, created_at=self.now)
        self.droplets.setdefault(app, []).insert(0, droplet)
        return guid

    def _copy(self, step: steps.CopyDroplet, app: App, *, half: bool = False) -> None:
        key = self.made_of[step.droplet]
        guid = self.add_droplet(app.guid, key, "waiting")
        built = (b for builds in self.builds.values() for b in builds if b.droplet == step.droplet)
        if not half and any(build.environment != app.environment for build in built):
            _change(self.droplets[app.guid], guid, build_key=key)
        if not half and any(one.guid == step.droplet for one in self.abroad):
            _change(self.droplets[app.guid], guid, copy_of=step.droplet)
        if step.droplet in self.evil:
            self.evil.add(guid)
        self._in_time(self._end_copy, app.guid, guid)

    def _end_copy(self, app: str, guid: str) -> None:
        if self.fails_copies:
            _change(self.droplets.get(app, []), guid, state="failed", error="failed to copy - no bits")
            return
        _change(self.droplets.get(app, []), guid, state="ready", checksum=f"sum-of-{self.made_of[guid]}")

    def _sign(self, step: steps.Sign | steps.CarrySignature, actual: Actual) -> Actual:
        mine = next(d for some in self.droplets.values() for d in some if d.guid == step.droplet)
        if isinstance(step, steps.Sign):
            if self.meddled:
                return replace(actual, unsignable=actual.unsignable | {step.droplet})
            assert self.made_of[step.droplet] == step.build_key, "what is signed is not what was built"
            told: dict[str, Any] = {"signed_for": step.build_key, "built_by": actual.environment.name}
        else:
            ours = (d for some in self.droplets.values() for d in some)
            source = next(d for d in (*self.abroad, *ours) if d.guid == step.source)
            assert source.checksum == mine.checksum
            if source.signed_for is None and step.droplet not in self.evil:
                return replace(actual, alike=actual.alike | {step.droplet})
            signed = {"signed_for": source.signed_for, "built_by": source.built_by or ""}
            told = {"refused": True} if step.droplet in self.evil else signed
        for some in self.droplets.values():
            _change(some, step.droplet, **told)
        return replace(actual, droplets=tuple(_of(actual, self.droplets)))

    def add_abroad(self, key: str, *, signed: bool = True, evil: bool = False) -> None:
        """A droplet in another space, built by a preview; an ``evil`` one was uploaded with its own commands."""
        guid = self._guid("droplet")
        self.made_of[guid] = key
        if evil:
            self.evil.add(guid)
        if signed:
            self.abroad.insert(0, Droplet(guid, "ready", f"sum-of-{key}", signed_for=key, built_by="pr-1"))
        else:
            self.unsigned = ("pr-1",)

    # --- processes ---

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
            _change(self.deployments[app], newest.guid, active=False, deployed=True)
            self.running[app] = self.rolling.pop(app)

    def _cancel(self, guid: str, app: App) -> None:
        if app.guid not in self.rolling:
            return
        _change(self.deployments[app.guid], guid, cancelling=True)
        self._in_time(self._end_cancel, app.guid, guid)

    def _end_cancel(self, app: str, guid: str) -> None:
        if self.rolling.pop(app, None) is not None:
            _change(self.deployments[app], guid, active=False, cancelling=False)
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

    # --- looking ---

    def _looked(self, step: steps.Look, actual: Actual) -> Actual:
        app = _app(actual).guid
        match step.kind:
            case "packages":
                return replace(actual, packages=tuple(_of(actual, self.packages)))
            case "builds":
                return replace(actual, builds=tuple(_of(actual, self.builds)))
            case "droplets":
                return replace(actual, droplets=tuple(_of(actual, self.droplets)))
            case "tasks":
                return replace(actual, tasks=tuple(self.tasks.get(app, ())))
            case "deployments":
                return replace(actual, deployments=tuple(self.deployments.get(app, ())))
            case "instances":
                process = self.rolling.get(app) or self.running.get(app)
                seen = () if process is None else (self._instance(process),)
                return replace(actual, instances=seen)
            case "crashes":
                return replace(actual, crashes=tuple(self.crashes.get(app, ())))
            case "elsewhere":
                return self._elsewhere(step.build_key or "", actual)
            case "abroad":
                signed = tuple(d for d in self.abroad if d.signed_for == step.build_key)
                found = Abroad(signed) if signed else Abroad((), self.unsigned)
                return replace(actual, abroad=found)
            case "builder":
                return replace(actual, builder_is_ours=not self.meddled)
            case "guard" | "services":
                raise AssertionError("seen to above")

    def _elsewhere(self, key: str, actual: Actual) -> Actual:
        builds = [
            b
            for guid, some in self.builds.items()
            if self.apps[guid].environment != actual.environment
            for b in some
            if b.state == "ready" and b.build_key == key
        ]
        sources = {d.guid: d for some in self.droplets.values() for d in some}
        droplets = tuple(_of(actual, self.droplets)) if builds else actual.droplets
        if actual.builds is not None:
            mine = [b for b in _of(actual, self.builds) if b.state == "ready" and b.build_key == key]
            more = (b for b in mine if b not in (actual.builds or ()))
            actual = replace(actual, builds=(*actual.builds, *more))
        return replace(actual, elsewhere=tuple(builds), sources=sources, droplets=droplets)


def _app(actual: Actual) -> App:
    assert actual.app is not None
    return actual.app


def _of(actual: Actual, by_app: Mapping[str, list[Any]]) -> list[Any]:
    """What the environment's apps have, the builder's first, since it is newest."""
    apps = [app for app in (actual.builder, actual.app) if app is not None]
    return [one for app in apps for one in by_app.get(app.guid, [])]


def _change(some: list[Any], guid: str, **changes: object) -> None:
    some[:] = [replace(one, **changes) if one.guid == guid else one for one in some]
