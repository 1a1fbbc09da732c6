"""The routes of a manifest: made without labels, or adopted if the space has them, whoever made them."""

from __future__ import annotations

from typing import Any

from reviewapps.sandbox.cloudfoundry.endpoints.route_destinations import add_destination
from reviewapps.sandbox.cloudfoundry.endpoints.routes import new_route
from reviewapps.sandbox.cloudfoundry.errors import ApiError, unprocessable
from reviewapps.sandbox.cloudfoundry.state import App, Destination, Domain, Route, User
from reviewapps.sandbox.cloudfoundry.world import World

_BY_MANIFEST = {"manifest_triggered": True}


def apply_routes(world: World, app: App, said: dict[str, Any], actor: User) -> None:
    """Map what the manifest says. Nothing is unmapped, but by ``no-route``."""
    if said.get("no-route"):
        _unmap_all(world, app, actor)
        return
    asked = [*(said.get("routes") or []), *_by_default(world, app, said)]
    routes = [
        (_route(world, app, one, actor), one) for one in asked
    ]  # all of them, before the first is mapped
    for route, one in routes:
        _map(world, app, route, one.get("protocol"), actor)


def _unmap_all(world: World, app: App, actor: User) -> None:
    for route in world.all(Route):
        if any(one.app is app for one in route.destinations):
            route.destinations = [one for one in route.destinations if one.app is not app]
            told = {"route_guid": route.guid, **_BY_MANIFEST}
            world.record("audit.app.unmap-route", app, app.space, actor, told)


def _by_default(world: World, app: App, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The route of an app that has none, if it may have any."""
    mapped = any(one.app is app for route in world.all(Route) for one in route.destinations)
    if mapped or said.get("routes") or not (said.get("default-route") or said.get("random-route")):
        return []
    suffix = f"-{app.guid[:8]}" if said.get("random-route") else ""
    domain = next(world.all(Domain))
    return [{"route": f"{app.name}{suffix}.{domain.name}"}]


def _route(world: World, app: App, said: dict[str, Any], actor: User) -> Route:
    url = str(said["route"])
    address, slash, path = url.removeprefix("https://").removeprefix("http://").partition("/")
    host, domain = _host_and_domain(world, address.lower())
    if domain is None:
        raise unprocessable(f"No domains exist for route {url}")
    route = _found(world, domain, host, slash + path)
    if route is None:
        route = _new(world, app, domain, host, slash + path, url, actor)
    if route.space is not app.space:
        raise unprocessable("Routes cannot be mapped to destinations in different spaces")
    route.options |= said.get("options") or {}
    return route


def _host_and_domain(world: World, address: str) -> tuple[str, Domain | None]:
    """A domain may be the whole address, or all of it but its first label."""
    domains = {domain.name: domain for domain in world.all(Domain)}
    host, _, rest = address.partition(".")
    return ("", domains[address]) if address in domains else (host, domains.get(rest))


def _found(world: World, domain: Domain, host: str, path: str) -> Route | None:
    same = (r for r in world.all(Route) if r.domain is domain and r.host == host and r.path == path)
    return next(same, None)


def _new(world: World, app: App, domain: Domain, host: str, path: str, url: str, actor: User) -> Route:
    try:
        route = world.add(new_route(world, app.space, domain, host, path))
    except ApiError as refused:
        raise unprocessable(f"For route '{url}': {refused.detail}") from None
    world.record("audit.route.create", route, app.space, actor, _BY_MANIFEST)
    return route


def _map(world: World, app: App, route: Route, protocol: str | None, actor: User) -> None:
    mapped = next((one for one in route.destinations if one.app is app), None)
    if mapped:
        mapped.protocol = protocol or mapped.protocol
        return
    add_destination(route, Destination(app=app, protocol=protocol or "http1"))
    told = {"route_guid": route.guid, **_BY_MANIFEST}
    world.record("audit.app.map-route", app, app.space, actor, told)
