"""Service instances, user-provided ones and those of the marketplace."""

from __future__ import annotations

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.bodies import body
from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.instance_bodies import (
    Kind,
    UserProvidedCreate,
    UserProvidedUpdate,
    check_free_name,
)
from reviewapps.sandbox.cloudfoundry.endpoints.managed_instances import (
    NO_SPACE,
    check_deletable,
    create_managed,
    update_managed,
)
from reviewapps.sandbox.cloudfoundry.endpoints.presented_instances import (
    FILTERS,
    around_instances,
    present_service_instance,
)
from reviewapps.sandbox.cloudfoundry.errors import (
    ApiError,
    feature_disabled,
    instance_in_progress,
    not_authorized,
    not_found,
    unprocessable,
)
from reviewapps.sandbox.cloudfoundry.jobs import accepted
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.provisioning import remove_bindings
from reviewapps.sandbox.cloudfoundry.query import page
from reviewapps.sandbox.cloudfoundry.state import Operation, ServiceInstance, Space

NOUN = "Service instance"
_PATH = "/v3/service_instances"


class ServiceInstances(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get(_PATH, self._list)
        router.add_post(_PATH, self._create)
        one = _PATH + "/{guid}"
        router.add_get(one, self._show)
        router.add_patch(one, self._update)
        router.add_delete(one, self._delete)
        router.add_get(f"{one}/credentials", self._credentials)
        router.add_get(f"{one}/parameters", self._parameters)
        router.add_get(f"{one}/permissions", self._permissions)
        router.add_get(f"{one}/relationships/shared_spaces", self._shared_spaces)
        router.add_post(f"{one}/relationships/shared_spaces", self._share)
        router.add_get(f"{one}/relationships/shared_spaces/usage_summary", self._shared_usage)

    async def _list(self, request: web.Request) -> web.Response:
        rows = self.access(request).visible(ServiceInstance)
        return page(request, rows, FILTERS, present_service_instance, fields=around_instances)

    async def _create(self, request: web.Request) -> web.Response:
        kind = (await body(request, Kind)).type
        if kind == "managed":
            return await self._create_managed(request)
        if kind != "user-provided":
            raise unprocessable("Type must be one of 'managed', 'user-provided'")
        access = self.access(request)
        asked = await body(request, UserProvidedCreate)
        space = access.named(Space, asked.relationships.space.guid, NO_SPACE)
        check_free_name(self.world, space, asked.name)
        instance = ServiceInstance(
            space=space,
            name=asked.name,
            credentials=asked.credentials or {},
            tags=asked.tags,
            syslog_drain_url=asked.syslog_drain_url,
            route_service_url=asked.route_service_url,
        )
        asked.label(instance)
        self.world.add(instance)
        self._record(access, instance, "create")
        return web.json_response(present_service_instance(instance, Links.of(request)), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        instance, links = self._seen(request), Links.of(request)
        shown = present_service_instance(instance, links)
        included = around_instances(request.query, [instance], links)
        return web.json_response({**shown, "included": included} if included else shown)

    async def _update(self, request: web.Request) -> web.Response:
        access = self.access(request)
        instance = access.writable(ServiceInstance, guid(request), NOUN)
        if instance.plan:
            job = await update_managed(self.platform, access, request, instance)
            if job:
                return accepted(job, request)
        else:
            await self._update_user_provided(access, request, instance)
        return web.json_response(present_service_instance(instance, Links.of(request)))

    async def _update_user_provided(
        self, access: Access, request: web.Request, instance: ServiceInstance
    ) -> None:
        asked = await body(request, UserProvidedUpdate)
        if "name" in asked.model_fields_set and asked.name != instance.name:
            check_free_name(self.world, instance.space, asked.name)
        asked.label(instance)
        for name in asked.model_fields_set - {"metadata"}:
            setattr(instance, name, getattr(asked, name))
        instance.credentials = instance.credentials or {}
        instance.operation = Operation(type="update")
        instance.touch()
        self._record(access, instance, "update")

    async def _delete(self, request: web.Request) -> web.Response:
        access = self.access(request)
        instance = access.writable(ServiceInstance, guid(request), NOUN)
        if request.query.get("purge") == "true":
            return self._purge(access, instance)
        if instance.plan:
            check_deletable(instance)
            return accepted(self.platform.provisioning.delete(instance, access.user), request)
        remove_bindings(self.world, instance)
        self.world.remove(instance)
        self._record(access, instance, "delete")
        return web.Response(status=204)

    def _purge(self, access: Access, instance: ServiceInstance) -> web.Response:
        """Forget the instance without a word to its broker, which only the broker's owners may do."""
        if instance.plan and not access.user.is_admin:
            raise not_authorized()
        instance.operation = Operation(type="delete")  # so that what is under way is not finished
        remove_bindings(self.world, instance)
        self.world.remove(instance)
        if instance.plan:
            self.world.record("audit.service_instance.purge", instance, instance.space, access.user)
        else:
            self._record(access, instance, "purge")
        return web.Response(status=204)

    async def _credentials(self, request: web.Request) -> web.Response:
        instance, access = self._seen(request), self.access(request)
        if instance.plan:
            raise not_found(NOUN)
        if not access.writes(instance.space):
            raise not_authorized()
        self._record(access, instance, "show")
        return web.json_response(instance.credentials)

    async def _parameters(self, request: web.Request) -> web.Response:
        instance = self._seen(request)
        if instance.plan is None:
            text = "This service does not support fetching service instance parameters."
            raise ApiError(400, 120004, "ServiceFetchInstanceParametersNotSupported", text)
        if instance.operation.create_failed:
            raise not_found(NOUN)
        if instance.operation.unfinished:
            raise instance_in_progress(instance.name)
        return web.json_response(instance.parameters)

    async def _permissions(self, request: web.Request) -> web.Response:
        instance, access = self._seen(request), self.access(request)
        return web.json_response({"manage": access.writes(instance.space), "read": True})

    async def _shared_spaces(self, request: web.Request) -> web.Response:
        links = _shared_links(self._seen(request), Links.of(request))
        return web.json_response({"data": [], "links": {"self": links["shared_spaces"]}})

    async def _shared_usage(self, request: web.Request) -> web.Response:
        links = _shared_links(self._seen(request), Links.of(request))
        return web.json_response({"usage_summary": [], "links": links})

    async def _share(self, request: web.Request) -> web.Response:
        raise feature_disabled("service_instance_sharing")

    async def _create_managed(self, request: web.Request) -> web.Response:
        access = self.access(request)
        return accepted(await create_managed(self.platform, access, request), request)

    def _seen(self, request: web.Request) -> ServiceInstance:
        return self.access(request).seen(ServiceInstance, guid(request), NOUN)

    def _record(self, access: Access, instance: ServiceInstance, what: str) -> None:
        type = f"audit.user_provided_service_instance.{what}"
        self.world.record(type, instance, instance.space, access.user)


def _shared_links(instance: ServiceInstance, links: Links) -> JSON:
    path = f"service_instances/{instance.guid}"
    return {
        "self": links(f"{path}/relationships/shared_spaces/usage_summary"),
        "shared_spaces": links(f"{path}/relationships/shared_spaces"),
        "service_instance": links(path),
    }
