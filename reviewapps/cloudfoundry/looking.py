"""What the plan asks to know about one environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.signing import abroad, builder
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.model import Actual, App, Build, Droplet, Environment, Instance, Progress, Space
from reviewapps.steps import Look, UnderWay

Json = dict[str, Any]
Noun = TypeVar("Noun")

CANDIDATES: Final = 20
"""How many builds elsewhere are considered; their guids have to fit into one URL."""

UNDER_WAY: Final[dict[UnderWay, tuple[str, str, str]]] = {
    "package": ("/v3/packages", "states", "PROCESSING_UPLOAD"),
    "build": ("/v3/builds", "states", "STAGING"),
    "deployment": ("/v3/deployments", "status_values", "ACTIVE"),
    "task": ("/v3/tasks", "states", "PENDING,RUNNING,CANCELING"),
}
"""Where to list what is being worked on, and by which filter."""


def space(api: Client) -> Space:
    """All that bears our instance's labels, in two requests while each fits a page.

    A space that we may not see any more lists as empty, so that no apps are believed after a third; where there
    are routes, after a fourth: we may have seen nothing but for a moment. Somebody may have edited what we wrote
    onto one app: that is no reason to see none.
    """
    ours, unreadable = labels.selector(api.instance), dict[Environment | None, str]()
    apps, routes = api.apps(ours), api.routes(ours)
    if not apps:
        api.target.check_space()
        apps = api.apps(ours) if routes else []
    return Space(
        tuple(_readable(parse.app, apps, unreadable)),
        tuple(_readable(parse.route, routes, unreadable)),
        unreadable,
    )


def under_way(api: Client, kind: UnderWay, guids: Sequence[str]) -> Progress:
    """Whose packages, builds or deployments the platform is working on. With ``guids``, whose of these builds or
    deployments, and which of them came to a good end."""
    path, filtered_by, states = UNDER_WAY[kind]
    only = {"guids": ",".join(guids)} if guids else {filtered_by: states}
    found = api.under_way(path, labels.selector(api.instance), only)
    builds = tuple(_readable(parse.build, found, {})) if guids and kind == "build" else ()
    deployments = tuple(_readable(parse.deployment, found, {})) if guids and kind == "deployment" else ()
    over = {one.guid for one in builds if one.state != "waiting"}
    over |= {one.guid for one in deployments if not one.active}
    working = {one["guid"]: _whose(one) for one in found if one["guid"] not in over}
    return Progress(
        frozenset(whose for whose in working.values() if whose is not None),
        frozenset(working),
        tuple(one for one in builds if one.state == "ready" and one.droplet),
        tuple(one for one in deployments if one.deployed),
    )


def memory(api: Client) -> dict[str, int]:
    """The MB that each app in the space is sized for, by guid: of all its processes' instances together."""
    sizes: dict[str, int] = {}
    for process in api.processes():
        app, megabytes = parse.size(process)
        sizes[app] = sizes.get(app, 0) + megabytes
    return sizes


def look(api: Client, step: Look, actual: Actual) -> Actual:
    """``actual`` with the one kind filled in that ``step`` names, newest first."""
    if step.kind == "elsewhere":
        return _beside(api, step, actual) or _elsewhere(api, step.build_key or "", actual)
    if step.kind == "abroad":
        return abroad(api, step, actual)
    if step.kind == "builder":
        return builder(api, actual)
    app, ours = app_of(actual).guid, labels.selector(api.instance)
    both = ",".join(filter(None, (app, actual.builder.guid if actual.builder is not None else None)))
    match step.kind:
        case "packages":
            return replace(
                actual, packages=tuple(parse.package(one, api.ring) for one in api.packages(both, ours))
            )
        case "builds":
            return replace(actual, builds=tuple(map(parse.build, api.builds(both, ours))))
        case "droplets":
            return replace(actual, droplets=tuple(_droplets(api, api.droplets(both), actual)))
        case "tasks":
            return replace(actual, tasks=tuple(map(parse.task, api.tasks(app, ours))))
        case "deployments":
            return replace(actual, deployments=tuple(map(parse.deployment, api.deployments(app))))
        case "instances":
            return replace(actual, instances=_instances(api, app, actual))
        case "crashes":
            return replace(actual, crashes=tuple(map(parse.crash, api.crashes(app))))
        case "guard" | "services":
            raise ValueError(f"others know of the {step.kind}")


