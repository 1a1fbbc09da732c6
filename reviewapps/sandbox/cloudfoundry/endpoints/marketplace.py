"""The marketplace: brokers, service offerings and service plans."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.endpoints.endpoints import Endpoints, guid
from reviewapps.sandbox.cloudfoundry.endpoints.fields import Around, included_fields
from reviewapps.sandbox.cloudfoundry.errors import not_found
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters, page
from reviewapps.sandbox.cloudfoundry.state import (
    Row,
    ServiceBroker,
    ServiceInstance,
    ServiceOffering,
    ServicePlan,
)

BROKER_FILTERS: Filters[ServiceBroker] = {"names": lambda row: row.name, "space_guids": lambda row: ()}
OFFERING_FILTERS: Filters[ServiceOffering] = {
    "names": lambda row: row.name,
    "available": lambda row: "true",
    "broker_catalog_ids": lambda row: row.guid,
    "service_broker_guids": lambda row: row.broker.guid,
    "service_broker_names": lambda row: row.broker.name,
}
PLAN_FILTERS: Filters[ServicePlan] = {
    "names": lambda row: row.name,
    "available": lambda row: "true",
    "broker_catalog_ids": lambda row: row.guid,
    "service_broker_guids": lambda row: row.offering.broker.guid,
    "service_broker_names": lambda row: row.offering.broker.name,
    "service_offering_guids": lambda row: row.offering.guid,
    "service_offering_names": lambda row: row.offering.name,
}
_PLACES = ("space_guids", "organization_guids")
"""Every plan is for every space."""


class Marketplace(Endpoints):
    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v3/service_brokers", self._brokers)
        router.add_get("/v3/service_brokers/{guid}", self._broker)
        router.add_get("/v3/service_offerings", self._offerings)
        router.add_get("/v3/service_offerings/{guid}", self._offering)
        router.add_get("/v3/service_plans", self._plans)
        router.add_get("/v3/service_plans/{guid}", self._plan)
        router.add_get("/v3/service_plans/{guid}/visibility", self._visibility)

    async def _brokers(self, request: web.Request) -> web.Response:
        """Brokers of the whole platform are shown to its operators only."""
        rows = self.world.all(ServiceBroker) if self.access(request).user.is_admin else []
        return page(request, rows, BROKER_FILTERS, present_broker)

    async def _broker(self, request: web.Request) -> web.Response:
        row = self.world.find(ServiceBroker, guid(request))
        if row is None or not self.access(request).user.is_admin:
            raise not_found("Service broker")
        return web.json_response(present_broker(row, Links.of(request)))

    async def _offerings(self, request: web.Request) -> web.Response:
        rows = self.world.all(ServiceOffering)
        shape = present_offering, _around_offerings
        return page(request, rows, OFFERING_FILTERS, shape[0], fields=shape[1], ignored=_PLACES)

    async def _offering(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(ServiceOffering, guid(request), "Service offering")
        return web.json_response(present_offering(row, Links.of(request)))

    async def _plans(self, request: web.Request) -> web.Response:
        return page(
            request,
            self.world.all(ServicePlan),
            {**PLAN_FILTERS, "service_instance_guids": self._instances},
            present_plan,
            includes=("space.organization", "service_offering"),
            include=_included,
            fields=_around_plans,
            ignored=_PLACES,
        )

    async def _plan(self, request: web.Request) -> web.Response:
        row = self.access(request).seen(ServicePlan, guid(request), "Service plan")
        return web.json_response(present_plan(row, Links.of(request)))

    async def _visibility(self, request: web.Request) -> web.Response:
        self.access(request).seen(ServicePlan, guid(request), "Service plan")
        return web.json_response({"type": "public"})

    def _instances(self, plan: ServicePlan) -> list[str]:
        return [one.guid for one in self.world.all(ServiceInstance) if one.plan is plan]


def present_broker(row: Row, links: Links) -> JSON:
    assert isinstance(row, ServiceBroker)
    return {
        **stamped(row),
        "name": row.name,
        "url": row.url,
        "relationships": {},
        "metadata": metadata(row),
        "links": {
            "self": links(f"service_brokers/{row.guid}"),
            "service_offerings": links(f"service_offerings?service_broker_guids={row.guid}"),
        },
    }


def present_offering(row: Row, links: Links) -> JSON:
    assert isinstance(row, ServiceOffering)
    about = {"displayName": row.display_name, "documentationUrl": row.documentation_url, "shareable": False}
    features = {
        "plan_updateable": True,
        "bindable": True,
        "instances_retrievable": True,
        "bindings_retrievable": True,
        "allow_context_updates": False,
    }
    return {
        **stamped(row),
        "name": row.name,
        "description": row.description,
        "available": True,
        "tags": row.tags,
        "requires": [],
        "shareable": False,
        "documentation_url": row.documentation_url,
        "broker_catalog": {"id": row.guid, "metadata": about, "features": features},
        "relationships": {"service_broker": to_one(row.broker)},
        "metadata": metadata(row),
        "links": {
            "self": links(f"service_offerings/{row.guid}"),
            "service_plans": links(f"service_plans?service_offering_guids={row.guid}"),
            "service_broker": links(f"service_brokers/{row.broker.guid}"),
        },
    }


def present_plan(row: Row, links: Links) -> JSON:
    assert isinstance(row, ServicePlan)
    path = f"service_plans/{row.guid}"
    return {
        **stamped(row),
        "name": row.name,
        "visibility_type": "public",
        "available": True,
        "free": row.free,
        "costs": [],
        "description": row.description,
        "maintenance_info": {},
        "broker_catalog": {
            "id": row.guid,
            "metadata": {"bullets": row.bullets},
            "maximum_polling_duration": None,
            "features": {"bindable": True, "plan_updateable": True},
        },
        "schemas": {
            "service_instance": {"create": {"parameters": {}}, "update": {"parameters": {}}},
            "service_binding": {"create": {"parameters": {}}},
        },
        "relationships": {"service_offering": to_one(row.offering)},
        "metadata": metadata(row),
        "links": {
            "self": links(path),
            "service_offering": links(f"service_offerings/{row.offering.guid}"),
            "visibility": links(f"{path}/visibility"),
        },
    }


_BROKER_KEYS = ("guid", "name")
_AROUND_OFFERINGS: Mapping[str, Around[ServiceOffering]] = {
    "service_broker": Around("service_brokers", lambda row: row.broker, present_broker, _BROKER_KEYS)
}
_AROUND_PLANS: Mapping[str, Around[ServicePlan]] = {
    "service_offering.service_broker": Around(
        "service_brokers", lambda row: row.offering.broker, present_broker, _BROKER_KEYS
    )
}


def _around_offerings(query: Mapping[str, str], rows: list[ServiceOffering], links: Links) -> JSON:
    return included_fields(query, rows, links, _AROUND_OFFERINGS)


def _around_plans(query: Mapping[str, str], rows: list[ServicePlan], links: Links) -> JSON:
    return included_fields(query, rows, links, _AROUND_PLANS)


def _included(rows: list[ServicePlan], wanted: set[str], links: Links) -> JSON:
    """Plans belong to no space here, so there is nothing to include for "space.organization"."""
    included: JSON = {"spaces": [], "organizations": []} if "space.organization" in wanted else {}
    if "service_offering" in wanted:
        offerings = dict.fromkeys(row.offering for row in rows)
        included["service_offerings"] = [present_offering(one, links) for one in offerings]
    return included
