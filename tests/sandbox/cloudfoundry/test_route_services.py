"""Route services: what is refused, and a real app that stands before another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.cloudfoundry.cloud import JSON, Cloud, Refused

GATE = """
import http.client, http.server, os
from urllib.parse import urlsplit

PASSED_ON = ("X-CF-Proxy-Signature", "X-CF-Proxy-Metadata")

class Gate(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        for name in (*PASSED_ON, "X-CF-Forwarded-Url"):
            self.send_header("Got-" + name, self.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.headers["Password"] != "sesame":
            return self.answer(401, f"who are you, at {self.path} of {self.headers['Host']}?".encode())
        url = urlsplit(self.headers["X-CF-Forwarded-Url"])
        # Every name below "localhost" is this machine, also where the system's resolver does not know it.
        there = http.client.HTTPConnection("127.0.0.1", url.port)
        path = url.path + (f"?{url.query}" if url.query else "")
        kept = {name: self.headers[name] for name in PASSED_ON}
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        there.request(self.command, path, body, {"Host": url.netloc, **kept})
        answer = there.getresponse()
        self.answer(answer.status, b"gate > " + answer.read())

    do_POST = do_GET

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Gate).serve_forever()
"""
SHOP = """
import http.server, os

class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = [name for name in self.headers if name.lower().startswith(("x-cf-proxy", "x-cf-forwarded"))]
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"shop {self.command} {self.path} {body} {told}".encode())

    do_POST = do_GET

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Shop).serve_forever()
"""


class Town:
    """A shop with a gate before it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        for name, source in (("gate", GATE), ("shop", SHOP)):
            cloud.push(name, {"Procfile": "web: python3 app.py", "app.py": source})
        self.route = cloud.call("GET", "/v3/routes?hosts=shop")["resources"][0]["guid"]
        self.instance = cloud.user_provided(
            "gatekeeper", route_service_url="https://gate.apps.localhost/check"
        )
        self.binding = bind(cloud, self.instance, self.route)

    def ask(self, path: str = "/", method: str = "GET", **more: Any) -> requests.Response:
        address = f"http://127.0.0.1:{self.cloud.server.app_port}{path}"
        headers = {"Host": f"shop.apps.localhost:{self.cloud.server.app_port}", **more.pop("headers", {})}
        return requests.request(method, address, headers=headers, timeout=30, **more)


def bind(cloud: Cloud, instance: str, route: str, **more: object) -> JSON:
    related = {"service_instance": {"data": {"guid": instance}}, "route": {"data": {"guid": route}}}
    return dict(cloud.call("POST", "/v3/service_route_bindings", {"relationships": related, **more}))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    yield Town(cloud)
    cloud.close()


def signed(answer: requests.Response) -> dict[str, str]:
    """The headers by which the router knows the request again that the gate was asked with."""
    names = ("X-CF-Proxy-Signature", "X-CF-Proxy-Metadata")
    return {name: answer.headers[f"Got-{name}"] for name in names}


def test_a_pushed_app_lets_in_whom_it_likes(town: Town) -> None:
    stranger = town.ask("/orders?page=2")
    assert (stranger.status_code, stranger.text) == (401, "who are you, at /check of gate.apps.localhost?")
    forwarded = f"http://shop.apps.localhost:{town.cloud.server.app_port}/orders?page=2"
    assert stranger.headers["Got-X-CF-Forwarded-Url"] == forwarded

    friend = town.ask("/orders?page=2&q=a%20b", headers={"Password": "sesame"})
    assert friend.text == "gate > shop GET /orders?page=2&q=a%20b  []"
    written = town.ask("/orders", "POST", data="2 apples", headers={"Password": "sesame"})
    assert written.text == "gate > shop POST /orders 2 apples []"


def test_only_what_the_router_signed_lately_for_this_route_passes(town: Town) -> None:
    headers = signed(town.ask("/orders"))
    assert town.ask("/orders", headers=headers).text == "shop GET /orders  []"

    forged = {**headers, "X-CF-Proxy-Signature": headers["X-CF-Proxy-Signature"][::-1]}
    without = {"X-CF-Proxy-Signature": headers["X-CF-Proxy-Signature"]}
    for wrong in (forged, without, {**headers, "X-CF-Proxy-Metadata": "?"}):
        refused = town.ask("/orders", headers=wrong)
        assert refused.status_code == 502
        assert refused.text.startswith("502 Bad Gateway: Failed to validate Route Service Signature: ")

    bind(town.cloud, town.instance, other := town.cloud.route("shop", path="/other"))
    town.cloud.map(other, str(town.cloud.call("GET", "/v3/apps?names=shop")["resources"][0]["guid"]))
    elsewhere = town.ask("/other", headers=headers)
    assert (elsewhere.status_code, "does not match the original request URL" in elsewhere.text) == (502, True)

    town.cloud.server.world.clock.forward(61)
    late = town.ask("/orders", headers=headers)
    assert late.status_code == 504
    assert late.text.strip().endswith(
        "Failed to validate Route Service Signature: route service request expired"
    )