def _readable(
    parsed: Callable[[Json], Noun], resources: Iterable[Json], unreadable: dict[Environment | None, str]
) -> Iterator[Noun]:
    """Those that can be read; of the others, ``unreadable`` is told."""
    for resource in resources:
        try:
            yield parsed(resource)
        except labels.Unreadable as wrong:
            name = resource.get("name") or resource.get("host") or resource.get("guid")
            unreadable[_whose(resource)] = f"{name}: {wrong}"


def _whose(resource: Json) -> Environment | None:
    try:
        return labels.environment_of(parse.labels_of(resource))
    except labels.Unreadable:
        return None


def _beside(api: Client, step: Look, actual: Actual) -> Actual | None:
    """What ``_elsewhere`` finds, where apps are known to have such a build; None where its droplets are gone."""
    key, mine = step.build_key or "", {one.guid for one in actual.apps}
    holders = step.holders[:CANDIDATES]
    if not holders:
        return None
    listed = list(_droplets(api, api.droplets_of(sorted({*mine, *(app.guid for app in holders)})), actual))
    ready = {one.guid: one for one in listed if one.state == "ready"}
    found = tuple(_held(app, key) for app in holders if app.droplet_of(key) in ready)
    if not found:
        return None
    droplets = tuple(one for one in listed if one.app in mine)
    sources = {build.droplet: ready[build.droplet] for build in found if build.droplet}
    return replace(actual, droplets=droplets, elsewhere=found, sources=sources)


def _held(app: App, key: str) -> Build:
    """The build that an app is known to have."""
    droplet = app.droplet_of(key)
    return Build("", "ready", "", key, None, droplet, environment=app.environment, app=app.guid)


def _elsewhere(api: Client, build_key: str, actual: Actual) -> Actual:
    """Staged builds of the same key by other environments, as far as their droplets are in our space; where there
    are any, the environment's own droplets too, since a copy may be there already."""
    key = labels.selector(api.instance, build=build_key)
    staged = [b for b in _readable(parse.build, api.staged_builds(key, CANDIDATES), {}) if b.droplet]
    others = [b for b in staged if b.environment not in (None, actual.environment)]
    if actual.builds is not None:
        known = {build.guid for build in actual.builds}
        own = (b for b in staged if b.environment == actual.environment and b.guid not in known)
        actual = replace(actual, builds=(*actual.builds, *own))
    if not others:
        return replace(actual, elsewhere=(), sources={})
    mine = {app.guid for app in actual.apps}
    apps = sorted(mine | {build.app for build in others if build.app})
    listed = list(_droplets(api, api.droplets_of(apps), actual))
    actual = replace(actual, droplets=tuple(droplet for droplet in listed if droplet.app in mine))
    sources = {droplet.guid: droplet for droplet in listed if droplet.state == "ready"}
    found = tuple(build for build in others if build.droplet in sources)
    return replace(actual, elsewhere=found, sources=sources)


def _droplets(api: Client, listed: Iterable[Json], actual: Actual) -> Iterator[Droplet]:
    return (parse.droplet(one, api.ring, actual.environment.repository) for one in listed)


def _instances(api: Client, app: str, actual: Actual) -> tuple[Instance, ...]:
    """Those that count: during a deployment only the new ones, which are to take over."""
    rolling = next((d for d in actual.deployments or () if d.active and d.processes), None)
    if rolling is None:
        return parse.instances(api.web_stats(app))
    stats = (parse.instances(api.process_stats(process)) for process in rolling.processes)
    return tuple(instance for some in stats for instance in some)
