"""From source to an app that answers, and the ways in which that goes wrong."""

from __future__ import annotations

import base64

import pytest

from reviewapps.sandbox.cloudfoundry.state import Droplet
from tests.sandbox.cloudfoundry.cloud import CRASHER, UNDETECTED, Cloud, Refused, greeter, zipped


def test_a_first_push_ends_with_an_app_that_answers(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("hello"))

    assert cloud.visit("shop").text == "hello"
    assert cloud.call("GET", f"/v3/apps/{app}")["state"] == "STARTED"
    process = cloud.call("GET", f"/v3/apps/{app}/processes/web")
    assert process["guid"] == app
    assert process["command"] == "python3 app.py"


def test_an_app_sees_its_variables_its_services_and_its_database(cloud: Cloud) -> None:
    app = cloud.app("shop", environment_variables={"COLOUR": "red"})
    service = cloud.call(
        "POST",
        "/v3/service_instances",
        {
            "type": "user-provided",
            "name": "db",
            "credentials": {"uri": "postgresql://me@db/shop"},
            "relationships": {"space": {"data": {"guid": cloud.space}}},
        },
    )["guid"]
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": service}}}
    cloud.call("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": related})
    cloud.assign(app, cloud.droplet(app, greeter("hello")))
    task = cloud.call(
        "POST", f"/v3/apps/{app}/tasks", {"name": "say", "command": "echo $COLOUR $DATABASE_URL"}
    )

    ended = cloud.until(f"/v3/tasks/{task['guid']}", lambda it: it["state"] in ("SUCCEEDED", "FAILED"))

    assert ended["state"] == "SUCCEEDED"
    assert "red postgres://me@db/shop" in lines(cloud, app, "APP/TASK/say")
    services = cloud.call("GET", f"/v3/apps/{app}/env")["system_env_json"]["VCAP_SERVICES"]
    assert services["user-provided"][0]["credentials"] == {"uri": "postgresql://me@db/shop"}


def test_a_task_that_fails_says_with_which_status(cloud: Cloud) -> None:
    app = cloud.app()
    droplet = cloud.droplet(app, greeter("hello"))

    with pytest.raises(Refused, match="Task must have a droplet"):
        cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "true"})
    task = cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "exit 4", "droplet_guid": droplet})
    ended = cloud.until(f"/v3/tasks/{task['guid']}", lambda it: it["state"] in ("SUCCEEDED", "FAILED"))

    assert (ended["state"], ended["result"]["failure_reason"]) == ("FAILED", "Exited with status 4")
    assert "command" not in cloud.call("GET", f"/v3/apps/{app}/tasks")["resources"][0]


def test_a_cancelled_task_ends_failed(cloud: Cloud) -> None:
    app = cloud.app()
    droplet = cloud.droplet(app, greeter("hello"))
    said = {"command": "sleep 60", "droplet_guid": droplet}
    task = cloud.call("POST", f"/v3/apps/{app}/tasks", said)["guid"]
    cloud.until(f"/v3/tasks/{task}", lambda it: it["state"] == "RUNNING")

    assert cloud.call("POST", f"/v3/tasks/{task}/actions/cancel")["state"] == "CANCELING"

    ended = cloud.until(f"/v3/tasks/{task}", lambda it: it["state"] == "FAILED")
    assert ended["result"]["failure_reason"] == "task was cancelled"


def test_a_build_that_finds_no_app_fails_and_says_so(cloud: Cloud) -> None:
    app = cloud.app()

    build = cloud.build(cloud.package(app, UNDETECTED))

    assert build["state"] == "FAILED"
    assert build["error"].startswith("NoAppDetectedError - ")
    assert build["droplet"] is None
    assert lines(cloud, app, "STG")


def test_one_app_has_one_build_at_a_time(cloud: Cloud) -> None:
    app = cloud.app()
    package = cloud.package(app, greeter("hello"))
    first = cloud.call("POST", "/v3/builds", {"package": {"guid": package}})["guid"]

    with pytest.raises(Refused) as refused:
        cloud.call("POST", "/v3/builds", {"package": {"guid": package}})

    assert (refused.value.status, refused.value.code) == (422, 170017)
    cloud.until(f"/v3/builds/{first}", lambda it: it["state"] == "STAGED")


def test_a_package_is_built_only_when_it_is_ready_and_uploaded_only_once(cloud: Cloud) -> None:
    package = cloud.new_package(cloud.app())
    with pytest.raises(Refused) as refused:
        cloud.call("POST", "/v3/builds", {"package": {"guid": package}})
    assert refused.value.detail == "Bad request: Cannot stage package whose state is not ready."

    with pytest.raises(Refused, match="Upload must include either resources or bits"):
        cloud.call("POST", f"/v3/packages/{package}/upload", files={"other": b"x"})
    assert cloud.upload(package, zipped(greeter("hello")))["state"] == "PROCESSING_UPLOAD"

    with pytest.raises(Refused) as again:
        cloud.upload(package, zipped(greeter("hello")))
    assert again.value.code == 150004


def test_an_empty_upload_fails_the_package(cloud: Cloud) -> None:
    package = cloud.new_package(cloud.app())

    cloud.upload(package, b"")

    failed = cloud.until(f"/v3/packages/{package}", lambda it: it["state"] != "PROCESSING_UPLOAD")
    assert failed["state"] == "FAILED"
    assert failed["data"]["error"]


