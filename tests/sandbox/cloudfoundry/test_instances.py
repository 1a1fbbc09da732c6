"""Instances as the API and the router show them."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.cloudfoundry.cloud import CRASHER, Cloud, greeter

TELLTALE = greeter("")
TELLTALE["app.py"] = TELLTALE["app.py"].replace(
    "self.wfile.write(GREETING.encode())",
    "self.wfile.write((os.environ['CF_INSTANCE_INDEX'] + str(self.headers)).encode())",
)
MOODY = greeter("hello")
MOODY["app.py"] = (
    MOODY["app.py"]
    .replace("200", "503 if self.path == '/ready' and not os.path.exists('ready') else 200")
    .replace("self.end_headers()", "self.end_headers(); self.path == '/go' and open('ready', 'w').close()")
)


@pytest.fixture(scope="module")
def two(shared: Cloud) -> str:
    """The guid of an app with two instances."""
    app = shared.push("telltale", TELLTALE)
    shared.scale(app, instances=2)
    shared.running(app)
    return app


def asked(cloud: Cloud, pin: str = "") -> requests.Response:
    host = f"telltale.{cloud.server.app_domain}"
    headers = {"Host": host, "X-Forwarded-For": "10.1.2.3"} | ({"X-Cf-App-Instance": pin} if pin else {})
    return requests.get(f"http://127.0.0.1:{cloud.server.app_port}/", headers=headers, timeout=30)


def test_the_instances_of_an_app_take_turns_and_may_be_asked_for(shared: Cloud, two: str) -> None:
    assert {asked(shared).text[0] for _ in range(6)} == {"0", "1"}
    for index in ("0", "1"):
        assert {asked(shared, f"{two}:{index}").text[0] for _ in range(3)} == {index}
    nobody = asked(shared, f"{two}:7")
    assert (nobody.status_code, nobody.headers["X-Cf-RouterError"]) == (400, "unknown_route")
    assert "Server" not in nobody.headers


def test_an_instance_learns_who_asked(shared: Cloud, two: str) -> None:
    answer = asked(shared, f"{two}:1")

    assert answer.headers["Server"].startswith("BaseHTTP/")
    told = dict(line.split(": ", 1) for line in answer.text[1:].splitlines() if ": " in line)
    assert told["X-Forwarded-For"] == "10.1.2.3, 127.0.0.1"
    assert told["X-Forwarded-Proto"] == "http"
    assert told["X-Vcap-Request-Id"] == answer.headers["X-Vcap-Request-Id"]
    assert (told["X-CF-ApplicationID"], told["X-CF-InstanceIndex"]) == (two, "1")


def test_an_instance_that_is_terminated_is_replaced(shared: Cloud, two: str) -> None:
    path = f"/v3/apps/{two}/processes/web/stats"
    before = [one["instance_guid"] for one in shared.call("GET", path)["resources"]]

    assert shared.call("DELETE", f"/v3/apps/{two}/processes/web/instances/1").status_code == 204

    shared.running(two)
    after = [one["instance_guid"] for one in shared.call("GET", path)["resources"]]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_an_app_that_runs_and_is_not_ready_gets_no_requests(shared: Cloud) -> None:
    app = shared.app("moody")
    shared.assign(app, shared.droplet(app, MOODY))
    check = {"type": "http", "data": {"endpoint": "/ready"}}
    shared.call("PATCH", f"/v3/apps/{app}/processes/web", {"readiness_health_check": check})
    shared.map(shared.route("moody"), app)
    shared.call("POST", f"/v3/apps/{app}/actions/start")

    stat = shared.running(app)["resources"][0]
    assert (stat["state"], stat["routable"]) == ("RUNNING", False)
    assert shared.visit("moody").headers["X-Cf-RouterError"] == "no_endpoints"

    port = stat["instance_ports"][0]["external"]
    requests.get(f"http://127.0.0.1:{port}/go", timeout=30)
    shared.until(f"/v3/apps/{app}/processes/web/stats", lambda it: it["resources"][0]["routable"])
    assert shared.visit("moody").text == "hello"
    events = shared.call("GET", f"/v3/audit_events?target_guids={app}&types=audit.app.process.ready")
    assert len(events["resources"]) == 1


def test_a_crashing_app_comes_back_later_each_time(shared: Cloud) -> None:
    shared.server.settings.crash_pause = 0.1
    try:
        app = shared.app("crasher")
        shared.assign(app, shared.droplet(app, CRASHER))
        shared.call("POST", f"/v3/apps/{app}/actions/start")

        path = f"/v3/audit_events?target_guids={app}&types=audit.app.process.crash"
        events = shared.until(path, lambda it: len(it["resources"]) >= 6)["resources"]
    finally:
        shared.server.settings.crash_pause = 30

    shared.call("POST", f"/v3/apps/{app}/actions/stop")
    times = [event["data"]["crash_timestamp"] / 1e9 for event in events]
    assert times[4] - times[3] > 0.1
    assert times[5] - times[4] > 0.2


def test_an_app_that_says_much_is_remembered_only_from_its_end(shared: Cloud) -> None:
    shared.server.settings.kept_log_lines = 5
    try:
        app = shared.app("chatty")
        droplet = shared.droplet(app, greeter("hello"))
        said = {"command": "seq 1 100", "droplet_guid": droplet}
        task = shared.call("POST", f"/v3/apps/{app}/tasks", said)["guid"]
        shared.until(f"/v3/tasks/{task}", lambda it: it["state"] == "SUCCEEDED")
        batch = shared.call("GET", f"/api/v1/read/{app}?limit=1000")["envelopes"]["batch"]
    finally:
        shared.server.settings.kept_log_lines = 100_000

    assert len(batch) == 5
    assert {one["tags"]["source_type"].split("/")[1] for one in batch} == {"TASK"}
