"""A server ends and another begins in its home: for whoever asks, nothing happened but a short silence."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox import walk
from tests.sandbox.cloudfoundry.cloud import SERVER, Cloud, greeter, zipped

PASSING = (
    r"^/_sandbox/|^/api/v1/|/download|"  # calls, faults, pace and logs begin anew; bits are no JSON
    r"/stats|/process_instances|"  # of instances that are others now
    r"/env$|/environment_variables$|/credentials$|/details$"  # who reads these is written down
)
SHOWS_ITS_GREETING = {
    "Procfile": "web: python3 app.py",
    "app.py": f"import os\nGREETING = os.environ['GREETING']\n{SERVER}",
}

SERVICE_PORT = "json.loads(os.environ['VCAP_SERVICES'])['aws-elasticache-redis'][0]['credentials']['port']"


class Restarts:
    """One cloud after the other in one home, at the same addresses."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Restarts:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begun(self, **settings: Any) -> Cloud:
        cloud = Cloud(self._home, **settings)
        self._open.callback(cloud.close)
        return cloud

    def again(
        self, cloud: Cloud, *, meanwhile: Callable[[], object] = lambda: None, **settings: Any
    ) -> Cloud:
        """The next one. As a kill would have it, it finds the world as it was before the end began."""
        port, app_port = cloud.server.port, cloud.server.app_port
        snapshot = self._home / "world.snapshot"
        with self._open.pop_all():
            cloud.run(cloud.server.platform.snapshots.take())
            kept = snapshot.read_bytes()
        snapshot.write_bytes(kept)
        meanwhile()
        return self.begun(port=port, app_port=app_port, **settings)


@pytest.fixture
def restarts(tmp_path: Path) -> Iterator[Restarts]:
    with Restarts(tmp_path / "cloud") as restarts:
        yield restarts


def reader(cloud: Cloud) -> Callable[[str], requests.Response]:
    """Asks with a token that stays the same."""
    form = {"grant_type": "password", "username": "deployer", "password": "deployer"}
    granted = requests.post(f"{cloud.server.api_url}/oauth/token", data=form, timeout=30).json()
    session = requests.Session()
    session.headers["Authorization"] = f"bearer {granted['access_token']}"
    url = cloud.server.api_url
    return lambda path: session.get(url + path, timeout=30, allow_redirects=False)


def everything(cloud: Cloud, ask: Callable[[str], requests.Response]) -> dict[str, tuple[int, Any]]:
    routes = cloud.server.application().router.routes()
    first = {r.resource.canonical for r in routes if r.method == "GET" and r.resource}
    plain = sorted(path for path in first if "{" not in path)
    return walk.answers(ask, cloud.server.api_url, plain, PASSING)


def inhabit(cloud: Cloud) -> str:
    """One of everything; the app that runs."""
    app = cloud.push("shop", greeter("hello"))
    droplet = cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]
    cloud.finished(cloud.deploy(app, droplet))
    task = cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "true"})["guid"]
    cloud.until(f"/v3/tasks/{task}", lambda it: it["state"] == "SUCCEEDED")
    cloud.bind(cloud.user_provided("logs", credentials={"a": "b"}), app)
    cloud.job_done(cloud.job(cloud.bind(cloud.managed("cache", "redis-dev"), app)))
    cloud.call("PATCH", f"/v3/apps/{app}", {"metadata": {"labels": {"team": "blue"}}})
    cloud.job_done(cloud.delete(f"/v3/apps/{cloud.app('gone')}"))
    cloud.scale(app, instances=2)
    cloud.running(app)
    return app


def test_every_answer_is_the_same_after_a_restart_and_the_apps_are_up_again(restarts: Restarts) -> None:
    cloud = restarts.begun()
    app = inhabit(cloud)
    ask = reader(cloud)
    environment = cloud.call("GET", f"/v3/apps/{app}/env")
    before = everything(cloud, ask)
    assert sum(status == 200 for status, _ in before.values()) > 60
    cloud = restarts.again(cloud)
    assert list(walk.differences(before, everything(cloud, ask))) == []
    assert cloud.call("GET", f"/v3/apps/{app}/env") == environment
    cloud.running(app)
    assert len(cloud.call("GET", f"/v3/apps/{app}/processes/web/stats")["resources"]) == 2
    assert cloud.visit("shop").text == "hello"


def test_an_app_runs_what_it_ran_until_it_is_restarted(restarts: Restarts) -> None:
    cloud = restarts.begun()
    app = cloud.app("shop", environment_variables={"GREETING": "before"})
    cloud.assign(app, cloud.droplet(app, SHOWS_ITS_GREETING))
    cloud.map(cloud.route("shop"), app)
    cloud.call("POST", f"/v3/apps/{app}/actions/start")
    cloud.call("PATCH", f"/v3/apps/{app}/environment_variables", {"var": {"GREETING": "after"}})
    cloud = restarts.again(cloud)
    cloud.running(app)
    assert cloud.visit("shop").text == "before"
    cloud.call("POST", f"/v3/apps/{app}/actions/restart")
    cloud.running(app)
    assert cloud.visit("shop").text == "after"


