"""Services, and the commands around a database."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.cloudfoundry.labels import BUILT, built_of, built_text
from reviewapps.model import (
    Actual,
    App,
    Binding,
    ServiceInstance,
    Task,
)
from tests.core.imagined.state import State, change


class Services(State):
    """Their steps."""

    def _served(
        self,
        step: steps.CreateService | steps.MakeDatabase | steps.Bind | steps.Unbind,
        app: App,
        actual: Actual,
    ) -> Actual:
        mine = self.services.setdefault(app.environment, [])
        match step:
            case steps.CreateService(service, names, attempt):
                self.apps[app.guid] = app = replace(app, service_names=app.service_names | {service.name})
                if all(one.service != service.name for one in mine):
                    guid = self._guid("service")
                    database = f"db-of-{app.environment.key}" if service.kind == "database" else None
                    made = ServiceInstance(
                        guid,
                        names[0],
                        service.name,
                        "ready",
                        True,
                        database,
                        plan=service.plan,
                        attempt=attempt,
                    )
                    mine.append(made)
            case steps.MakeDatabase(guid, data):
                name = next(one.database or "" for one in mine if one.guid == guid)
                self.databases.add(name)
                self.ran_on[name] = []
                change(mine, guid, data=data)
                return replace(actual, services=tuple(mine))
            case steps.Bind(instance, name):
                self.apps[app.guid] = app = replace(app, service_names=app.service_names | {name})
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
        for name in {one.database or "" for one in mine if one.guid == guid} & self.databases:
            self.databases.remove(name)
            del self.ran_on[name]
        mine[:] = [one for one in mine if one.guid != guid]
        for bound in self.bindings.values():
            bound[:] = [one for one in bound if one.instance != guid]
        return replace(actual, services=tuple(mine), bindings=None)

    def _ask_for(self, step: steps.RunTask, app: App) -> None:
        if app.attempt is not None:
            asked = replace(app.attempt, task=step.key, task_asked_at=self.now)
            noted = step.kind == "teardown" or app.droplet_of(asked.build_key or "") is not None
            text = built_text(app.built, asked.build_key, None if noted else step.droplet, app.droplet)
            self.apps[app.guid] = replace(app, attempt=asked, built=built_of({BUILT: text}))

    def _run_task(self, step: steps.RunTask, app: App) -> None:
        assert any(d.guid == step.droplet and d.state == "ready" for d in self.droplets.get(app.guid, []))
        assert step.droplet not in self.evil, "it runs what nobody signed"
        assert step.kind == "teardown" or self.configured.get(app.guid), "a command needs its variables"
        guid, mine = self._guid("task"), self.tasks.setdefault(app.guid, [])
        attempt = app.attempt.id if app.attempt is not None else None
        assert all(one.state != "waiting" for one in mine), "one command at a time"
        self.tasks_run[step.kind + step.key] += 1
        mine.insert(0, Task(guid, step.kind, step.key, "waiting", self.now, attempt))
        ran = step.kind, app.attempt.commit if app.attempt is not None else ""
        self._in_time(self._end_task, app.guid, guid, self.made_of[step.droplet], ran)

    def _end_task(self, app: str, guid: str, key: str, ran: tuple[str, str]) -> None:
        mine = next((one for one in self.tasks.get(app, []) if one.guid == guid), None)
        if mine is None or mine.cancelled or mine.kind in self.hangs:
            return
        failed = self.fates.get(key) == "unreleasable"
        if app in self.apps and not failed:
            for one in self.services.get(self.apps[app].environment, []):
                if one.database in self.databases:
                    self.ran_on[one.database or ""].append(ran)
        error = "Exited with status 1" if failed else ""
        change(self.tasks.get(app, []), guid, state="failed" if failed else "ready", error=error)