def test_five_packages_are_kept(cloud: Cloud) -> None:
    app = cloud.app()

    packages = [cloud.package(app, greeter(str(number))) for number in range(6)]

    states = {one["guid"]: one["state"] for one in cloud.call("GET", f"/v3/apps/{app}/packages")["resources"]}
    assert [states[guid] for guid in packages] == ["EXPIRED"] + ["READY"] * 5


def test_five_droplets_are_kept_and_the_current_one(cloud: Cloud) -> None:
    app = cloud.app()
    package = cloud.package(app, greeter("hello"))
    current = cloud.build(package)["droplet"]["guid"]
    cloud.assign(app, current)

    others = [cloud.build(package)["droplet"]["guid"] for _ in range(6)]

    shown = cloud.call("GET", f"/v3/apps/{app}/droplets")["resources"]
    states = {one["guid"]: one["state"] for one in shown}
    assert states[current] == "STAGED"
    assert [states[guid] for guid in others] == ["EXPIRED"] + ["STAGED"] * 5
    assert shown[0]["process_types"] == {"redacted_message": "[PRIVATE DATA HIDDEN IN LISTS]"}


def test_a_copied_droplet_runs_in_another_app_and_has_no_labels(cloud: Cloud) -> None:
    source = cloud.droplet(cloud.app("golden"), greeter("promoted"))
    cloud.call("PATCH", f"/v3/droplets/{source}", {"metadata": {"labels": {"commit": "abc"}}})
    app = cloud.app("shop")
    related = {"relationships": {"app": {"data": {"guid": app}}}}

    copy = cloud.call("POST", f"/v3/droplets?source_guid={source}", related)
    assert copy["state"] == "COPYING"
    copy = cloud.until(f"/v3/droplets/{copy['guid']}", lambda it: it["state"] == "STAGED")

    assert copy["metadata"]["labels"] == {}
    assert copy["checksum"] == cloud.call("GET", f"/v3/droplets/{source}")["checksum"]
    cloud.assign(app, copy["guid"])
    cloud.map(cloud.route("shop"), app)
    cloud.call("POST", f"/v3/apps/{app}/actions/start")
    cloud.running(app)
    assert cloud.visit("shop").text == "promoted"


def test_the_current_droplet_is_replaced_and_never_removed(cloud: Cloud) -> None:
    app, other = cloud.app("shop"), cloud.app("other")
    with pytest.raises(Refused, match="Assign a droplet before starting this app"):
        cloud.call("POST", f"/v3/apps/{app}/actions/start")
    with pytest.raises(Refused, match="Ensure the droplet exists and belongs to this app"):
        cloud.assign(app, cloud.droplet(other, greeter("hello")))
    with pytest.raises(Refused, match="Current droplet cannot be removed"):
        cloud.call("PATCH", f"/v3/apps/{app}/relationships/current_droplet", {"data": None})
    with pytest.raises(Refused) as missing:
        cloud.call("GET", f"/v3/apps/{app}/droplets/current")
    assert (missing.value.status, missing.value.detail) == (404, "Droplet not found")


def test_a_crash_is_told_in_stats_and_in_an_audit_event(cloud: Cloud) -> None:
    app = cloud.app()
    cloud.assign(app, cloud.droplet(app, CRASHER))

    cloud.call("POST", f"/v3/apps/{app}/actions/start")

    events = f"/v3/audit_events?target_guids={app}&types=audit.app.process.crash"
    event = cloud.until(events, lambda it: bool(it["resources"]))["resources"][0]
    assert "status 3" in event["data"]["exit_description"]
    assert event["data"]["index"] == 0
    path = f"/v3/apps/{app}/processes/web/stats"
    cloud.until(path, lambda it: it["resources"][0]["state"] == "CRASHED")
    assert "broken" in lines(cloud, app, "APP/PROC/WEB")


def lines(cloud: Cloud, app: str, source_type: str) -> list[str]:
    """What was said under this source type."""
    batch = cloud.call("GET", f"/api/v1/read/{app}?envelope_types=LOG&limit=1000")["envelopes"]["batch"]
    said = [one for one in batch if one["tags"]["source_type"] == source_type]
    return [base64.b64decode(one["log"]["payload"]).decode() for one in said]


def test_process_types_come_with_a_droplet_and_do_not_go_with_it(cloud: Cloud) -> None:
    app = cloud.app()
    both = {**greeter("hello"), "Procfile": "web: python3 app.py\nworker: sleep 60"}
    cloud.assign(app, cloud.droplet(app, both))
    worker = cloud.call("GET", f"/v3/apps/{app}/processes/worker")
    assert (worker["instances"], worker["health_check"]["type"]) == (0, "process")

    cloud.assign(app, cloud.droplet(app, greeter("hello")))

    kinds = [one["type"] for one in cloud.call("GET", f"/v3/apps/{app}/processes")["resources"]]
    assert sorted(kinds) == ["web", "worker"]


def test_an_app_that_cannot_start_again_is_not_stopped(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("hello"))
    cloud.assign(app, cloud.droplet(app, {"Procfile": "web: true"}))
    droplet = cloud.server.world.find(Droplet, cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"])
    assert droplet is not None
    droplet.process_types = {}

    with pytest.raises(Refused, match="Start command not specified"):
        cloud.call("POST", f"/v3/apps/{app}/actions/restart")

    assert cloud.call("GET", f"/v3/apps/{app}")["state"] == "STARTED"
    assert cloud.visit("shop").text == "hello"
