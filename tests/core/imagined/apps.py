"""Apps and routes, and what is written onto them."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.cloudfoundry.labels import BUILT, built_of, built_text
from reviewapps.errors import NameTaken
from reviewapps.model import (
    BUILDER,
    Actual,
    App,
    Guard,
    Route,
)
from tests.core.imagined.state import DOMAIN, Note, State


class Apps(State):
    """Their steps."""

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
                names = step.blueprint.env_names if step.blueprint is not None else frozenset()
                self.apps[guid] = replace(self._listing(self.apps[guid]), env_names=names)
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
            case steps.Remember(source, wished, tags_seen, attempt, over, approved, _):
                app = replace(app, pin=app.pin_beside(wished), source=source, wished=wished)
                app = replace(app, tags_seen=tags_seen, over=over, approved=approved)
                app = app if attempt is None else replace(app, attempt=attempt)
            case steps.MarkLive(attempt, plan):
                app = replace(app, attempt=attempt, commit=attempt.commit, config=attempt.config)
                app = replace(app, rules_at=plan.rules_at if plan is not None else None)
                app = replace(app, takes_mb=plan.needs_mb if plan is not None else app.takes_mb)
                app = replace(app, live_since=self.now, live_droplet=app.droplet, live_by=attempt.id)
            case steps.Refuse(refusal):
                assert app.attempt is not None
                app = replace(app, attempt=replace(app.attempt, refusal=refusal))
            case steps.NoteSaid(said):
                app = replace(app, said=said)
        self.apps[app.guid] = self._listing(app, app.droplet if isinstance(step, steps.MarkLive) else None)
        return self.apps[app.guid]

    def _noted_late(self, step: Note | steps.RunTask, known: App) -> None:
        """What was to be written when the app was ``known`` like this, in the place of whatever came since."""
        if known.guid not in self.apps:
            return
        match step:
            case steps.Refuse(refusal):
                assert known.attempt is not None
                step = steps.Begin(replace(known.attempt, refusal=refusal))
            case steps.RunTask(_, key):
                assert known.attempt is not None
                step = steps.Begin(replace(known.attempt, task=key, task_asked_at=self.now))
        app = self._noted(step, known)
        if isinstance(step, steps.MarkLive):
            self.apps[app.guid] = replace(app, live_droplet=known.droplet)

    def _listing(self, app: App, droplet: str | None = None) -> App:
        """The app, among whose builds is what its attempt is to come to."""
        key = app.attempt.build_key if app.attempt is not None else None
        return replace(app, built=built_of({BUILT: built_text(app.built, key, droplet, app.droplet)}))
