"""The marketplace, and the life of a managed service instance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.sandbox.cloudfoundry.cloud import JSON, Cloud, Refused

INSTANCE_FIELDS = "&".join(
    (
        "fields[space]=guid,name,relationships.organization",
        "fields[space.organization]=guid,name",
        "fields[service_plan]=guid,name,relationships.service_offering",
        "fields[service_plan.service_offering]=guid,name,tags,relationships.service_broker",
        "fields[service_plan.service_offering.service_broker]=guid,name",
    )
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for all, since the names of instances keep the stories apart; Redis is the quick offering."""
    running = Cloud(tmp_path_factory.mktemp("cloud"), job_delay=0.01)
    running.server.add_user("root", "root", roles={"*": "admin"})
    yield running
    running.close()


def test_plans_are_listed_with_offering_and_broker_as_cf_marketplace_asks(shared: Cloud) -> None:
    query = "include=service_offering&fields[service_offering.service_broker]=name,guid"
    listed = shared.call("GET", f"/v3/service_plans?available=true&per_page=5000&{query}")

    names = [plan["name"] for plan in listed["resources"]]
    assert names == [
        *("micro-psql", "small-psql", "small-psql-redundant"),
        *("redis-dev", "redis-3node"),
        *("space-deployer", "space-auditor"),
    ]
    offerings = listed["included"]["service_offerings"]
    assert [one["name"] for one in offerings] == [
        "aws-rds",
        "aws-elasticache-redis",
        "cloud-gov-service-account",
    ]
    broker, _ = listed["included"]["service_brokers"]
    assert broker == {
        "name": "aws-broker",
        "guid": offerings[0]["relationships"]["service_broker"]["data"]["guid"],
    }

    wanted = "names=redis-dev&service_offering_names=aws-elasticache-redis&service_broker_names=aws-broker"
    (plan,) = shared.call("GET", f"/v3/service_plans?{wanted}&space_guids={shared.space}")["resources"]
    assert (plan["free"], plan["visibility_type"]) == (True, "public")
    assert shared.call("GET", f"/v3/service_plans/{plan['guid']}/visibility") == {"type": "public"}
    offering = shared.client.v3.service_offerings.get(
        plan["relationships"]["service_offering"]["data"]["guid"]
    )
    assert offering["broker_catalog"]["features"]["bindable"] is True
    assert shared.call("GET", "/v3/service_brokers")["resources"] == []
    root = shared.login("root", "root")
    assert [one["name"] for one in shared.call("GET", "/v3/service_brokers", client=root)["resources"]] == [
        "aws-broker",
        "uaa-credentials-broker",
    ]


def test_fields_that_there_are_not_are_refused(shared: Cloud) -> None:
    for query, detail in (
        (
            "fields[space]=color",
            "Fields valid keys for 'space' are: 'guid', 'name', 'relationships.organization'",
        ),
        (
            "fields[app]=name",
            "Fields [app] valid resources are: 'space', 'space.organization', 'service_plan'",
        ),
    ):
        with pytest.raises(Refused) as refused:
            shared.call("GET", f"/v3/service_instances?{query}")
        assert (refused.value.status, refused.value.code) == (400, 10005)
        assert detail in refused.value.detail


