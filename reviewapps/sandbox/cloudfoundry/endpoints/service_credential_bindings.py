"""Service credential bindings: what gives an app, or a key, the credentials of a service instance."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, ToOne, body
from reviewapps.sandbox.cloudfoundry.endpoints.apps import present_app
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.presented_instances import (
    present_operation,
    present_service_instance,
)
from reviewapps.sandbox.cloudfoundry.errors import ApiError, not_authorized, not_found, unprocessable
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.provisioning import pace, record_binding
from reviewapps.sandbox.cloudfoundry.query import Filters, page, wanted_includes
from reviewapps.sandbox.cloudfoundry.quotas import check_service_key
from reviewapps.sandbox.cloudfoundry.state import App, Binding, ServiceInstance
from reviewapps.sandbox.cloudfoundry.world import World

NOUN = "Service credential binding"
FILTERS: Filters[Binding] = {
    "names": lambda row: row.name or "",
    "type": lambda row: row.type,
    "app_guids": lambda row: row.app.guid if row.app else (),
    "app_names": lambda row: row.app.name if row.app else (),
    "service_instance_guids": lambda row: row.instance.guid,
    "service_instance_names": lambda row: row.instance.name,
    "service_plan_guids": lambda row: row.instance.plan.guid if row.instance.plan else (),
    "service_plan_names": lambda row: row.instance.plan.name if row.instance.plan else (),
    "service_offering_guids": lambda row: row.instance.plan.offering.guid if row.instance.plan else (),
    "service_offering_names": lambda row: row.instance.plan.offering.name if row.instance.plan else (),
}
_INCLUDES = ("app", "service_instance")


class Relationships(Body):
    service_instance: ToOne
    app: ToOne | None = None


class BindingCreate(Labelled):
    type: Literal["app", "key"]
    name: str | None = None
    relationships: Relationships
    parameters: dict[str, Any] | None = None
    strategy: Literal["single"] = "single"


class BindingUpdate(Labelled):
    pass


class ServiceCredentialBindings(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        path = "/v3/service_credential_bindings"
        router.add_get(path, self._list)
        router.add_post(path, self._create)
        router.add_get(path + "/{guid}", self._show)
        router.add_patch(path + "/{guid}", self._update)
        router.add_delete(path + "/{guid}", self._delete)
        router.add_get(path + "/{guid}/details", self._details)
        router.add_get(path + "/{guid}/parameters", self._parameters)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Binding)
        return page(request, rows, FILTERS, present_binding, includes=_INCLUDES, include=_included)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, BindingCreate)
        wanted = asked.relationships.service_instance
        refusal = f"The service instance could not be found: '{wanted.guid}'"
        instance = access.named(ServiceInstance, wanted.guid, refusal)
        if instance.plan is None and asked.parameters is not None:
            raise unprocessable("Binding parameters are not supported for user-provided service instances")
        pace(asked.parameters or {})
        binding = self._new(access, instance, asked)
        binding.parameters = asked.parameters or {}
        asked.label(binding)
        _replace_failed(self.world, binding)
        self.world.add(binding)
        if instance.plan:
            return accepted(self.platform.provisioning.bind(binding, access.user), request)
        record_binding(self.world, binding, "create", access.user)
        return web.json_response(present_binding(binding, Links.of(request)), status=201)

    def _new(self, access: Access, instance: ServiceInstance, asked: BindingCreate) -> Binding:
        if asked.type == "key":
            return new_key(self.world, instance, asked.name)
        if asked.relationships.app is None:
            raise unprocessable("Relationships app can't be blank")
        guid = asked.relationships.app.guid
        app = access.named(App, guid, f"The app could not be found: '{guid}'")
        return new_binding(self.world, app, instance, asked.name)

    async def _show(self, request: web.Request) -> web.Response:
        binding, links = self._seen(request), Links.of(request)
        shown = present_binding(binding, links)
        included = _included([binding], wanted_includes(request.query, _INCLUDES), links)
        return web.json_response({**shown, "included": included} if included else shown)

    async def _update(self, request: web.Request) -> web.Response:
        binding = self.access(request).writable(Binding, guid(request), NOUN)
        if binding.operation.type == "delete" and binding.operation.unfinished:
            raise unprocessable("The service binding is being deleted")
        (await body(request, BindingUpdate)).label(binding)
        binding.touch()
        return web.json_response(present_binding(binding, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        binding = access.writable(Binding, guid(request), NOUN)
        if binding.operation.type == "delete" and binding.operation.unfinished:
            raise unprocessable("There is an operation in progress for the service binding.")
        if binding.instance.operation.unfinished:
            raise unprocessable("There is an operation in progress for the service instance.")
        if binding.instance.plan:
            return accepted(self.platform.provisioning.unbind(binding, access.user), request)
        self.world.remove(binding)
        record_binding(self.world, binding, "delete", access.user)
        return web.Response(status=204)

    async def _details(self, request: web.Request) -> web.Response:
        binding = self._seen(request)
        if not self.access(request).writes(binding.space):
            raise not_authorized()
        if binding.operation.type == "create" and not binding.operation.create_succeeded:
            kind = "key" if binding.type == "key" else "binding"
            raise ApiError(404, 10010, "ResourceNotFound", f"Creation of service {kind} {_state(binding)}")
        told: JSON = {"credentials": binding.given, "volume_mounts": []}
        if binding.instance.syslog_drain_url:
            told["syslog_drain_url"] = binding.instance.syslog_drain_url
        return web.json_response(told)

    async def _parameters(self, request: web.Request) -> web.Response:
        binding = self._seen(request)
        if binding.instance.plan is None:
            text = "This service does not support fetching service binding parameters."
            raise ApiError(502, 90007, "ServiceFetchBindingParametersNotSupported", text)
        if not binding.operation.create_succeeded:
            raise not_found(NOUN)
        return web.json_response(binding.parameters)

    def _seen(self, request: web.Request) -> Binding:
        return self.access(request).seen(Binding, guid(request), NOUN)


def new_binding(world: World, app: App, instance: ServiceInstance, name: str | None) -> Binding:
    """A binding, not yet in the world; 422 where there is one already, or none can be."""
    if app.space is not instance.space:
        raise unprocessable("The service instance and the app are in different spaces")
    _check_bindable(instance)
    for binding in world.of_app(Binding, app):
        if binding.instance is instance and binding.operation.type == "delete":
            raise unprocessable("The binding is getting deleted or its deletion failed")
        if binding.instance is instance and not binding.operation.create_failed:
            raise unprocessable("The app is already bound to the service instance")
        if name and binding.name == name and binding.instance is not instance:
            raise unprocessable(
                "The binding name is invalid. App binding names must be unique. "
                f"The app already has a binding with name '{name}'."
            )
    return Binding(instance=instance, app=app, name=name)


def new_key(world: World, instance: ServiceInstance, name: str | None) -> Binding:
    """A key, not yet in the world; 422 where there is one of this name already, or none can be."""
    if not name:
        raise unprocessable("Name can't be blank")
    if instance.plan is None:
        raise unprocessable(
            "Service credential bindings of type 'key' are not supported for user-provided service instances."
        )
    _check_bindable(instance)
    for binding in world.all(Binding):
        key = binding.type == "key" and binding.instance is instance
        if key and binding.name == name and not binding.operation.create_failed:
            raise unprocessable(
                "The binding name is invalid. Key binding names must be unique. "
                f"The service instance already has a key binding with name '{name}'."
            )
    check_service_key(world, instance.space)
    return Binding(instance=instance, name=name)


def present_binding(row: Binding, links: Links) -> JSON:
    path = f"service_credential_bindings/{row.guid}"
    instance = f"service_instances/{row.instance.guid}"
    around = {"self": links(path), "details": links(f"{path}/details"), "service_instance": links(instance)}
    relationships = {"service_instance": to_one(row.instance)}
    if row.app:
        around["app"] = links(f"apps/{row.app.guid}")
        relationships["app"] = to_one(row.app)
    if row.instance.plan:
        around["parameters"] = links(f"{path}/parameters")
    return {
        **stamped(row),
        "name": row.name,
        "type": row.type,
        "last_operation": present_operation(row.operation),
        "metadata": metadata(row),
        "relationships": relationships,
        "links": around,
    }


def _check_bindable(instance: ServiceInstance) -> None:
    if instance.operation.create_failed:
        text = f"The service instance could not be found: {instance.guid}"
        raise ApiError(404, 10010, "ResourceNotFound", text)
    if instance.operation.unfinished:
        raise unprocessable("There is an operation in progress for the service instance.")


def _replace_failed(world: World, binding: Binding) -> None:
    """Take away the binding that ``binding`` stands in for: one that could not be made."""
    for one in world.all(Binding):
        same = (one.instance, one.app) == (binding.instance, binding.app)
        if same and one.operation.create_failed and (binding.app or one.name == binding.name):
            world.remove(one)


def _state(binding: Binding) -> str:
    return "failed" if binding.operation.create_failed else "in progress"


def _included(rows: list[Binding], wanted: set[str], links: Links) -> JSON:
    included: JSON = {}
    if "app" in wanted:
        apps = dict.fromkeys(row.app for row in rows if row.app)
        included["apps"] = [present_app(app, links) for app in apps]
    if "service_instance" in wanted:
        instances = dict.fromkeys(row.instance for row in rows)
        included["service_instances"] = [present_service_instance(one, links) for one in instances]
    return included
