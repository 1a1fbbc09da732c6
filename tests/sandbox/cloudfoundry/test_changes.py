"""Changes and deletions, kind by kind, in one cloud that has something of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter

KINDS = (
    *("apps", "builds", "deployments", "droplets", "packages", "processes", "routes", "tasks"),
    *("service_credential_bindings", "service_instances"),
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An app that was deployed twice, with a route, a service and a task."""
    cloud = Cloud(tmp_path_factory.mktemp("full"))
    app = cloud.push("shop", greeter("hello"))
    cloud.finished(cloud.deploy(app, cloud.droplet(app, greeter("hello again"))))
    cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "sleep 60"})
    bound(cloud, app)
    yield cloud
    cloud.close()


def bound(cloud: Cloud, app: str) -> tuple[str, str]:
    """The guids of a new service instance, and of its binding to ``app``."""
    space = {"space": {"data": {"guid": cloud.space}}}
    said = {"type": "user-provided", "name": f"logs-of-{app}", "relationships": space}
    instance = str(cloud.call("POST", "/v3/service_instances", said)["guid"])
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": instance}}}
    asked = {"type": "app", "relationships": related}
    return instance, str(cloud.call("POST", "/v3/service_credential_bindings", asked)["guid"])


def first(cloud: Cloud, kind: str) -> str:
    return str(cloud.call("GET", f"/v3/{kind}")["resources"][0]["guid"])


def gone(cloud: Cloud, path: str) -> bool:
    with pytest.raises(Refused) as refused:
        cloud.call("GET", path)
    return (refused.value.status, refused.value.code) == (404, 10010)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_merged_and_stay(full: Cloud, kind: str) -> None:
    path = f"/v3/{kind}/{first(full, kind)}"

    full.call("PATCH", path, {"metadata": {"labels": {"colour": "red"}, "annotations": {"why": "because"}}})
    told = full.call("PATCH", path, {"metadata": {"labels": {"size": "L"}}})

    assert told["metadata"] == {"labels": {"colour": "red", "size": "L"}, "annotations": {"why": "because"}}
    assert full.call("GET", path)["metadata"] == told["metadata"]
    assert full.call("GET", f"/v3/{kind}?label_selector=size=L")["pagination"]["total_results"] == 1
    full.call("PATCH", path, {"metadata": {"labels": {"colour": None, "size": None}}})


def test_a_process_is_scaled_and_its_instances_are_replaced_one_by_one(full: Cloud) -> None:
    app = first(full, "apps")
    process = full.call("GET", f"/v3/apps/{app}/processes/web")["guid"]
    assert full.call("POST", f"/v3/processes/{process}/actions/scale", {"instances": 2})["instances"] == 2
    for path in (f"/v3/processes/{process}", f"/v3/apps/{app}/processes/web"):
        before = [one["instance_guid"] for one in full.running(app)["resources"]]

        assert full.call("DELETE", f"{path}/instances/1").status_code == 204

        after = [one.get("instance_guid") for one in full.running(app)["resources"]]
        assert after[0] == before[0]
        assert after[1] != before[1]
    with pytest.raises(Refused, match="Instance not found"):
        full.call("DELETE", f"/v3/processes/{process}/instances/7")


def test_a_package_and_a_droplet_are_deleted_but_not_the_droplet_in_use(full: Cloud) -> None:
    app = first(full, "apps")
    package = full.package(app, greeter("unused"))
    built = full.build(package)["droplet"]["guid"]
    current = full.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]

    for path in (f"/v3/packages/{package}", f"/v3/droplets/{built}"):
        assert full.job_done(full.delete(path))["state"] == "COMPLETE"
        assert gone(full, path)
    with pytest.raises(Refused, match="The droplet is currently used and cannot be deleted"):
        full.call("DELETE", f"/v3/droplets/{current}")


def test_a_binding_is_deleted_alone_and_an_instance_with_its_bindings(full: Cloud) -> None:
    app = full.app("bound")
    instance, binding = bound(full, app)
    full.call("PATCH", f"/v3/service_instances/{instance}", {"name": "renamed", "credentials": {"key": "k"}})
    assert full.call("GET", f"/v3/service_instances/{instance}")["name"] == "renamed"
    assert full.call("GET", f"/v3/service_instances/{instance}/credentials") == {"key": "k"}

    assert full.call("DELETE", f"/v3/service_credential_bindings/{binding}").status_code == 204
    assert gone(full, f"/v3/service_credential_bindings/{binding}")
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": instance}}}
    again = full.call("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": related})[
        "guid"
    ]
    assert full.call("DELETE", f"/v3/service_instances/{instance}").status_code == 204
    assert gone(full, f"/v3/service_instances/{instance}")
    assert gone(full, f"/v3/service_credential_bindings/{again}")


