"""Whether somebody is at home at an address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reviewapps.cloudfoundry.doorbell import BYPASS, GATE, PASSED, ROUTER_ERROR, Doorbell
from reviewapps.errors import Unavailable
from reviewapps.model import Secret

ANSWERS: dict[str, tuple[int, dict[str, str]]] = {
    "well": (200, {}),
    "broken": (500, {}),
    "moved": (302, {"Location": "http://169.254.169.254/"}),
    "empty": (404, {}),
    "unknown": (404, {ROUTER_ERROR: "unknown_route"}),
    "refused": (502, {ROUTER_ERROR: "endpoint_failure"}),
    "stopped": (503, {ROUTER_ERROR: "no_endpoints"}),
    "passed": (200, {GATE: PASSED}),
    "guarded": (401, {GATE: "refused"}),
    "crashed": (502, {GATE: PASSED, ROUTER_ERROR: "endpoint_failure"}),
}
SAID: dict[str, bytes] = {
    "told": b'{"x.test": "2026-03-02T12:00:00+00:00"}',
    "naive": b'{"x.test": "2026-03-02T12:00:00"}',
    "far": b'{"x.test": "9999-12-31T23:59:59-23:59"}',
    "deep": b"[" * 100_000,
    "long": b'{"x.test": "2026-03-02T12:00:00+00:00"' + b" " * 2 * 1024**2 + b"}",
    "odd": b"[]",
}
ASKED: list[tuple[str, str | None]] = []


class Router(BaseHTTPRequestHandler):
    """Answers by host, as the platform's router does."""

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(".")[0]
        ASKED.append((host, self.headers[BYPASS]))
        status, headers = ANSWERS.get(host, (200, {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(SAID.get(host, b""))

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Router)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield server.server_port
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize(
    ("host", "answers"),
    [
        ("well", True),
        ("broken", True),
        ("moved", True),
        ("empty", True),
        ("unknown", False),
        ("refused", False),
        ("stopped", False),
    ],
)
def test_whatever_an_app_says_is_an_answer_and_the_routers_word_is_none(
    port: int, host: str, answers: bool
) -> None:
    doorbell = Doorbell(f"http://{{host}}:{port}", verify=True)
    assert doorbell.answers(f"{host}.apps.localhost") is answers


def test_where_nobody_listens_nobody_answers(port: int) -> None:
    assert Doorbell("http://{host}:1", verify=True).answers("well.apps.localhost") is False


@pytest.mark.parametrize(
    ("host", "answers"),
    [("passed", True), ("guarded", False), ("crashed", False), ("well", False), ("moved", False)],
)
def test_where_a_gate_should_be_only_what_it_let_through_is_an_answer(
    port: int, host: str, answers: bool
) -> None:
    ASKED.clear()
    doorbell = Doorbell(f"http://{{host}}:{port}", verify=True, bypass=Secret("sesame"))
    assert doorbell.answers(f"{host}.apps.localhost") is answers
    assert [(host, "sesame")] == ASKED  # and nobody else, wherever it was led


def test_without_a_gate_nobody_is_told_the_secret(port: int) -> None:
    ASKED.clear()
    Doorbell(f"http://{{host}}:{port}", verify=True).answers("well.apps.localhost")
    assert ASKED == [("well", None)]


def test_a_gate_tells_when_it_was_passed(port: int) -> None:
    told = Doorbell(f"http://{{host}}:{port}", verify=True).visits("told.apps.localhost")
    assert told == {"x.test": datetime(2026, 3, 2, 12, tzinfo=UTC)}


@pytest.mark.parametrize("host", ["naive", "far", "deep", "long", "odd", "empty"])
def test_what_stands_where_a_gate_should_be_may_say_anything(port: int, host: str) -> None:
    with pytest.raises(Unavailable, match="does not tell of visits"):
        Doorbell(f"http://{{host}}:{port}", verify=True).visits(f"{host}.apps.localhost")
