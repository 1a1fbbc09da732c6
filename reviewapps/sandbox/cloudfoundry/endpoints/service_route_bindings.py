"""Service route bindings: the requests to a route go to a route service first."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, ToOne, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.presented_instances import (
    present_operation,
    present_service_instance,
)
from reviewapps.sandbox.cloudfoundry.endpoints.routes import present_route
from reviewapps.sandbox.cloudfoundry.errors import ApiError, bad_request, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page, wanted_includes
from reviewapps.sandbox.cloudfoundry.state import Route, RouteBinding, ServiceInstance

NOUN = "Service route binding"
FILTERS: Filters[RouteBinding] = {
    "route_guids": lambda row: row.route.guid,
    "service_instance_guids": lambda row: row.instance.guid,
    "service_instance_names": lambda row: row.instance.name,
}
_INCLUDES = ("route", "service_instance")


class Relationships(Body):
    service_instance: ToOne
    route: ToOne


class RouteBindingCreate(Labelled):
    relationships: Relationships
    parameters: dict[str, Any] | None = None


class RouteBindingUpdate(Labelled):
    pass


class ServiceRouteBindings(Endpoints):
    """None of the offerings here is a route service, so all bindings are of user-provided instances."""

    def mount(self, router: web.UrlDispatcher) -> None:
        path = "/v3/service_route_bindings"
        router.add_get(path, self._list)
        router.add_post(path, self._create)
        router.add_get(path + "/{guid}", self._show)
        router.add_patch(path + "/{guid}", self._update)
        router.add_delete(path + "/{guid}", self._delete)
        router.add_get(path + "/{guid}/parameters", self._parameters)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(RouteBinding)
        return page(request, rows, FILTERS, present_route_binding, includes=_INCLUDES, include=_included)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        binding = await self._new(access, request)
        self.world.add(binding)
        self._record(binding, "create", access)
        return web.json_response(present_route_binding(binding, Links.of(request)), status=201)

    async def _new(self, access: Access, request: web.Request) -> RouteBinding:
        asked = await body(request, RouteBindingCreate)
        wanted = asked.relationships
        refusal = f"The service instance could not be found: {wanted.service_instance.guid}"
        instance = access.named(ServiceInstance, wanted.service_instance.guid, refusal)
        refusal = f"The route could not be found: {wanted.route.guid}"
        route = access.named(Route, wanted.route.guid, refusal)
        if instance.plan is None and asked.parameters is not None:
            raise unprocessable("Binding parameters are not supported for user-provided service instances")
        if not instance.route_service_url:
            raise unprocessable("This service instance does not support route binding")
        if route.space is not instance.space:
            raise unprocessable("The service instance and the route are in different spaces")
        for bound in self.world.all(RouteBinding):
            if bound.route is route:
                raise _already_bound(bound, instance)
        binding = RouteBinding(instance=instance, route=route)
        asked.label(binding)
        return binding

    async def _show(self, request: web.Request) -> web.Response:
        binding, links = self._seen(request), Links.of(request)
        shown = present_route_binding(binding, links)
        included = _included([binding], wanted_includes(request.query, _INCLUDES), links)
        return web.json_response({**shown, "included": included} if included else shown)

    async def _update(self, request: web.Request) -> web.Response:
        binding = self.access(request).writable(RouteBinding, guid(request), NOUN)
        (await body(request, RouteBindingUpdate)).label(binding)
        binding.touch()
        return web.json_response(present_route_binding(binding, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        binding = access.writable(RouteBinding, guid(request), NOUN)
        self.world.remove(binding)
        self._record(binding, "delete", access)
        return web.Response(status=204)

    async def _parameters(self, request: web.Request) -> web.Response:
        self._seen(request)
        raise bad_request(
            "user provided service instances do not support fetching route bindings parameters."
        )

    def _seen(self, request: web.Request) -> RouteBinding:
        return self.access(request).seen(RouteBinding, guid(request), NOUN)

    def _record(self, binding: RouteBinding, what: str, access: Access) -> None:
        self.world.record(f"audit.service_route_binding.{what}", binding, binding.space, access.user)


def present_route_binding(row: RouteBinding, links: Links) -> JSON:
    return {
        **stamped(row),
        "route_service_url": row.instance.route_service_url,
        "last_operation": present_operation(row.operation),
        "relationships": {"service_instance": to_one(row.instance), "route": to_one(row.route)},
        "metadata": metadata(row),
        "links": {
            "self": links(f"service_route_bindings/{row.guid}"),
            "service_instance": links(f"service_instances/{row.instance.guid}"),
            "route": links(f"routes/{row.route.guid}"),
        },
    }


def _already_bound(bound: RouteBinding, wanted: ServiceInstance) -> ApiError:
    if bound.instance is not wanted:
        return unprocessable("A route may only be bound to a single service instance")
    text = "The route and service instance are already bound."
    return ApiError(422, 130008, "ServiceInstanceAlreadyBoundToSameRoute", text)


def _included(rows: list[RouteBinding], wanted: set[str], links: Links) -> JSON:
    included: JSON = {}
    if "route" in wanted:
        routes = dict.fromkeys(row.route for row in rows)
        included["routes"] = [present_route(one, links) for one in routes]
    if "service_instance" in wanted:
        instances = dict.fromkeys(row.instance for row in rows)
        included["service_instances"] = [present_service_instance(one, links) for one in instances]
    return included
