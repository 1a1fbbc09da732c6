"""Service credential bindings: what gives an app the credentials of a service instance."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, ToOne, body
from reviewapps.sandbox.cloudfoundry.endpoints.apps import present_app
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.service_instances import present_service_instance
from reviewapps.sandbox.cloudfoundry.errors import not_authorized, unprocessable
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, timestamp, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
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
    "service_plan_guids": lambda row: (),
    "service_plan_names": lambda row: (),
}


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

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(Binding)
        includes = ("app", "service_instance")
        return page(request, rows, FILTERS, present_binding, includes=includes, include=_included)

    async def _create(self, request: web.Request) -> web.Response:
        access = self.access(request)
        asked = await body(request, BindingCreate)
        wanted = asked.relationships
        refusal = f"The service instance could not be found: '{wanted.service_instance.guid}'"
        instance = access.named(ServiceInstance, wanted.service_instance.guid, refusal)
        if asked.type == "key":
            raise unprocessable(
                "Service credential bindings of type 'key' are not supported for user-provided service instances."
            )
        if wanted.app is None:
            raise unprocessable("Relationships app can't be blank")
        if asked.parameters is not None:
            text = "Binding parameters are not supported for user-provided service instances"
            raise unprocessable(text)
        app = access.named(App, wanted.app.guid, f"The app could not be found: '{wanted.app.guid}'")
        binding = new_binding(self.world, app, instance, asked.name)
        asked.label(binding)
        self.world.add(binding)
        self.world.record("audit.service_binding.create", binding, instance.space, access.user)
        return web.json_response(present_binding(binding, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(present_binding(self._seen(request), Links.of(request)))

    async def _update(self, request: web.Request) -> web.Response:
        binding = self.access(request).writable(Binding, guid(request), NOUN)
        (await body(request, BindingUpdate)).label(binding)
        binding.touch()
        return web.json_response(present_binding(binding, Links.of(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        binding = access.writable(Binding, guid(request), NOUN)
        self.world.remove(binding)
        self.world.record("audit.service_binding.delete", binding, binding.space, access.user)
        return web.Response(status=204)

    async def _details(self, request: web.Request) -> web.Response:
        binding = self._seen(request)
        if not self.access(request).writes(binding.space):
            raise not_authorized()
        told: JSON = {"credentials": binding.instance.credentials, "volume_mounts": []}
        if binding.instance.syslog_drain_url:
            told["syslog_drain_url"] = binding.instance.syslog_drain_url
        return web.json_response(told)

    def _seen(self, request: web.Request) -> Binding:
        return self.access(request).seen(Binding, guid(request), NOUN)


def new_binding(world: World, app: App, instance: ServiceInstance, name: str | None) -> Binding:
    """A binding, not yet in the world; 422 where there is one already."""
    if app.space is not instance.space:
        raise unprocessable("The service instance and the app are in different spaces")
    for binding in world.of_app(Binding, app):
        if binding.instance is instance:
            raise unprocessable("The app is already bound to the service instance")
        if name and binding.name == name:
            raise unprocessable(
                f"The binding name is invalid. App binding names must be unique. '{name}' is taken."
            )
    return Binding(instance=instance, app=app, name=name)


def present_binding(row: Binding, links: Links) -> JSON:
    path = f"service_credential_bindings/{row.guid}"
    instance = f"service_instances/{row.instance.guid}"
    around = {"self": links(path), "details": links(f"{path}/details"), "service_instance": links(instance)}
    relationships = {"service_instance": to_one(row.instance)}
    if row.app:
        around["app"] = links(f"apps/{row.app.guid}")
        relationships["app"] = to_one(row.app)
    return {
        **stamped(row),
        "name": row.name,
        "type": row.type,
        "last_operation": {
            "type": "create",
            "state": "succeeded",
            "description": "",
            "created_at": timestamp(row.created_at),
            "updated_at": timestamp(row.updated_at),
        },
        "metadata": metadata(row),
        "relationships": relationships,
        "links": around,
    }


def _included(rows: list[Binding], wanted: set[str], links: Links) -> JSON:
    included: JSON = {}
    if "app" in wanted:
        apps = dict.fromkeys(row.app for row in rows if row.app)
        included["apps"] = [present_app(app, links) for app in apps]
    if "service_instance" in wanted:
        instances = dict.fromkeys(row.instance for row in rows)
        included["service_instances"] = [present_service_instance(one, links) for one in instances]
    return included
