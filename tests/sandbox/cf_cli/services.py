"""marketplace, services, service, and what makes, binds and deletes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.sandbox.cf_cli.connection import Cf, batches, decoded
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import (
    Binding,
    BindingDetails,
    FeatureFlag,
    Nothing,
    Offering,
    Plan,
    ServiceInstance,
)
from tests.sandbox.cf_cli.summaries import app_named
from tests.sandbox.cf_cli.targeting import needs_target

PLAN = "fields[service_plan]"
OFFERING = "fields[service_plan.service_offering]"
BROKER = "fields[service_plan.service_offering.service_broker]"


@dataclass(frozen=True)
class ServiceLine:
    """A line of ``cf services``."""

    offering: str
    plan: str
    apps: list[str]
    last_operation: str


def marketplace(cf: Cf) -> dict[str, list[str]]:
    """``cf marketplace``: the plans of each offering."""
    needs_target(cf)
    query = {
        "per_page": 5000,
        "space_guids": cf.space.guid,
        "available": "true",
        "include": "service_offering",
        "fields[service_offering.service_broker]": ["name", "guid"],
    }
    plans, pages = cf.with_included(Plan, "/v3/service_plans", query)
    offerings = {one["guid"]: one["name"] for page in pages for one in page.service_offerings}
    found: dict[str, list[str]] = {name: [] for name in offerings.values()}
    for plan in plans:
        found[offerings[plan.related("service_offering")]].append(plan.name)
    return found


def services(cf: Cf) -> dict[str, ServiceLine]:
    """``cf services``."""
    needs_target(cf)
    query = {
        "space_guids": cf.space.guid,
        PLAN: ["guid", "name", "relationships.service_offering"],
        OFFERING: ["guid", "name", "relationships.service_broker"],
        BROKER: ["guid", "name"],
        "order_by": "name",
        "per_page": 5000,
    }
    instances, pages = cf.with_included(ServiceInstance, "/v3/service_instances", query)
    bound = _bound(cf, [one.guid for one in instances])
    plans = {one["guid"]: one for page in pages for one in page.service_plans}
    offerings = {one["guid"]: one["name"] for page in pages for one in page.service_offerings}
    return {one.name: _line(one, plans, offerings, bound.get(one.guid, [])) for one in instances}


def _bound(cf: Cf, guids_of_instances: list[str]) -> dict[str, list[str]]:
    """The names of the apps that are bound to each instance."""
    bound: dict[str, list[str]] = {}
    for guids in batches(guids_of_instances):
        query = {"service_instance_guids": guids, "include": "app"}
        bindings, pages = cf.with_included(Binding, "/v3/service_credential_bindings", query)
        names = {one.guid: one.name for page in pages for one in page.apps}
        for binding in bindings:
            if binding.type == "app":
                bound.setdefault(binding.related("service_instance"), []).append(
                    names[binding.related("app")]
                )
    return bound


def _line(
    instance: ServiceInstance, plans: dict[str, Any], offerings: dict[str, str], apps: list[str]
) -> ServiceLine:
    last = f"{instance.last_operation.type} {instance.last_operation.state}"
    if instance.type == "user-provided":
        return ServiceLine("user-provided", "", apps, last)
    plan = plans[instance.related("service_plan")]
    offering = plan["relationships"]["service_offering"]["data"]["guid"]
    return ServiceLine(offerings[offering], plan["name"], apps, last)


def service(cf: Cf, name: str) -> tuple[ServiceInstance, list[str]]:
    """``cf service NAME``: the instance, and the names of its bindings' apps."""
    fields = {
        PLAN: ["name", "guid"],
        OFFERING: ["name", "guid", "description", "tags", "documentation_url"],
        BROKER: ["name", "guid"],
        "fields[space]": ["name", "guid"],
        "fields[space.organization]": ["name", "guid"],
    }
    instance = _instance(cf, name, **fields)
    if instance.type == "managed":
        cf.get(FeatureFlag, "/v3/feature_flags/service_instance_sharing")
        plan = cf.get(Plan, f"/v3/service_plans/{instance.related('service_plan')}")
        cf.get(Offering, f"/v3/service_offerings/{plan.related('service_offering')}")
        path = f"/v3/service_instances/{instance.guid}/relationships/shared_spaces"
        cf.get(Nothing, path)
    query = {"include": "app", "service_instance_guids": instance.guid, "type": "app"}
    _, pages = cf.with_included(Binding, "/v3/service_credential_bindings", query)
    return instance, [one.name for page in pages for one in page.apps]


def _instance(cf: Cf, name: str, **fields: list[str]) -> ServiceInstance:
    needs_target(cf)
    query = {"names": name, "space_guids": cf.space.guid, **fields}
    return cf.first(ServiceInstance, "/v3/service_instances", query, f"Service instance '{name}' not found")