def test_a_slow_creation_polls_and_refuses_what_must_wait(shared: Cloud) -> None:
    job = shared.provision("slow", "redis-dev", tags=["mine"], parameters={"sandbox": {"seconds": 60}})
    polling = shared.until(job, lambda it: it["state"] == "POLLING")
    slow = shared.instance("slow")
    guid, path = slow["guid"], f"/v3/service_instances/{slow['guid']}"

    assert polling["operation"] == "service_instance.create"
    assert polling["links"]["service_instances"]["href"].endswith(guid)
    assert slow["last_operation"]["state"] == "in progress"
    for ask, status, code, detail in (
        (
            lambda: shared.bind(guid, shared.app("waits")),
            422,
            10008,
            "There is an operation in progress for the service instance.",
        ),
        (
            lambda: shared.bind(guid, name="k"),
            422,
            10008,
            "There is an operation in progress for the service instance.",
        ),
        (
            lambda: shared.call("PATCH", path, {"tags": []}),
            409,
            60016,
            "An operation for service instance slow is in progress.",
        ),
        (
            lambda: shared.call("GET", f"{path}/parameters"),
            409,
            60016,
            "An operation for service instance slow is in progress.",
        ),
        (
            lambda: shared.provision("slow", "redis-dev"),
            422,
            10008,
            "The service instance name is taken: slow.",
        ),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert (refused.value.status, refused.value.code, refused.value.detail) == (status, code, detail)
    labelled = shared.call("PATCH", path, {"metadata": {"labels": {"pr": "1"}}})
    assert labelled["metadata"]["labels"] == {"pr": "1"}

    gone = shared.job_done(shared.delete(path))

    assert (gone["operation"], gone["state"]) == ("service_instance.delete", "COMPLETE")
    assert shared.call("GET", "/v3/service_instances?names=slow")["resources"] == []


def test_a_creation_that_fails_shows_the_brokers_words_and_is_replaced(shared: Cloud) -> None:
    words = "There is no capacity in this region"
    failed = shared.job_done(
        shared.provision("poor", "redis-dev", parameters={"sandbox": {"failure": words}})
    )

    detail = f"provision could not be completed: {words}"
    assert failed["errors"] == [{"code": 10009, "title": "CF-UnableToPerform", "detail": detail}]
    poor = shared.instance("poor")
    assert (poor["last_operation"]["type"], poor["last_operation"]["state"]) == ("create", "failed")
    assert poor["last_operation"]["description"] == words
    with pytest.raises(Refused) as refused:
        shared.bind(poor["guid"], name="k")
    assert (refused.value.status, refused.value.code) == (404, 10010)
    with pytest.raises(Refused, match="services limit"), quota(shared, service_instances=0):
        shared.provision("poor", "redis-dev")

    assert shared.managed("poor", "redis-dev") != poor["guid"]
    assert len(shared.call("GET", "/v3/service_instances?names=poor")["resources"]) == 1


@contextmanager
def quota(cloud: Cloud, **limits: Any) -> Iterator[None]:
    """The organization's quota with other limits, for a while."""
    row = cloud.server.organization("acme").quota
    before = {name: getattr(row, name) for name in limits}
    vars(row).update(limits)
    try:
        yield
    finally:
        vars(row).update(before)


def test_what_the_quota_does_not_allow_is_refused_in_the_platforms_words(shared: Cloud) -> None:
    with pytest.raises(Refused) as refused, quota(shared, service_instances=0):
        shared.provision("more", "redis-dev")
    assert (refused.value.status, refused.value.code) == (422, 10008)
    assert refused.value.detail == "You have exceeded your organization's services limit."
    with pytest.raises(Refused) as refused, quota(shared, paid_services_allowed=False):
        shared.provision("dear", "redis-3node")
    assert (
        refused.value.detail
        == "The service instance cannot be created because paid service plans are not allowed."
    )


def test_an_instance_is_updated_by_its_broker_where_that_has_a_say(shared: Cloud) -> None:
    instances, jobs = shared.client.v3.service_instances, shared.client.v3.jobs
    made = instances.create("changing", shared.space, shared.plan("redis-dev"), parameters={"engine": "7.0"})
    assert jobs.wait_for_job_completion(made.job()["guid"], step=0.01)["state"] == "COMPLETE"
    guid = instances.get_first(names="changing", service_plan_names="redis-dev")["guid"]
    path = f"/v3/service_instances/{guid}"

    renamed = instances.update(guid, name="changed", tags=["a"])
    assert (renamed["name"], renamed["tags"], renamed["last_operation"]["type"]) == (
        "changed",
        ["a"],
        "update",
    )

    bigger = {"service_plan": {"data": {"guid": shared.plan("redis-3node")}}}
    job = shared.job(shared.call("PATCH", path, {"relationships": bigger, "parameters": {"shards": 2}}))
    assert shared.job_done(job)["operation"] == "service_instance.update"
    assert shared.call("GET", f"{path}/parameters") == {"engine": "7.0", "shards": 2}

    shown = shared.call("GET", f"/v3/service_instances?names=changed&{INSTANCE_FIELDS}")
    included = shown["included"]
    assert [one["name"] for one in included["service_plans"]] == ["redis-3node"]
    assert included["service_plans"][0].keys() == {"guid", "name", "relationships"}
    assert included["service_offerings"][0]["tags"] == ["redis", "Elasticache", "AWS"]
    assert [included[kind][0]["name"] for kind in ("service_brokers", "spaces", "organizations")] == [
        "aws-broker",
        "review",
        "acme",
    ]

    other = {"relationships": {"service_plan": {"data": {"guid": shared.plan("micro-psql")}}}}
    with pytest.raises(Refused) as refused:
        shared.call("PATCH", path, other)
    assert (refused.value.status, refused.value.code) == (400, 1002)
    failing = {"parameters": {"sandbox": {"failure": "Nodes cannot be removed"}}}
    assert shared.job_done(shared.job(shared.call("PATCH", path, failing)))["state"] == "FAILED"
    assert shared.call("GET", path)["last_operation"]["description"] == "Nodes cannot be removed"


def test_a_deletion_that_fails_leaves_the_instance_and_may_be_tried_again(shared: Cloud) -> None:
    how = {"sandbox": {"delete": {"failure": "A snapshot is being taken"}}}
    guid = shared.managed("stubborn", "redis-dev", parameters=how)
    path = f"/v3/service_instances/{guid}"

    failed = shared.job_done(shared.delete(path))

    assert failed["errors"][0]["detail"] == "delete could not be completed: A snapshot is being taken"
    assert shared.call("GET", path)["last_operation"]["state"] == "failed"
    with pytest.raises(Refused) as refused:
        shared.call("DELETE", f"{path}?purge=true")
    assert (refused.value.status, refused.value.code) == (403, 10003)
    purged = shared.call("DELETE", f"{path}?purge=true", client=shared.login("root", "root"))
    assert purged.status_code == 204


def test_keys_and_bindings_of_a_broker_are_made_by_jobs_and_go_with_their_instance(shared: Cloud) -> None:
    guid, app = shared.managed("bound", "redis-dev"), shared.app("binder")
    done = shared.job_done(shared.job(shared.bind(guid, app, parameters={"role": "reader"})))
    assert (done["operation"], done["state"]) == ("service_bindings.create", "COMPLETE")
    binding = done["links"]["service_credential_binding"]["href"].removeprefix(shared.server.api_url)
    assert shared.call("GET", f"{binding}/parameters") == {"role": "reader"}
    with pytest.raises(Refused, match="The app is already bound to the service instance"):
        shared.bind(guid, app)
    credentials = shared.key(guid)
    with pytest.raises(Refused, match="Key binding names must be unique"):
        shared.bind(guid, name="key")
    with pytest.raises(Refused, match="limit for service binding of type key"), quota(shared, service_keys=1):
        shared.bind(guid, name="another")
    failed = shared.job(shared.bind(guid, name="bad", parameters={"sandbox": {"failure": "no"}}))
    assert shared.job_done(failed)["errors"][0]["detail"] == "bind could not be completed: no"
    assert "bad" in [
        one["name"]
        for one in shared.call("GET", f"/v3/service_credential_bindings?service_instance_guids={guid}")[
            "resources"
        ]
    ]
    assert (
        shared.call("GET", f"/v3/apps/{app}/env")["system_env_json"]["VCAP_SERVICES"][
            "aws-elasticache-redis"
        ][0]["credentials"]
        == credentials
    )

    assert shared.job_done(shared.delete(binding))["operation"] == "service_bindings.delete"
    shared.job_done(shared.job(shared.bind(guid, app)))
    assert shared.job_done(shared.delete(f"/v3/service_instances/{guid}"))["state"] == "COMPLETE"
    assert shared.call("GET", f"/v3/service_credential_bindings?app_guids={app}")["resources"] == []


def test_a_manifest_binds_instances_of_a_broker_at_once_and_says_what_is_not_ready(shared: Cloud) -> None:
    shared.managed("ready", "redis-dev")
    manifest = (
        "applications: [{name: bound-by-manifest, services: [{name: NAME, parameters: {role: reader}}]}]"
    )
    path = f"/v3/spaces/{shared.space}/actions/apply_manifest"
    yaml = {"Content-Type": "application/x-yaml"}

    def applied(name: str) -> JSON:
        answer = shared.call("POST", path, data=manifest.replace("NAME", name), headers=yaml)
        return shared.job_done(shared.job(answer))

    assert applied("ready")["state"] == "COMPLETE"
    app = shared.call("GET", "/v3/apps?names=bound-by-manifest")["resources"][0]["guid"]
    (binding,) = shared.call("GET", f"/v3/service_credential_bindings?app_guids={app}")["resources"]
    assert binding["last_operation"]["state"] == "succeeded"
    parameters = f"/v3/service_credential_bindings/{binding['guid']}/parameters"
    assert shared.call("GET", parameters) == {"role": "reader"}

    shared.provision("unready", "redis-dev", parameters={"sandbox": {"seconds": 60}})
    (error,) = applied("unready")["errors"]
    assert error["detail"].endswith("There is an operation in progress for the service instance.")


def test_what_only_one_kind_of_instance_has_is_refused_to_the_other(shared: Cloud) -> None:
    mine = shared.user_provided("mine", credentials={"a": "b"})
    managed = shared.managed("theirs", "redis-dev")
    app = shared.app("both")
    for ask, status, code, detail in (
        (lambda: shared.user_provided("x", parameters={}), 422, 10008, "Unknown field(s): 'parameters'"),
        (lambda: shared.provision("x", credentials={}), 422, 10008, "Unknown field(s): 'credentials'"),
        (
            lambda: shared.call("POST", "/v3/service_instances", {"type": "rented"}),
            422,
            10008,
            "Type must be one of 'managed', 'user-provided'",
        ),
        (
            lambda: shared.bind(mine, app, parameters={}),
            422,
            10008,
            "Binding parameters are not supported for user-provided service instances",
        ),
        (
            lambda: shared.bind(mine, name="k"),
            422,
            10008,
            "Service credential bindings of type 'key' are not supported for user-provided service instances.",
        ),
        (
            lambda: shared.call("GET", f"/v3/service_instances/{managed}/credentials"),
            404,
            10010,
            "Service instance not found",
        ),
        (
            lambda: shared.call("GET", f"/v3/service_instances/{mine}/parameters"),
            400,
            120004,
            "This service does not support fetching service instance parameters.",
        ),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert (refused.value.status, refused.value.code, refused.value.detail) == (status, code, detail)
    assert shared.call("GET", f"/v3/service_instances/{managed}/relationships/shared_spaces")["data"] == []
    assert shared.call("GET", f"/v3/service_instances/{managed}/permissions") == {
        "manage": True,
        "read": True,
    }
