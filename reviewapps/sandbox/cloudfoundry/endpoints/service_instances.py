"""Service instances: here only user-provided ones, since there is no broker."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from reviewapps.sandbox.cloudfoundry.bodies import Labelled, SpaceRelationship, ToOne, body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.errors import ApiError, not_authorized, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, timestamp, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import Binding, ServiceInstance, Space

FILTERS: Filters[ServiceInstance] = {
    "names": lambda row: row.name,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "type": lambda row: "user-provided",
    "service_plan_names": lambda row: (),
    "service_plan_guids": lambda row: (),
}


class Relationships(SpaceRelationship):
    service_plan: ToOne | None = None


class InstanceCreate(Labelled):
    type: Literal["user-provided", "managed"]
    name: str
    relationships: Relationships
    credentials: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] | None = None
    tags: list[str] = Field(default_factory=list)
    syslog_drain_url: str | None = None
    route_service_url: str | None = None


class InstanceUpdate(Labelled):
    name: str | None = None
    credentials: dict[str, Any] | None = None
    tags: list[str] | None = None
    syslog_drain_url: str | None = None
    route_service_url: str | None = None


class ServiceInstances(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/service_instances", self._list)
        router.add_post("/v3/service_instances", self._create)
        router.add_get("/v3/service_instances/{guid}", self._show)
        router.add_patch("/v3/service_instances/{guid}", self._update)
        router.add_delete("/v3/service_instances/{guid}", self._delete)
        router.add_get("/v3/service_instances/{guid}/credentials", self._credentials)
        router.add_get("/v3/service_instances/{guid}/parameters", self._parameters)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(ServiceInstance)
        return page(request, rows, FILTERS, present_service_instance, ignored=("fields",))

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, InstanceCreate)
        refusal = "Invalid space. Ensure that the space exists and you have access to it."
        space = access.named(Space, asked.relationships.space.guid, refusal)
        if asked.type == "managed":
            text = "Ensure that the service plan exists, is available, and you have access to it."
            raise unprocessable(f"Invalid service plan. {text}")
        if asked.parameters is not None or asked.relationships.service_plan:
            raise unprocessable("Unknown field(s): 'parameters'")
        self._check_name(space, asked.name)
        given = asked.model_dump(
            include={"name", "credentials", "tags", "syslog_drain_url", "route_service_url"}
        )
        instance = ServiceInstance(space=space, **given)
        asked.label(instance)
        self.world.add(instance)
        self.world.record("audit.user_provided_service_instance.create", instance, space, access.user)
        return web.json_response(present_service_instance(instance, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(present_service_instance(self._seen(request), Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        instance = access.writable(ServiceInstance, guid(request), "Service instance")
        asked = await body(request, InstanceUpdate)
        if asked.name is not None and asked.name != instance.name:
            self._check_name(instance.space, asked.name)
        asked.label(instance)
        for name in asked.model_fields_set - {"metadata"}:
            setattr(instance, name, getattr(asked, name))
        instance.operation = "update"
        instance.touch()
        self.world.record(
            "audit.user_provided_service_instance.update", instance, instance.space, access.user
        )
        return web.json_response(present_service_instance(instance, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        instance = access.writable(ServiceInstance, guid(request), "Service instance")
        for binding in self.world.all(Binding):
            if binding.instance is instance:
                self.world.remove(binding)
        self.world.remove(instance)
        self.world.record(
            "audit.user_provided_service_instance.delete", instance, instance.space, access.user
        )
        return web.Response(status=204)

    async def _credentials(self, request: web.Request) -> web.Response:
        instance = self._seen(request)
        if not self.access(request).writes(instance.space):
            raise not_authorized()
        return web.json_response(instance.credentials)

    async def _parameters(self, request: web.Request) -> web.Response:
        self._seen(request)
        text = "This service does not support fetching service instance parameters."
        raise ApiError(400, 120004, "ServiceFetchInstanceParametersNotSupported", text)

    def _seen(self, request: web.Request) -> ServiceInstance:
        return self.access(request).seen(ServiceInstance, guid(request), "Service instance")

    def _check_name(self, space: Space, name: str) -> None:
        if any(one.space is space and one.name == name for one in self.world.all(ServiceInstance)):
            raise unprocessable(f"The service instance name is taken: {name}.")


def present_service_instance(row: ServiceInstance, links: Links) -> JSON:
    path, query = f"service_instances/{row.guid}", f"service_instance_guids={row.guid}"
    return {
        **stamped(row),
        "type": "user-provided",
        "name": row.name,
        "tags": row.tags,
        "last_operation": {
            "type": row.operation,
            "state": "succeeded",
            "description": "Operation succeeded",
            "created_at": timestamp(row.created_at),
            "updated_at": timestamp(row.updated_at),
        },
        "syslog_drain_url": row.syslog_drain_url,
        "route_service_url": row.route_service_url,
        "relationships": {"space": to_one(row.space)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "space": links(f"spaces/{row.space.guid}"),
            "service_credential_bindings": links(f"service_credential_bindings?{query}"),
            "service_route_bindings": links(f"service_route_bindings?{query}"),
            "credentials": links(f"{path}/credentials"),
        },
    }