def test_jobs_copies_and_uploads_go_on(restarts: Restarts) -> None:
    slow: dict[str, Any] = {"job_delay": 600, "upload_delay": 600, "copy_delay": 600, "broker_seconds": 600}
    cloud = restarts.begun()
    app, doomed = cloud.app("shop"), cloud.app("doomed")
    package = cloud.package(app, greeter("hello"))
    droplet = cloud.build(package)["droplet"]["guid"]
    route, other = cloud.route("doomed"), cloud.app("other")
    cloud.route("unmapped")
    cloud = restarts.again(cloud, **slow)
    related = {"relationships": {"app": {"data": {"guid": other}}}}
    copies = {
        f"/v3/packages/{cloud.call('POST', f'/v3/packages?source_guid={package}', related)['guid']}": "READY",
        f"/v3/droplets/{cloud.call('POST', f'/v3/droplets?source_guid={droplet}', related)['guid']}": "STAGED",
    }
    fresh = cloud.new_package(other)
    cloud.upload(fresh, zipped(greeter("hello")))
    jobs = [cloud.delete(f"/v3/apps/{doomed}"), cloud.delete(f"/v3/routes/{route}")]
    jobs += [cloud.delete(f"/v3/spaces/{cloud.space}/routes?unmapped=true"), applied(cloud, "shop", "blue")]
    jobs += [cloud.provision("cache", "redis-dev")]
    assert {cloud.call("GET", job)["state"] for job in jobs} == {"PROCESSING"}
    cloud = restarts.again(cloud)
    assert {cloud.job_done(job)["state"] for job in jobs} == {"COMPLETE"}
    assert {one["guid"] for one in cloud.call("GET", "/v3/apps")["resources"]} == {app, other}
    assert cloud.call("GET", "/v3/routes")["resources"] == []
    assert cloud.call("GET", f"/v3/apps/{app}/environment_variables")["var"] == {"COLOUR": "blue"}
    assert cloud.instance("cache")["last_operation"]["state"] == "succeeded"
    for path, state in {**copies, f"/v3/packages/{fresh}": "READY"}.items():
        cloud.until(path, partial(is_in, state))


def test_builds_and_tasks_have_failed_and_deployments_go_on(restarts: Restarts) -> None:
    cloud = restarts.begun()
    app = cloud.push("shop", greeter("one"))
    droplet = cloud.droplet(app, greeter("two"))
    cloud = restarts.again(cloud, deployment_tick=600)
    package = cloud.package(app, {**greeter("three"), "requirements.txt": "", "bin/pre_compile": "sleep 600"})
    build = cloud.call("POST", "/v3/builds", {"package": {"guid": package}})["guid"]
    deployment = cloud.deploy(app, droplet)
    task = cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": "sleep 600"})["guid"]
    cloud.until(f"/v3/tasks/{task}", lambda it: it["state"] == "RUNNING")
    assert cloud.call("GET", f"/v3/builds/{build}")["state"] == "STAGING"
    cloud = restarts.again(cloud)
    failed = cloud.call("GET", f"/v3/builds/{build}")
    assert (failed["state"], failed["error"]) == ("FAILED", "StagingError - Staging error: staging failed")
    ended = cloud.call("GET", f"/v3/tasks/{task}")
    assert (ended["state"], ended["result"]["failure_reason"]) == (
        "FAILED",
        "cell disappeared before completion",
    )
    assert cloud.finished(deployment)["status"]["reason"] == "DEPLOYED"
    assert cloud.visit("shop").text == "two"


def test_an_app_finds_a_service_that_had_to_move(restarts: Restarts) -> None:
    shows_its_port = {
        "Procfile": "web: python3 app.py",
        "app.py": f"import json, os\nGREETING = {SERVICE_PORT}\n{SERVER}",
    }
    cloud = restarts.begun()
    app = cloud.app("shop")
    cloud.job_done(cloud.job(cloud.bind(cloud.managed("cache", "redis-dev"), app)))
    cloud.assign(app, cloud.droplet(app, shows_its_port))
    cloud.map(cloud.route("shop"), app)
    cloud.call("POST", f"/v3/apps/{app}/actions/start")
    cloud.running(app)
    before = cloud.visit("shop").text
    with socket.socket() as somebody:
        cloud = restarts.again(cloud, meanwhile=lambda: somebody.bind(("127.0.0.1", int(before))))
    cloud.running(app)
    assert cloud.visit("shop").text == cloud.key(cloud.instance("cache")["guid"])["port"] != before


def test_what_a_killed_server_left_lying_about_is_swept(restarts: Restarts, tmp_path: Path) -> None:
    cloud = restarts.begun()
    app = cloud.app("shop")
    kept, lost = cloud.package(app, greeter("hello")), cloud.package(app, greeter("hello"))
    home = tmp_path / "cloud"
    for name in (
        "blobs/unknown.zip",
        "blobs/unknown.tgz.part",
        "cells/old/app/main.py",
        "staging/old/package",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    (home / "blobs" / f"{lost}.zip").unlink()
    cloud = restarts.again(cloud)
    assert [path.name for path in (home / "blobs").iterdir()] == [f"{kept}.zip"]
    cloud.wait_for(lambda: not any(home.glob("*/old")) and not (home / "rubbish").exists(), "a clean home")
    assert cloud.call("GET", f"/v3/packages/{kept}")["state"] == "READY"
    assert cloud.call("GET", f"/v3/packages/{lost}")["state"] == "EXPIRED"


def is_in(state: str, row: dict[str, Any]) -> bool:
    return bool(row["state"] == state)


def applied(cloud: Cloud, name: str, colour: str) -> str:
    """The path of the job that applies a manifest."""
    answer = cloud.client.post(
        f"{cloud.server.api_url}/v3/spaces/{cloud.space}/actions/apply_manifest",
        data=f"applications: [{{name: {name}, env: {{COLOUR: {colour}}}}}]",
        headers={"Content-Type": "application/x-yaml"},
    )
    return str(answer.headers["Location"]).removeprefix(cloud.server.api_url)
