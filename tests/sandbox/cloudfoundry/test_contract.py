"""The schemas themselves: they take all that Cloud Foundry documents, and notice what is not as it should be."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewapps.sandbox.replies import Reply
from tests.contract.cloudfoundry import FOLDER, PAGE, mistakes, operations, schemas, wrongs

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "cloudfoundry-examples.json").read_text()
)
DOCUMENTED = [(group, name) for group, examples in EXAMPLES.items() for name in examples]
KINDS = {"info": "info", "processes": "process", "resource_matches": "resource_matches"}
PARTS = {
    "app_current_droplet_relationship": "current_droplet",
    "default_isolation_segment_relationship": "relationship",
    "empty_info": "info",
    "global_root": "root",
    "health_check": "health_check",
    "info_usage_summary": "space_usage",
    "list_of_process_stats": "stats",
    "list_of_route_destinations": "destinations",
    "managed_service_instance_parameters": "parameters",
    "matching_route": "matching_route",
    "organization_usage_summary": "organization_usage",
    "paginated_list_of_app_features": "page of feature",
    "paginated_list_of_droplets": "page of listed_droplet",
    "paginated_list_of_processes": "page of listed_process",
    "paginated_list_of_tasks": "page of listed_task",
    "process_instances": "process_instances",
    "process_stats": "stat",
    "readiness_health_check": "readiness_health_check",
    "route_options": "route_options",
    "service_instance_permissions": "service_instance_permissions",
    "service_instance_shared_space_relationships": "shared_spaces",
    "shared_orgs": "to_many",
    "shared_spaces_usage_summary": "shared_spaces_usage",
    "single_app_feature": "feature",
    "single_destination": "destination",
    "single_process_instance": "process_instance",
    "single_service_credential_binding_details": "binding_details",
    "space_isolation_segment_relationship": "relationship",
    "space_usage_summary": "space_usage",
    "user_provided_service_instance_credentials": "credentials",
    "v3_root": "v3_root",
}
"""The examples that are not a resource of their group, or a list of such."""


def kind(group: str, name: str) -> str:
    """What the schema of an example is called."""
    if name in PARTS:
        return PARTS[name]
    resource = KINDS.get(group, group.removesuffix("s"))
    return PAGE + resource if name.startswith("paginated_list_of_") else resource


@pytest.mark.parametrize(("group", "name"), DOCUMENTED)
def test_what_is_documented_is_taken(group: str, name: str) -> None:
    assert wrongs(kind(group, name), EXAMPLES[group][name]) == []


def test_no_two_schemas_have_one_name() -> None:
    names = re.findall(r"^(\w+):", "".join(path.read_text() for path in FOLDER.glob("*.yml")), re.MULTILINE)

    assert sorted(names) == sorted(schemas())


def test_all_documented_examples_are_here_and_whole() -> None:
    assert len(DOCUMENTED) == 95
    text = json.dumps(EXAMPLES)
    assert [junk for junk in ("<%", "%>", '"X"', "orgX", "/X/") if junk in text] == []


# --- what is not as documented is noticed, wherever it is ---

SINGLE = [one for one in DOCUMENTED if not one[1].startswith("paginated_list_of_")]
OPEN = {"labels", "annotations", "credentials", "parameters", "custom", "process_types", "processes",
        "audit_event.data", "broker_catalog.metadata", "broker_provided_metadata", "volume_mounts"}  # fmt: skip
"""Where anything may be said, by the end of a place."""


def test_a_member_that_is_not_documented_is_noticed() -> None:
    found = unnoticed(lambda name, value: {**value, "x": {}} if isinstance(value, dict) else value)

    assert {place for place in found if not is_open(place)} == set()


def test_a_missing_member_is_noticed_except_those_that_come_and_go() -> None:
    names = {name for group, one in SINGLE for name in EXAMPLES[group][one]}
    missing = {
        f"{kind(group, one)}.{name}"
        for name in names
        for group, one in SINGLE
        if name in EXAMPLES[group][one] and not wrongs(kind(group, one), without(EXAMPLES[group][one], name))
    }

    assert {place for place in missing if not is_open(place.rpartition(".")[0])} == {
        "binding_details.syslog_drain_url",
        "binding_details.volume_mounts",
        "process.process_instances",
        "route.port",
        "route_options.loadbalancing",
        "service_instance.broker_provided_metadata",
    }


def test_a_number_that_is_not_whole_is_noticed_even_if_nothing_follows_the_point() -> None:
    found = unnoticed(lambda name, value: float(value) if type(value) is int else value)

    assert found == {"stats.resources.usage.cpu", "stats.resources.usage.cpu_entitlement"}


def test_another_type_is_noticed() -> None:
    found = unnoticed(lambda name, value: 5 if isinstance(value, str | bool | list) else value)

    assert {place for place in found if not is_open(place)} == set()


@pytest.mark.parametrize(
    "time", ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01", 0]
)
def test_a_time_that_is_none_is_noticed(time: object) -> None:
    assert unnoticed(lambda name, value: time if name.endswith("_at") and value else value) == set()


def test_a_state_that_there_is_not_is_noticed() -> None:
    states = ("state", "reason", "strategy", "visibility_type", "op", "origin")
    found = unnoticed(lambda name, value: "GONE" if name in states and isinstance(value, str) else value)

    assert {place for place in found if not place.startswith("user.")} == set()


def is_open(place: str) -> bool:
    """Whether it is within something in which anything may be said."""
    return any(f".{name}." in f".{place}." for name in OPEN)


def unnoticed(change: Callable[[str, Any], Any]) -> set[str]:
    """The places of documented resources where a changed value is taken. ``change`` is told a member's name and
    value, and gives another, or the same where it has nothing to change."""
    found = set()
    for group, name in SINGLE:
        whole, called = EXAMPLES[group][name], kind(group, name)
        for path, value in places(whole, ()):
            other = change(str(path[-1]) if path else "", value)
            if other is not value and not wrongs(called, put(whole, path, other)):
                found.add(".".join([called, *(step for step in path if isinstance(step, str))]))
    return found


def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value within ``value``, and where it is."""
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def put(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    """``whole`` with ``value`` at ``path``."""
    if not path:
        return value
    other = copy.copy(whole)
    other[path[0]] = put(whole[path[0]], path[1:], value)
    return other


def without(whole: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key != name}


# --- what surrounds the resources ---


def reply(method: str, template: str, status: int, body: object = None, location: str = "") -> Reply:
    text = b"" if body is None else json.dumps(body).encode()
    return Reply("cloudfoundry", method, template, status, text, location=location)


def test_unknown_operations_and_statuses_and_answers_without_a_job_are_noticed() -> None:
    assert mistakes(reply("GET", "/v3/made_up", 200, {}))
    assert mistakes(reply("GET", "/v3/jobs/{guid}", 202, EXAMPLES["jobs"]["single_complete_job"]))
    assert mistakes(reply("DELETE", "/v3/apps/{guid}", 202))
    assert mistakes(reply("DELETE", "/v3/apps/{guid}", 202, {}, "http://localhost/v3/jobs/1"))
    assert not mistakes(reply("DELETE", "/v3/apps/{guid}", 202, location="http://localhost/v3/jobs/1"))


def test_a_failure_of_the_sandbox_is_a_mistake_however_well_it_is_worded() -> None:
    failure = {
        "errors": [{"code": 10001, "title": "CF-UnknownError", "detail": "An unknown error occurred."}]
    }

    assert mistakes(reply("GET", "/v3/apps", 500, failure)) == ["the sandbox failed"]
    assert not mistakes(reply("GET", "/v3/apps", 502, failure))


def test_what_says_that_it_is_no_json_is_noticed_unless_it_comes_from_what_stands_before() -> None:
    def page(status: int) -> list[str]:
        return mistakes(Reply("cloudfoundry", "GET", "/v3/apps", status, b"<p>", "text/html"))

    assert page(200) == page(404) == ["is text/html, and not JSON"]
    assert page(202) == page(414) == []


def test_a_page_is_checked_resource_by_resource_and_with_what_it_includes() -> None:
    page = EXAMPLES["spaces"]["paginated_list_of_spaces"]
    assert not mistakes(reply("GET", "/v3/spaces", 200, page))
    odd = {**page, "resources": [{**page["resources"][0], "suspended": "no"}]}
    assert mistakes(reply("GET", "/v3/spaces", 200, odd)) == [
        "resources[].suspended: 'no' is not of type 'boolean'"
    ]
    included = {"organizations": [EXAMPLES["organizations"]["organization"]]}
    assert not mistakes(reply("GET", "/v3/spaces", 200, {**page, "included": included}))
    assert mistakes(reply("GET", "/v3/spaces", 200, {**page, "included": {"organizations": [{"guid": 1}]}}))
    assert mistakes(reply("GET", "/v3/spaces", 200, {"resources": []}))


@pytest.mark.parametrize(
    ("template", "refusal"),
    [
        ("", {"errors": [{"code": 10000, "title": "CF-NotFound", "detail": "Unknown request"}]}),
        ("/oauth/token", {"error": "unauthorized", "error_description": "Bad credentials"}),
        ("/api/v1/read/{guid}", {"code": 3, "message": "limit is no number", "details": []}),
    ],
)
def test_each_of_the_servers_has_refusals_of_its_own(template: str, refusal: dict[str, Any]) -> None:
    assert not mistakes(reply("GET", template, 400, refusal))
    assert mistakes(reply("GET", template, 400, {**refusal, "more": 1}))
    assert mistakes(reply("GET", template, 400, {}))
    assert mistakes(reply("GET", "/api/v1/read/{guid}", 404, refusal))


def test_the_client_of_log_cache_would_stumble_over_an_unknown_field_or_a_number_for_a_time() -> None:
    log = {"payload": "aGVsbG8=", "type": "OUT"}
    envelope = {
        "timestamp": "1",
        "source_id": "a",
        "instance_id": "0",
        "deprecated_tags": {},
        "tags": {},
        "log": log,
    }

    def told(**more: object) -> list[str]:
        return wrongs("envelopes", {"envelopes": {"batch": [{**envelope, **more}]}})

    assert told() == []
    assert told(colour="red")
    assert told(timestamp=1)
    assert told(log={**log, "type": "LOUD"})


def test_every_operation_is_described_by_a_schema_and_every_schema_is_of_use() -> None:
    words = {"nothing", "a job", "a file"}
    named = {
        name.removeprefix(PAGE)
        for methods in operations().values()
        for statuses in methods.values()
        for name in statuses.values()
    } - words

    assert named <= schemas().keys()
    always = {"page", "included", "errors", "uaa_error", "log_cache_error"}
    assert schemas().keys() - referred(named | always) == set()


def referred(names: set[str]) -> set[str]:
    """The schemas of these names, and all that they refer to."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(re.findall(r"'\$ref': '(\w+)'", str(schemas()[name]))) - found
    return found
