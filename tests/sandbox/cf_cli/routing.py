"""routes, create-route, map-route, unmap-route, delete-route."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sandbox.cf_cli.connection import Cf, batches
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import Application, Binding, Destinations, Domain, Nothing, Route, Space
from tests.sandbox.cf_cli.summaries import app_named
from tests.sandbox.cf_cli.targeting import needs_target


@dataclass(frozen=True)
class RouteLine:
    space: str
    apps: list[str]


def routes(cf: Cf) -> dict[str, RouteLine]:
    """``cf routes``: by URL, with space and apps."""
    needs_target(cf)
    found = cf.rows(Route, "/v3/routes", {"space_guids": cf.space.guid, "per_page": 5000})
    spaces = {
        one.guid: one.name
        for guids in batches(route.related("space") for route in found)
        for one in cf.rows(Space, "/v3/spaces", {"guids": guids, "per_page": 5000})
    }
    guids_of_apps = (one.app.guid for route in found for one in route.destinations)
    names = {
        one.guid: one.name
        for guids in batches(guids_of_apps)
        for one in cf.rows(Application, "/v3/apps", {"guids": guids, "per_page": 5000})
    }
    for guids in batches(route.guid for route in found):
        query = {"include": "service_instance", "route_guids": guids, "per_page": 5000}
        cf.with_included(Binding, "/v3/service_route_bindings", query)
    return {
        one.url: RouteLine(spaces[one.related("space")], [names[to.app.guid] for to in one.destinations])
        for one in found
    }


def map_route(cf: Cf, app: str, domain: str, host: str, path: str = "", protocol: str = "") -> None:
    """``cf map-route APP DOMAIN --hostname HOST [--path PATH]``: makes the route, if the space has it not."""
    found = _domain(cf, domain)
    guid = app_named(cf, app).guid
    route = _route(cf, found, host, path) or _create(cf, found, host, path)
    if any(one.app.guid == guid and one.app.process.type == "web" for one in route.destinations):
        return
    destination = {"app": {"guid": guid}, **({"protocol": protocol} if protocol else {})}
    said = {"destinations": [destination]}
    cf.ask(Destinations, "POST", f"/v3/routes/{route.guid}/destinations", said)


def unmap_route(cf: Cf, app: str, domain: str, host: str, path: str = "") -> None:
    """``cf unmap-route APP DOMAIN --hostname HOST``."""
    found = _domain(cf, domain)
    guid = app_named(cf, app).guid
    route = _route(cf, found, host, path)
    if route is None:
        raise CommandFailed("RouteNotFound", f"Route with host '{host}' and domain '{domain}' not found.")
    told = cf.get(Destinations, f"/v3/routes/{route.guid}/destinations")
    mine = [one for one in told.destinations if one.app.guid == guid and one.app.process.type == "web"]
    if not mine:
        raise CommandFailed("RouteDestinationNotFound", "Route to be unmapped is not currently mapped.")
    cf.ask(Nothing, "DELETE", f"/v3/routes/{route.guid}/destinations/{mine[0].guid}")


def delete_route(cf: Cf, domain: str, host: str, path: str = "") -> bool:
    """``cf delete-route DOMAIN --hostname HOST -f``: false where it was not there, which is fine too."""
    route = _route(cf, _domain(cf, domain), host, path)
    if route is None:
        return False
    cf.finish(cf.job("DELETE", f"/v3/routes/{route.guid}"))
    return True


def delete_orphaned_routes(cf: Cf) -> None:
    """``cf delete-orphaned-routes -f``."""
    needs_target(cf)
    cf.finish(cf.job("DELETE", f"/v3/spaces/{cf.space.guid}/routes?unmapped=true"))


def _domain(cf: Cf, name: str) -> Domain:
    return cf.first(Domain, "/v3/domains", {"names": name}, f"Domain '{name}' not found.")


def _route(cf: Cf, domain: Domain, host: str, path: str) -> Route | None:
    """The path is always asked for, also where it is empty."""
    query = {"domain_guids": domain.guid, "hosts": host, "paths": path}
    found = cf.rows(Route, "/v3/routes", query)
    return found[0] if found else None


def create_route(cf: Cf, domain: str, host: str, path: str = "") -> None:
    """``cf create-route DOMAIN --hostname HOST``."""
    needs_target(cf)
    _create(cf, _domain(cf, domain), host, path)


def _create(cf: Cf, domain: Domain, host: str, path: str) -> Route:
    relationships = {"space": {"data": {"guid": cf.space.guid}}, "domain": {"data": {"guid": domain.guid}}}
    said = {"host": host, **({"path": path} if path else {}), "relationships": relationships}
    return cf.ask(Route, "POST", "/v3/routes", said)