def test_websockets_and_routes_without_instances_do_not_reach_the_route_service(town: Town) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    refused = town.ask("/", headers={**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert (refused.status_code, refused.headers["X-Cf-RouterError"]) == (503, "route_service_unsupported")
    assert "Websocket requests are not supported for routes bound to Route Services." in refused.text

    idle = town.cloud.app("idle")
    town.cloud.map(town.cloud.route("idle"), idle)
    bind(town.cloud, town.instance, town.cloud.call("GET", "/v3/routes?hosts=idle")["resources"][0]["guid"])
    empty = town.cloud.visit("idle")
    assert (empty.status_code, empty.headers["X-Cf-RouterError"]) == (503, "no_endpoints")


def test_a_route_service_that_does_not_answer_is_502_and_unbinding_ends_it(town: Town) -> None:
    cloud = town.cloud
    broken = cloud.user_provided("broken", route_service_url="https://127.0.0.1:9/")
    route = cloud.route("shop", path="/broken")
    cloud.map(route, str(cloud.call("GET", "/v3/apps?names=shop")["resources"][0]["guid"]))
    binding = bind(cloud, broken, route)
    refused = town.ask("/broken")
    assert (refused.status_code, refused.headers["X-Cf-RouterError"]) == (502, "endpoint_failure")

    cloud.call(
        "PATCH", f"/v3/service_instances/{broken}", {"route_service_url": "https://gate.apps.localhost"}
    )
    assert town.ask("/broken").status_code == 401
    answer = cloud.call("DELETE", f"/v3/service_route_bindings/{binding['guid']}")
    assert answer.status_code == 204
    assert town.ask("/broken").text == "shop GET /broken  []"


def test_bindings_are_listed_with_what_they_bind(town: Town) -> None:
    cloud, path = town.cloud, "/v3/service_route_bindings"
    query = f"route_guids={town.route}&include=service_instance,route"
    listed = cloud.call("GET", f"{path}?{query}&service_instance_names=gatekeeper")

    assert [one["guid"] for one in listed["resources"]] == [town.binding["guid"]]
    assert [one["name"] for one in listed["included"]["service_instances"]] == ["gatekeeper"]
    assert [one["host"] for one in listed["included"]["routes"]] == ["shop"]
    found = cloud.call("GET", f"/v3/routes?service_instance_guids={town.instance}&paths=")["resources"]
    assert town.route in [one["guid"] for one in found]
    said = {"metadata": {"labels": {"kind": "gate"}}}
    assert cloud.call("PATCH", f"{path}/{town.binding['guid']}", said)["metadata"]["labels"] == {
        "kind": "gate"
    }
    assert cloud.call("GET", f"{path}?label_selector=kind=gate")["pagination"]["total_results"] == 1


def test_what_cannot_be_a_route_service_is_refused(town: Town) -> None:
    cloud = town.cloud
    plain = cloud.user_provided("plain")
    elsewhere = cloud.route("elsewhere", cloud.server.space("production").guid)
    second = cloud.user_provided("second", route_service_url="https://second.example")
    no_parameters = "Binding parameters are not supported for user-provided service instances"
    for ask, code, detail in (
        (
            lambda: cloud.user_provided("x", route_service_url="http://gate.apps.localhost"),
            10008,
            "Route service url must be https",
        ),
        (
            lambda: cloud.user_provided("x", route_service_url="gate"),
            10008,
            "Route service url must be a valid URI",
        ),
        (
            lambda: bind(cloud, plain, town.route),
            10008,
            "This service instance does not support route binding",
        ),
        (
            lambda: bind(cloud, second, elsewhere),
            10008,
            "The service instance and the route are in different spaces",
        ),
        (
            lambda: bind(cloud, second, town.route),
            10008,
            "A route may only be bound to a single service instance",
        ),
        (
            lambda: bind(cloud, town.instance, town.route),
            130008,
            "The route and service instance are already bound.",
        ),
        (lambda: bind(cloud, "nope", town.route), 10008, "The service instance could not be found: nope"),
        (lambda: bind(cloud, town.instance, "nope"), 10008, "The route could not be found: nope"),
        (lambda: bind(cloud, town.instance, town.route, parameters={}), 10008, no_parameters),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert (refused.value.status, refused.value.code, refused.value.detail) == (422, code, detail)


def test_a_bound_route_is_not_an_orphan_and_a_deleted_instance_frees_its_routes(town: Town) -> None:
    cloud = town.cloud
    kept, gone = cloud.route("kept"), cloud.route("gone")
    instance = cloud.user_provided("brief", route_service_url="https://brief.example")
    bind(cloud, instance, kept)
    bind(cloud, instance, gone)

    cloud.job_done(cloud.delete(f"/v3/spaces/{cloud.space}/routes?unmapped=true"))
    assert {one["host"] for one in cloud.call("GET", "/v3/routes?hosts=kept,gone")["resources"]} == {
        "kept",
        "gone",
    }
    cloud.job_done(cloud.delete(f"/v3/routes/{gone}"))
    bound = cloud.call("GET", f"/v3/service_route_bindings?service_instance_guids={instance}")
    assert [one["relationships"]["route"]["data"]["guid"] for one in bound["resources"]] == [kept]
    assert cloud.call("DELETE", f"/v3/service_instances/{instance}").status_code == 204
    assert cloud.call("GET", f"/v3/service_route_bindings?route_guids={kept}")["resources"] == []