def create_user_provided_service(cf: Cf, name: str, **asked: Any) -> None:
    """``cf create-user-provided-service NAME -p … [-l …] [-t …]``."""
    needs_target(cf)
    relationships = {"space": {"data": {"guid": cf.space.guid}}}
    said = {"type": "user-provided", "name": name, **asked, "relationships": relationships}
    cf.ask(ServiceInstance, "POST", "/v3/service_instances", said)


def update_user_provided_service(cf: Cf, name: str, **asked: Any) -> None:
    """``cf update-user-provided-service NAME -p …``."""
    instance = _instance(cf, name)
    if instance.type != "user-provided":
        raise CommandFailed("ServiceInstanceType", "The service instance is not user-provided")
    cf.ask(ServiceInstance, "PATCH", f"/v3/service_instances/{instance.guid}", asked)


def create_service(cf: Cf, offering: str, plan: str, name: str, *, wait: bool = False) -> None:
    """``cf create-service OFFERING PLAN NAME [--wait]``."""
    needs_target(cf)
    query = {"names": plan, "service_offering_names": offering, "space_guids": cf.space.guid}
    missing = f"The plan '{plan}' could not be found for service offering '{offering}'."
    found = cf.first(Plan, "/v3/service_plans", query, missing)
    relationships = {
        "space": {"data": {"guid": cf.space.guid}},
        "service_plan": {"data": {"guid": found.guid}},
    }
    said = {"type": "managed", "name": name, "relationships": relationships}
    _await(cf, cf.job("POST", "/v3/service_instances", said), wait)


def _await(cf: Cf, job: str, wait: bool) -> None:
    """Without --wait it is enough that the broker has been asked."""
    cf.finish(job, enough="COMPLETE" if wait else "POLLING")


def delete_service(cf: Cf, name: str, *, wait: bool = False) -> None:
    """``cf delete-service NAME -f [--wait]``; one that is not there is fine too."""
    try:
        instance = _instance(cf, name)
    except CommandFailed:
        return
    _await(cf, cf.job("DELETE", f"/v3/service_instances/{instance.guid}"), wait)


def bind_service(cf: Cf, app: str, name: str, *, binding_name: str = "", wait: bool = False) -> None:
    """``cf bind-service APP NAME``: bound already is fine too."""
    instance, guid = _instance(cf, name), app_named(cf, app).guid
    relationships = {"service_instance": {"data": {"guid": instance.guid}}, "app": {"data": {"guid": guid}}}
    said = {"type": "app", **({"name": binding_name} if binding_name else {}), "relationships": relationships}
    try:
        _await(cf, cf.job("POST", "/v3/service_credential_bindings", said), wait)
    except CommandFailed as failed:
        if failed.kind != "ResourceAlreadyExists":
            raise


def unbind_service(cf: Cf, app: str, name: str, *, wait: bool = False) -> None:
    """``cf unbind-service APP NAME``."""
    instance, guid = _instance(cf, name), app_named(cf, app).guid
    query = {"type": "app", "service_instance_guids": instance.guid, "app_guids": guid}
    missing = f"Binding between {app} and {name} did not exist"
    binding = cf.first(Binding, "/v3/service_credential_bindings", query, missing)
    _await(cf, cf.job("DELETE", f"/v3/service_credential_bindings/{binding.guid}"), wait)


def create_service_key(cf: Cf, name: str, key: str, *, wait: bool = False) -> None:
    """``cf create-service-key NAME KEY``."""
    related = {"service_instance": {"data": {"guid": _instance(cf, name).guid}}}
    said = {"type": "key", "name": key, "relationships": related}
    _await(cf, cf.job("POST", "/v3/service_credential_bindings", said), wait)


def service_keys(cf: Cf, name: str) -> list[str]:
    """``cf service-keys NAME``."""
    query = {"service_instance_guids": _instance(cf, name).guid, "type": "key", "per_page": 5000}
    return [one.name for one in cf.rows(Binding, "/v3/service_credential_bindings", query)]


def service_key(cf: Cf, name: str, key: str) -> dict[str, Any]:
    """``cf service-key NAME KEY``: its credentials."""
    path = f"/v3/service_credential_bindings/{_key(cf, name, key).guid}/details"
    return decoded(BindingDetails, cf.send("GET", cf.url(path))).credentials


def delete_service_key(cf: Cf, name: str, key: str, *, wait: bool = False) -> None:
    """``cf delete-service-key NAME KEY -f``."""
    path = f"/v3/service_credential_bindings/{_key(cf, name, key).guid}"
    _await(cf, cf.job("DELETE", path), wait)


def _key(cf: Cf, name: str, key: str) -> Binding:
    query = {"service_instance_guids": _instance(cf, name).guid, "type": "key", "names": key}
    missing = f"No service key {key} found for service instance {name}"
    return cf.first(Binding, "/v3/service_credential_bindings", query, missing)
