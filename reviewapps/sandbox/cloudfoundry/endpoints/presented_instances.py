"""Service instances as clients see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reviewapps.sandbox.cloudfoundry.endpoints.fields import Around, included_fields
from reviewapps.sandbox.cloudfoundry.endpoints.marketplace import (
    present_broker,
    present_offering,
    present_plan,
)
from reviewapps.sandbox.cloudfoundry.endpoints.organizations import present_organization
from reviewapps.sandbox.cloudfoundry.endpoints.spaces import present_space
from reviewapps.sandbox.cloudfoundry.links import JSON, Links, metadata, stamped, timestamp, to_one
from reviewapps.sandbox.cloudfoundry.query import Filters
from reviewapps.sandbox.cloudfoundry.state import (
    Operation,
    Organization,
    Row,
    ServiceInstance,
    ServicePlan,
    Space,
)

FILTERS: Filters[ServiceInstance] = {
    "names": lambda row: row.name,
    "space_guids": lambda row: row.space.guid,
    "organization_guids": lambda row: row.space.organization.guid,
    "type": lambda row: row.type,
    "service_plan_names": lambda row: row.plan.name if row.plan else (),
    "service_plan_guids": lambda row: row.plan.guid if row.plan else (),
}


def present_operation(row: Operation) -> JSON:
    return {
        "type": row.type,
        "state": row.state,
        "description": row.description,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
    }


def present_service_instance(row: ServiceInstance, links: Links) -> JSON:
    path, query = f"service_instances/{row.guid}", f"service_instance_guids={row.guid}"
    around = {
        "self": links(path),
        "space": links(f"spaces/{row.space.guid}"),
        "service_credential_bindings": links(f"service_credential_bindings?{query}"),
        "service_route_bindings": links(f"service_route_bindings?{query}"),
    }
    relationships = {"space": to_one(row.space)}
    if row.plan:
        relationships["service_plan"] = to_one(row.plan)
        around["service_plan"] = links(f"service_plans/{row.plan.guid}")
        around["parameters"] = links(f"{path}/parameters")
        around["shared_spaces"] = links(f"{path}/relationships/shared_spaces")
    else:
        around["credentials"] = links(f"{path}/credentials")
    return {
        **stamped(row),
        "type": row.type,
        "name": row.name,
        "tags": row.tags,
        "last_operation": present_operation(row.operation),
        **(_managed() if row.plan else _user_provided(row)),
        "relationships": relationships,
        "metadata": metadata(row),
        "links": around,
    }


def around_instances(query: Mapping[str, str], rows: list[ServiceInstance], links: Links) -> JSON:
    """What the query's ``fields[…]`` ask for."""
    return included_fields(query, rows, links, _AROUND)


def _managed() -> JSON:
    return {
        "maintenance_info": {},
        "upgrade_available": False,
        "dashboard_url": None,
        "broker_provided_metadata": {"labels": {}, "attributes": {}},
    }


def _user_provided(row: ServiceInstance) -> JSON:
    return {"syslog_drain_url": row.syslog_drain_url, "route_service_url": row.route_service_url}


def _space(row: Row, links: Links) -> JSON:
    assert isinstance(row, Space)
    return present_space(row, links)


def _organization(row: Row, links: Links) -> JSON:
    assert isinstance(row, Organization)
    return present_organization(row, links)


def _of_plan(reach: Callable[[ServicePlan], Row]) -> Callable[[ServiceInstance], Row | None]:
    return lambda row: reach(row.plan) if row.plan else None


_NAMED = ("guid", "name")
_PLAN = "service_plan"
_OFFERING = f"{_PLAN}.service_offering"
_OFFERING_KEYS = (*_NAMED, "description", "documentation_url", "tags", "relationships.service_broker")
_AROUND: Mapping[str, Around[ServiceInstance]] = {
    "space": Around("spaces", lambda row: row.space, _space, (*_NAMED, "relationships.organization")),
    "space.organization": Around("organizations", lambda row: row.space.organization, _organization, _NAMED),
    _PLAN: Around(
        "service_plans",
        lambda row: row.plan,
        present_plan,
        (*_NAMED, "relationships.service_offering"),
    ),
    _OFFERING: Around(
        "service_offerings", _of_plan(lambda plan: plan.offering), present_offering, _OFFERING_KEYS
    ),
    f"{_OFFERING}.service_broker": Around(
        "service_brokers", _of_plan(lambda plan: plan.offering.broker), present_broker, _NAMED
    ),
}
