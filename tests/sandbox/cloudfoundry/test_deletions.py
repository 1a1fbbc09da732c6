"""What goes with an app, what stays, and when its name is free again."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter


def test_the_name_of_a_deleted_app_is_held_until_the_job_is_complete(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, job_delay=0.3)
    try:
        app = cloud.app("shop")
        job = cloud.delete(f"/v3/apps/{app}")

        with pytest.raises(Refused) as refused:
            cloud.app("Shop")
        assert (refused.value.status, refused.value.code) == (422, 10016)
        assert cloud.call("GET", job)["state"] == "PROCESSING"

        done = cloud.job_done(job)
        assert (done["operation"], done["state"]) == ("app.delete", "COMPLETE")
        assert cloud.app("shop") != app
    finally:
        cloud.close()


def test_an_app_goes_with_its_processes_and_leaves_its_route(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("hello"))
    package = cloud.call("GET", f"/v3/apps/{app}/packages")["resources"][0]["guid"]

    cloud.job_done(cloud.delete(f"/v3/apps/{app}"))

    cloud.wait_for(lambda: not running_apps(), "the end of the app's process")
    for gone, detail in (
        (f"/v3/apps/{app}", "App not found"),
        (f"/v3/packages/{package}", "Package not found"),
    ):
        with pytest.raises(Refused) as refused:
            cloud.call("GET", gone)
        assert (refused.value.status, refused.value.code, refused.value.detail) == (404, 10010, detail)
    routes = cloud.call("GET", "/v3/routes?hosts=shop")["resources"]
    assert [route["destinations"] for route in routes] == [[]]
    assert cloud.visit("shop").headers["X-Cf-RouterError"] == "unknown_route"


def test_an_app_leaves_its_service_and_takes_its_binding(shared: Cloud) -> None:
    app, space = shared.app("bound"), {"space": {"data": {"guid": shared.space}}}
    said = {"type": "user-provided", "name": "db", "relationships": space}
    service = shared.call("POST", "/v3/service_instances", said)["guid"]
    related = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": service}}}
    shared.call("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": related})

    shared.job_done(shared.delete(f"/v3/apps/{app}"))

    assert shared.call("GET", f"/v3/service_instances/{service}")["name"] == "db"
    assert shared.call("GET", "/v3/service_credential_bindings")["resources"] == []


def test_a_server_that_stops_leaves_no_process(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    try:
        cloud.push("shop", greeter("hello"))
        running = running_apps()
    finally:
        cloud.close()

    assert running
    assert not [one for one in running if runs(one, "app.py")]


def test_unmapped_routes_are_deleted_together(cloud: Cloud) -> None:
    cloud.map(cloud.route("kept"), cloud.app())
    cloud.route("orphan")

    cloud.job_done(cloud.delete(f"/v3/spaces/{cloud.space}/routes?unmapped=true"))

    assert [one["host"] for one in cloud.call("GET", "/v3/routes")["resources"]] == ["kept"]


def running_apps() -> list[psutil.Process]:
    """The processes of apps that this test has started and that still run."""
    return [one for one in psutil.Process().children(recursive=True) if runs(one, "app.py")]


def runs(one: psutil.Process, program: str) -> bool:
    """Whether a process runs this program; one that ends while it is looked at does not."""
    try:
        return one.status() != psutil.STATUS_ZOMBIE and program in one.cmdline()
    except psutil.NoSuchProcess:
        return False
