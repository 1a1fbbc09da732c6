"""Routes. A host is unique over its whole domain, whoever has it."""

from __future__ import annotations

import re
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, Field

from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, ToOne, body, checked
from reviewapps.sandbox.cloudfoundry.endpoints.domains import present_domain
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.spaces import included_places
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, unprocessable
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, timestamp, to_one
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.quotas import check_routes
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.state import App, Destination, Domain, Route, RouteBinding, Space
from reviewapps.sandbox.cloudfoundry.world import World

FILTERS: Filters[Route] = {
    "hosts": lambda row: row.host,
    "paths": lambda row: row.path,
    "ports": lambda row: (),
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "domain_guids": lambda row: row.domain.guid,
    "app_guids": lambda row: [destination.app.guid for destination in row.destinations],
}
_HOST = re.compile(r"[\w-]*|\*", re.ASCII)


class Relationships(Body):
    space: ToOne
    domain: ToOne


def _host(said: str) -> str:
    if not _HOST.fullmatch(said):
        raise refused('must be either "*" or contain only alphanumeric characters, "_", or "-"')
    return said


def _path(said: str) -> str:
    if said and not said.startswith("/"):
        raise refused("must begin with /")
    if "?" in said:
        raise refused("cannot contain ?")
    if said == "/":
        raise refused("cannot be exactly /")
    return said


class Address(Body):
    host: Annotated[str, Field(max_length=63), AfterValidator(_host)] | None = None
    path: Annotated[str, Field(max_length=128), AfterValidator(_path)] | None = None


class RouteCreate(Address, Labelled):
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    options: dict[str, str] = Field(default_factory=dict)
    relationships: Relationships


class RouteUpdate(Labelled):
    options: dict[str, str | None] = Field(default_factory=dict)


class Routes(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/routes", self._list)
        router.add_post("/v3/routes", self._create)
        router.add_get("/v3/routes/{guid}", self._show)
        router.add_patch("/v3/routes/{guid}", self._update)
        router.add_delete("/v3/routes/{guid}", self._delete)
        router.add_get("/v3/apps/{guid}/routes", self._of_app)
        router.add_delete("/v3/spaces/{guid}/routes", self._delete_unmapped)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Route)
        includes = ("domain", "space", "space.organization")
        filters = {**FILTERS, "service_instance_guids": self._service_instances}
        return page(request, rows, filters, present_route, includes=includes, include=_included)

    async def _of_app(self, request: web.Request) -> web.Response:
        app = self.access(request).seen(App, guid(request))
        rows = (row for row in self.world.all(Route) if any(one.app is app for one in row.destinations))
        return page(request, rows, FILTERS, present_route)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, RouteCreate)
        refusal = "Invalid {0}. Ensure that the {0} exists and you have access to it."
        space = access.named(Space, asked.relationships.space.guid, refusal.format("space"))
        if asked.port is not None:
            raise unprocessable("Ports are not supported for HTTP routes.")
        domain = access.named(Domain, asked.relationships.domain.guid, refusal.format("domain"))
        route = new_route(self.world, space, domain, asked.host or "", asked.path or "")
        route.options = asked.options
        asked.label(route)
        self.world.add(route)
        self.world.record("audit.route.create", route, space, access.user)
        return web.json_response(present_route(route, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        route = self.access(request).seen(Route, guid(request))
        return web.json_response(present_route(route, Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        route = access.writable(Route, guid(request))
        asked = await body(request, RouteUpdate)
        asked.label(route)
        merged = {**route.options, **asked.options}
        route.options = {key: value for key, value in merged.items() if value is not None}
        route.touch()
        self.world.record("audit.route.update", route, route.space, access.user)
        return web.json_response(present_route(route, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        route = access.writable(Route, guid(request))
        self.world.record("audit.route.delete-request", route, route.space, access.user)

        return accepted(self.platform.jobs.start("route.delete", "route", route, _remove), request)

    async def _delete_unmapped(self, request: web.Request) -> web.Response:
        access = self.access(request)
        space = access.seen(Space, guid(request))
        if not access.writes(space):
            raise not_authorized()
        if request.query.get("unmapped") != "true":
            advice = "Use 'unmapped=true' parameter to delete all unmapped routes."
            raise unprocessable(f"Mass delete not supported for routes. {advice}")
        job = self.platform.jobs.start("space.delete_unmapped_routes", "space", space, _remove_unmapped)
        return accepted(job, request)

    def _service_instances(self, route: Route) -> list[str]:
        return [one.instance.guid for one in _bindings(self.world, route)]


def _bindings(world: World, route: Route) -> list[RouteBinding]:
    return [one for one in world.all(RouteBinding) if one.route is route]


async def _remove(platform: Platform, route: Route) -> None:
    for binding in _bindings(platform.world, route):
        platform.world.remove(binding)
    platform.world.remove(route)


async def _remove_unmapped(platform: Platform, space: Space) -> None:
    world = platform.world
    for route in world.all(Route):
        if route.space is space and not route.destinations and not _bindings(world, route):
            world.remove(route)


def new_route(world: World, space: Space, domain: Domain, host: str, path: str) -> Route:
    """A route that nobody has yet, not yet in the world; 422 where somebody has it or may not have it."""
    host = host.lower()
    checked({"host": host, "path": path}, Address)
    if not host:
        raise unprocessable("Missing host. Routes in shared domains must have a host defined.")
    if len(host) + 1 + len(domain.name) > 253:
        raise unprocessable("Host combined with domain name must be no more than 253 characters.")
    for route in world.all(Route):
        if route.domain is domain and route.host == host and route.path == path:
            also = f" and path '{path}'" if path else ""
            raise unprocessable(f"Route already exists with host '{host}'{also} for domain '{domain.name}'.")
    check_routes(world, space)
    return Route(space=space, domain=domain, host=host, path=path)


def present_destination(row: Destination) -> JSON:
    return {
        "guid": row.guid,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "app": {"guid": row.app.guid, "process": {"type": row.process_type}},
        "weight": row.weight,
        "port": row.port,
        "protocol": row.protocol,
    }


def present_route(row: Route, links: Links) -> JSON:
    path = f"routes/{row.guid}"
    return {
        **stamped(row),
        "protocol": "http",
        "host": row.host,
        "path": row.path,
        "port": None,
        "url": row.url,
        "destinations": [present_destination(one) for one in row.destinations],
        "options": row.options,
        "metadata": metadata(row),
        "relationships": {"space": to_one(row.space), "domain": to_one(row.domain)},
        "links": {
            "self": links(path),
            "space": links(f"spaces/{row.space.guid}"),
            "destinations": links(f"{path}/destinations"),
            "domain": links(f"domains/{row.domain.guid}"),
        },
    }


def _included(rows: list[Route], wanted: set[str], links: Links) -> JSON:
    included = included_places([row.space for row in rows], wanted, links)
    if "domain" in wanted:
        domains = dict.fromkeys(row.domain for row in rows)
        included["domains"] = [present_domain(one, links) for one in domains]
    return included
