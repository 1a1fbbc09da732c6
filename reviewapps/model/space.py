"""Cloud Foundry's side as it was looked at: of one environment, and of a whole space."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reviewapps.model.apps import App, Route
from reviewapps.model.attempts import Origin
from reviewapps.model.environments import Environment
from reviewapps.model.platform import (
    Abroad,
    Binding,
    Build,
    Crash,
    Deployment,
    Droplet,
    Guard,
    Instance,
    Package,
    ServiceInstance,
    Task,
)


@dataclass(frozen=True)
class Actual:
    """One environment as Cloud Foundry has it. What was not looked at is None, never empty. ``configured``: by
    what its variables and sizes were set just now; ``scaled``: that its processes were. ``unsignable`` are
    droplets that were looked at just now, and are not known to be ours alone; ``alike`` are copies whose start
    commands were, and are those of their source; ``uncopied`` are builds of which there can be no copy yet;
    ``shared_asked`` are the names of shared services that were looked for with ``services``;
    ``builder_is_ours``: that nobody but us had a hand in the app that builds."""

    environment: Environment
    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()
    packages: tuple[Package, ...] | None = None
    builds: tuple[Build, ...] | None = None
    elsewhere: tuple[Build, ...] | None = None
    droplets: tuple[Droplet, ...] | None = None
    sources: Mapping[str, Droplet] = field(default_factory=dict)
    abroad: Abroad | None = None
    unsignable: frozenset[str] = frozenset()
    alike: frozenset[str] = frozenset()
    uncopied: frozenset[str] = frozenset()
    builder_is_ours: bool | None = None
    deployments: tuple[Deployment, ...] | None = None
    instances: tuple[Instance, ...] | None = None
    crashes: tuple[Crash, ...] | None = None
    services: tuple[ServiceInstance, ...] | None = None
    shared_asked: frozenset[str] = frozenset()
    bindings: tuple[Binding, ...] | None = None
    tasks: tuple[Task, ...] | None = None
    configured: Origin | None = None
    scaled: bool = False
    no_room_to_roll: bool = False
    answers: bool | None = None
    guard: Guard | None = None

    @property
    def app(self) -> App | None:
        """The app that is deployed. (An environment may have several; one is deployed now.)"""
        return next((app for app in self.apps if not app.is_builder), None)

    @property
    def builder(self) -> App | None:
        """The app that only builds; most environments have none."""
        return next((app for app in self.apps if app.is_builder), None)

    @property
    def route(self) -> Route | None:
        return self.routes[0] if self.routes else None

    @property
    def empty(self) -> bool:
        return not self.apps and not self.routes

    def at_rest(self) -> Actual:
        """The same where an attempt begins and nothing of the app is under way: what there may be of it already
        is nothing, and what was built before is named by the app itself."""
        return replace(
            self,
            packages=self.packages or (),
            builds=self.builds or (),
            deployments=self.deployments or (),
        )

    def with_app(self, app: App) -> Actual:
        """The same with ``app`` in the place of the one of its guid, or added."""
        others = tuple(a for a in self.apps if a.guid != app.guid)
        return replace(self, apps=(app, *others))


@dataclass(frozen=True)
class Belongings:
    """The data of environments in a space: their service instances, and the databases by name."""

    services: tuple[tuple[Environment, ServiceInstance], ...] = ()
    databases: tuple[tuple[Environment, str], ...] = ()


@dataclass(frozen=True)
class Quota:
    """What a space or an org may hold of memory, and holds."""

    limit_mb: int
    used_mb: int


@dataclass(frozen=True)
class Capacity:
    """What limits the memory of a space: its own quota and its org's, where they have one. ``staging`` is what the
    largest of our last builds took, ``builds`` what those under way take, by the guids of their apps; MB."""

    quotas: tuple[Quota, ...] = ()
    staging: int | None = None
    builds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Holdings:
    """Which builds there are, as the apps say. ``keys`` are those that any other environment made or copied, or is
    about to; None where not every app tells. ``holders`` are apps that may be copied from, those first that run
    what their own environment built. ``own`` are the keys of the environment itself."""

    keys: frozenset[str] | None = None
    holders: tuple[App, ...] = ()
    own: frozenset[str] = frozenset()

    def of(self, build_key: str) -> tuple[App, ...]:
        """The holders that are known to have a droplet of this build."""
        return tuple(app for app in self.holders if app.droplet_of(build_key) is not None)

    def with_key(self, build_key: str) -> Holdings:
        """The same where somebody is about to make this build."""
        return self if self.keys is None else replace(self, keys=self.keys | {build_key})


@dataclass(frozen=True)
class Space:
    """All that is ours in the space, looked at as a whole.

    ``unreadable`` are environments of which an app or a route says what we never wrote, each with what that
    is; under None what does not even say whose it is.
    """

    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()
    unreadable: Mapping[Environment | None, str] = field(default_factory=dict)

    def actual(self, environment: Environment) -> Actual:
        """What of it belongs to ``environment``, in an order that does not depend on the listing's."""
        return self._actuals.get(environment, Actual(environment))

    @cached_property
    def _actuals(self) -> Mapping[Environment, Actual]:
        """Those that have anything: a verdict on one environment asks for each of them, several times."""
        apps, routes = defaultdict[Environment, list[App]](list), defaultdict[Environment, list[Route]](list)
        for app in self.apps:
            apps[app.environment].append(app)
        for route in self.routes:
            routes[route.environment].append(route)
        return {
            environment: Actual(
                environment,
                tuple(sorted(apps[environment], key=lambda app: (app.created_at, app.guid))),
                tuple(sorted(routes[environment], key=lambda route: (route.host, route.guid))),
            )
            for environment in apps.keys() | routes.keys()
        }

    def holdings(self, environment: Environment, kinds: frozenset[str]) -> Holdings:
        """Which builds there are, for ``environment``, which may copy what is kept for environments of these kinds
        in its repository."""
        apps = [app for app in self.apps if not app.is_builder]
        known = not self.unreadable and all(app.built is not None for app in apps)
        others = [app for app in apps if app.environment != environment]
        beside = [a for a in others if a.environment.repository == environment.repository]
        holders = [app for app in beside if app.environment.kind in kinds]
        return Holdings(
            _keys(others) if known else None,
            tuple(sorted(holders, key=_own_builds_first)),
            _keys(app for app in apps if app.environment == environment),
        )

    def with_part(self, actual: Actual) -> Space:
        """The same with what ``actual`` shows of its environment in the place of what was there of it."""
        apps = tuple(app for app in self.apps if app.environment != actual.environment)
        routes = tuple(route for route in self.routes if route.environment != actual.environment)
        return replace(self, apps=(*apps, *actual.apps), routes=(*routes, *actual.routes))

    def environments(self, repository: int) -> frozenset[Environment]:
        """Those of this repository that have anything."""
        mine = {a.environment for a in self.apps} | {r.environment for r in self.routes}
        return frozenset(e for e in mine if e.repository == repository)


def _keys(apps: Iterable[App]) -> frozenset[str]:
    return frozenset(one.key for app in apps for one in app.built or ())


def _own_builds_first(app: App) -> tuple[bool, float, str]:
    """The newest of them first."""
    copied = app.attempt is None or app.attempt.copied_from is not None
    return copied, -app.created_at.timestamp(), app.guid
