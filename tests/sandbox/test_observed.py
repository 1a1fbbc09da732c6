"""Faults, the record of calls and the clock, as both servers have them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from aiohttp import web

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.observed import Observed


class Counter:
    """A server that counts its POSTs and answers how many there were."""

    def __init__(self) -> None:
        self.done = 0
        self.clock = Clock()
        self.observed = Observed(lambda request: request.headers.get("X-Who", ""), self.clock)
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def start(self) -> None:
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/things", self._do)
        app.router.add_get("/things", self._tell)
        self.observed.install(app)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _do(self, _: web.Request) -> web.Response:
        self.done += 1
        return web.json_response({"done": self.done}, status=201)

    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response({"done": self.done})

    # --- what a person does ---

    def ask(self, method: str, path: str, said: Any = None, who: str = "") -> requests.Response:
        return requests.request(method, self.url + path, json=said, headers={"X-Who": who}, timeout=30)

    def plan(self, **fault: Any) -> requests.Response:
        return self.ask("POST", "/_sandbox/faults", fault)


@pytest.fixture(scope="module")
def server() -> Iterator[Counter]:
    running = Counter()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def counter(server: Counter) -> Counter:
    server.done = 0
    server.ask("DELETE", "/_sandbox/faults")
    server.ask("DELETE", "/_sandbox/calls")
    server.clock.forward(-server.clock.offset.total_seconds())
    return server


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [
        ({"kind": "status", "status": 403, "headers": {"Retry-After": "60"}}, 403, 0),
        ({"kind": "status", "status": 200}, 200, 0),
        ({"kind": "challenge"}, 202, 0),
        ({"kind": "reset"}, None, 0),
        ({"kind": "delay", "seconds": 0.01}, 201, 1),
        ({"kind": "headers", "headers": {"X-RateLimit-Remaining": "0"}}, 201, 1),
        ({"kind": "empty"}, 201, 1),
        ({"kind": "cut"}, None, 1),
        ({"kind": "lost"}, None, 1),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_a_fault_strikes_once_and_does_its_work_or_not(
    counter: Counter, fault: dict[str, Any], status: int | None, done: int
) -> None:
    assert counter.plan(method="POST", path="things", **fault).status_code == 201

    try:
        seen: int | None = counter.ask("POST", "/things").status_code
    except requests.RequestException:
        seen = None

    assert (seen, counter.done) == (status, done)
    assert counter.ask("GET", "/_sandbox/faults").json() == []
    assert counter.ask("POST", "/things").json() == {"done": done + 1}


def test_what_looks_like_success_says_what_it_is_to_those_who_look(counter: Counter) -> None:
    counter.plan(kind="challenge")
    challenged = counter.ask("GET", "/things")
    assert challenged.headers["x-amzn-waf-action"] == "challenge"
    assert challenged.headers["Content-Type"].startswith("text/html")

    counter.plan(kind="empty")
    assert counter.ask("GET", "/things").content == b""

    counter.plan(kind="headers", headers={"X-RateLimit-Remaining": "0"})
    spoilt = counter.ask("GET", "/things")
    assert (spoilt.headers["X-RateLimit-Remaining"], spoilt.json()) == ("0", {"done": 0})


def test_a_fault_waits_for_its_turn_its_path_and_its_caller(counter: Counter) -> None:
    counter.plan(path="things", who="octocat", nth=2, times=2, status=503)

    asked = [counter.ask("GET", "/things", who=who).status_code for who in ("octocat", "hubot") * 4]

    assert asked == [200, 200, 503, 200, 503, 200, 200, 200]


def test_what_is_nested_beyond_all_reason_is_refused(counter: Counter) -> None:
    deep = requests.post(f"{counter.url}/_sandbox/faults", data="[" * 100_000, timeout=30)

    assert deep.status_code == 422


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"kind": "storm"}, "kind"),
        ({"path": "("}, "path"),
        ({"path": "(?=x)"}, "path"),
        ({"path": "x" * 1001}, "path"),
        ({"path": "\ud800"}, "path"),
        ({"nth": -1}, "nth"),
        ({"status": 99}, "status"),
        ({"often": 3}, "often"),
        ({"kind": "headers", "headers": {"X Y": "1"}}, "headers"),
        ({"kind": "headers", "headers": {"Transfer-Encoding": "chunked"}}, "headers"),
        ({"kind": "headers", "headers": {"X-Y": "1\r\nZ: 2"}}, "headers"),
    ],
    ids=lambda value: str(value),
)
def test_a_fault_that_cannot_be_is_refused_in_words(
    counter: Counter, fault: dict[str, Any], word: str
) -> None:
    refused = counter.plan(**fault)

    assert refused.status_code == 422
    assert word in refused.json()["message"]
    assert counter.ask("GET", "/_sandbox/faults").json() == []


def test_calls_are_read_back_by_number_method_path_and_caller(counter: Counter) -> None:
    counter.ask("GET", "/things", who="octocat")
    counter.ask("POST", "/things?colour=blue", who="hubot")
    first, second = counter.ask("GET", "/_sandbox/calls").json()

    assert (second["method"], second["path"], second["status"], second["who"]) == (
        "POST",
        "/things?colour=blue",
        201,
        "hubot",
    )
    for some in (f"since={first['number']}", "method=POST", "path=colour", "who=hubot"):
        assert counter.ask("GET", f"/_sandbox/calls?{some}").json() == [second]
    assert counter.ask("GET", "/_sandbox/calls?path=(").status_code == 422


def test_no_expression_is_slow(counter: Counter) -> None:
    for slow in ("(a+)+$", ".*.*.*.*.*.*c"):
        counter.plan(path=slow)
        assert counter.ask("GET", f"/things?{'a' * 4000}b").status_code == 200
        assert counter.ask("GET", "/_sandbox/calls?" + urlencode({"path": slow})).json() == []


def test_a_record_that_grows_too_long_forgets_its_older_half(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapps.sandbox.observed.REMEMBERED", 4)

    for _ in range(5):
        counter.ask("GET", "/things")

    kept = [call["number"] for call in counter.ask("GET", "/_sandbox/calls").json()]
    assert len(kept) == 3
    assert kept == sorted(kept)


def test_time_passes_on_demand(counter: Counter) -> None:
    counter.ask("POST", "/_sandbox/clock", {"forward": 3600})
    told = counter.ask("POST", "/_sandbox/clock", {"forward": 60}).json()

    assert told["offset"] == 3660
    assert told["now"] == counter.clock.timestamp
    told_by_header = parsedate_to_datetime(counter.ask("GET", "/things").headers["Date"])
    assert abs(told_by_header - counter.clock.now) < timedelta(seconds=5)
    assert counter.ask("POST", "/_sandbox/clock", {"offset": 0}).json()["offset"] == 0
    refused: list[Any] = [{"forward": "soon"}, {"back": 1}, {"forward": 1e300}, []]
    for wrong in refused:
        assert counter.ask("POST", "/_sandbox/clock", wrong).status_code == 422
