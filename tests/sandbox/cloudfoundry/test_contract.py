"""Our answers have the keys and the types of those that Cloud Foundry documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "cloudfoundry-examples.json").read_text()
)
FREE = {"labels", "annotations", "process_types", "credentials", "custom", "options"}
"""Objects whose keys are anybody's, or all optional."""

EITHER_WAY = {
    "links.clear_buildpack_cache",  # the code has it, the documentation forgot it
    "links.service_credential_bindings",
    "links.service_route_bindings",
    "links.service_usage_events",
    "links.service_instances.experimental",
    "health_check.data.interval",
    "health_check.data.invocation_timeout",
    "readiness_health_check.data.interval",
    "data.request",  # an audit event's data is its type's own
    "links.cloud_controller_v2",  # version 2 is retired
    "status.canary",
    "links.cancel",  # while there is something to cancel
    "links.continue",  # canary deployments only
    "links.organization",  # of private domains, and by mistake of a space's usage
    "links.shared_organizations",
    "links.space",
    "links.parameters",  # of managed services
    "last_operation.description",
    "last_operation.type",  # an empty object in the example
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One answer of every kind."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    try:
        yield _answers(cloud)
    finally:
        cloud.close()


def _answers(cloud: Cloud) -> dict[str, Any]:
    app = cloud.push("shop", greeter("hello"))
    droplet = cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]
    deployment = cloud.deploy(app, droplet)
    cloud.finished(deployment)
    space = cloud.space
    organization = cloud.server.organization("acme").guid
    task = cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "true"})["guid"]
    route = cloud.call("GET", "/v3/routes")["resources"][0]["guid"]
    process = cloud.call("GET", f"/v3/apps/{app}/processes/web")["guid"]
    service = cloud.call(
        "POST",
        "/v3/service_instances",
        {
            "type": "user-provided",
            "name": "logs",
            "syslog_drain_url": "http://logs.example",
            "relationships": {"space": {"data": {"guid": space}}},
        },
    )["guid"]
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": service}}}
    said = {"type": "app", "relationships": related}
    binding = cloud.call("POST", "/v3/service_credential_bindings", said)["guid"]
    job = cloud.delete(f"/v3/apps/{cloud.app('gone')}")
    cloud.job_done(job)
    paths = {
        "apps single_app": f"/v3/apps/{app}",
        "apps app_current_droplet_relationship": f"/v3/apps/{app}/relationships/current_droplet",
        "builds single_staged_build": "/v3/builds[]",
        "deployments single_deployment": f"/v3/deployments/{deployment}",
        "processes single_process": f"/v3/processes/{process}",
        "processes list_of_process_stats": f"/v3/processes/{process}/stats",
        "processes process_instances": f"/v3/processes/{process}/process_instances",
        "packages single_bits_package": "/v3/packages[]",
        "droplets single_staged_buildpack_droplet": f"/v3/droplets/{droplet}",
        "routes single_route": f"/v3/routes/{route}",
        "routes list_of_route_destinations": f"/v3/routes/{route}/destinations",
        "organizations organization": f"/v3/organizations/{organization}",
        "organizations organization_usage_summary": f"/v3/organizations/{organization}/usage_summary",
        "organizations paginated_list_of_organizations": "/v3/organizations",
        "spaces space": f"/v3/spaces/{space}",
        "spaces space_usage_summary": f"/v3/spaces/{space}/usage_summary",
        "tasks single_task": f"/v3/tasks/{task}",
        "jobs single_complete_job": job,
        "audit_events single_audit_event": "/v3/audit_events[]",
        "service_instances single_user_provided_service_instance": f"/v3/service_instances/{service}",
        "service_credential_bindings single_service_credential_binding_app": (
            f"/v3/service_credential_bindings/{binding}"
        ),
        "service_credential_bindings single_service_credential_binding_details": (
            f"/v3/service_credential_bindings/{binding}/details"
        ),
        "users single_user": "/v3/users[]",
        "roles single_role": "/v3/roles[]",
        "stacks single_stack": "/v3/stacks[]",
        "buildpacks single_buildpack": "/v3/buildpacks[]",
        "feature_flags single_feature_flag": "/v3/feature_flags/task_creation",
        "domains single_domain": "/v3/domains[]",
        "app_features paginated_list_of_app_features": f"/v3/apps/{app}/features",
        "info populated_info": "/v3/info",
        "root v3_root": "/v3",
        "root global_root": "/",
    }
    return {name: _answer(cloud, path) for name, path in paths.items()}


def _answer(cloud: Cloud, path: str) -> Any:
    if path.endswith("[]"):
        return cloud.call("GET", path.removesuffix("[]"))["resources"][0]
    return cloud.call("GET", path)


NAMES = [f"{group} {name}" for group, examples in EXAMPLES.items() for name in examples]
UNASKED = {"routes matching_route", "jobs single_non_complete_job"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNASKED])
def test_an_answer_has_the_documented_shape(answers: dict[str, Any], name: str) -> None:
    group, example = name.split()

    assert list(differences(answers[name], EXAMPLES[group][example])) == []


def differences(ours: Any, documented: Any, path: str = "") -> Iterator[str]:
    """Where an answer departs from the example: missing and added keys, and other types."""
    if ours is None or documented is None:
        return
    if isinstance(documented, dict):
        if not isinstance(ours, dict):
            yield f"{path} is {ours!r}"
        elif path.rpartition(".")[2] not in FREE and documented:
            yield from _differing_keys(ours, documented, path)
    elif isinstance(documented, list):
        if not isinstance(ours, list):
            yield f"{path} is {ours!r}"
        elif ours and documented:
            yield from differences(ours[0], documented[0], f"{path}[]")
    elif not _same_type(ours, documented):
        yield f"{path} is {ours!r}, documented {documented!r}"


def _differing_keys(ours: dict[str, Any], documented: dict[str, Any], path: str) -> Iterator[str]:
    for key in sorted(ours.keys() | documented.keys()):
        inside = f"{path}.{key}".lstrip(".")
        if inside in EITHER_WAY:
            continue
        if key in ours and key in documented:
            yield from differences(ours[key], documented[key], inside)
        else:
            yield f"{inside} is {'missing' if key in documented else 'not documented'}"


def _same_type(ours: Any, documented: Any) -> bool:
    numbers = isinstance(ours, int | float) and isinstance(documented, int | float)
    return type(ours) is type(documented) or (numbers and not isinstance(ours, bool))