def test_a_task_is_cancelled_by_either_way(full: Cloud) -> None:
    app = first(full, "apps")
    for method, path in (("PUT", "cancel"), ("POST", "actions/cancel")):
        task = full.call("POST", f"/v3/apps/{app}/tasks", {"command": "sleep 60"})["guid"]
        full.until(f"/v3/tasks/{task}", lambda it: it["state"] == "RUNNING")

        assert full.call(method, f"/v3/tasks/{task}/{path}")["state"] == "CANCELING"

        assert full.until(f"/v3/tasks/{task}", lambda it: it["state"] != "CANCELING")["state"] == "FAILED"


def test_spaces_are_made_and_renamed_by_the_managers_of_their_organization_only(full: Cloud) -> None:
    full.server.add_user("manager", "secret", roles={"acme": "organization_manager"})
    organization = {"organization": {"data": {"guid": full.server.organization("acme").guid}}}
    said = {"name": "new", "relationships": organization}
    with pytest.raises(Refused) as refused:
        full.call("POST", "/v3/spaces", said)
    assert (refused.value.status, refused.value.code) == (403, 10003)

    manager = full.login("manager", "secret")
    space = full.call("POST", "/v3/spaces", said, client=manager)["guid"]

    assert full.call("PATCH", f"/v3/spaces/{space}", {"name": "newer"}, client=manager)["name"] == "newer"
    with pytest.raises(Refused) as refused:
        full.call("POST", "/v3/spaces", {**said, "name": "newer"}, client=manager)
    assert refused.value.code == 10016


def test_what_is_only_remembered_is_remembered(full: Cloud) -> None:
    app = first(full, "apps")
    assert full.call("PATCH", f"/v3/apps/{app}/features/ssh", {"enabled": True})["enabled"] is True
    assert full.call("GET", f"/v3/apps/{app}/features/ssh")["enabled"] is True
    assert full.call("POST", f"/v3/apps/{app}/actions/clear_buildpack_cache")["guid"] == app


def test_a_revision_is_labelled(full: Cloud) -> None:
    app = first(full, "apps")
    revision = full.call("GET", f"/v3/apps/{app}/revisions")["resources"][0]["guid"]

    told = full.call("PATCH", f"/v3/revisions/{revision}", {"metadata": {"labels": {"colour": "red"}}})

    assert told["metadata"]["labels"] == {"colour": "red"}


def test_ssh_into_a_space_is_for_its_managers_to_allow(full: Cloud) -> None:
    full.server.add_user("boss", "secret", roles={"acme": "organization_manager"})
    path = f"/v3/spaces/{full.space}/features/ssh"
    with pytest.raises(Refused) as refused:
        full.call("PATCH", path, {"enabled": True})
    assert (refused.value.status, refused.value.code) == (403, 10003)

    full.call("PATCH", path, {"enabled": True}, client=full.login("boss", "secret"))

    assert full.call("GET", path)["enabled"] is True


def test_every_file_is_to_be_uploaded(full: Cloud) -> None:
    file = {"path": "big.bin", "mode": "644", "checksum": {"value": "a" * 40}, "size_in_bytes": 70_000}
    assert full.call("POST", "/v3/resource_matches", {"resources": [file]}) == {"resources": []}


def test_a_manifest_is_compared_with_what_is_there(full: Cloud) -> None:
    manifest = "applications:\n- name: shop\n- name: other\n"
    path, kind = f"/v3/spaces/{full.space}/manifest_diff", {"Content-Type": "application/x-yaml"}

    diff = full.call("POST", path, data=manifest, headers=kind)["diff"]

    assert {"op": "add", "path": "/applications/1/name", "value": "other"} in diff


def test_a_session_that_is_not_there_is_ended_already(full: Cloud) -> None:
    assert full.call("DELETE", "/oauth/token/revoke/any") == {}


def test_a_service_instance_is_not_shared_while_that_is_switched_off(full: Cloud) -> None:
    path = f"/v3/service_instances/{first(full, 'service_instances')}/relationships/shared_spaces"

    with pytest.raises(Refused) as refused:
        full.call("POST", path, {"data": [{"guid": full.server.space("production").guid}]})

    assert (refused.value.status, refused.value.code) == (403, 330002)
    assert full.call("GET", path)["data"] == []
