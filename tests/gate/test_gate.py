"""The gate by itself: who comes in, where it leads, and what becomes of a request on its way."""

from __future__ import annotations

import base64
import http.client
import io
import itertools
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import requests

from reviewapps.demo.onlooker import until
from reviewapps.gate import archive, gate_of
from reviewapps.model import Secret
from tests.gate.conftest import BYPASS, DOMAIN, PASSWORD, SIGNED, Scene, raw, scene

HTML = {"Accept": "text/html"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# --- who comes in ---


def test_a_stranger_reads_a_form_and_no_robot_an_index(gate: Scene) -> None:
    page = gate.ask('/orders?a="><script>', headers=HTML)
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (401, "noindex, nofollow")
    assert page.headers["WWW-Authenticate"].startswith("Cookie ")
    assert 'name="password"' in page.text and "<script>" not in page.text
    assert gate.ask("/").headers["WWW-Authenticate"].startswith("Basic ")
    assert gate.asked == []


def test_the_password_brings_a_cookie_for_this_host_and_twelve_hours(gate: Scene) -> None:
    entered = gate.enter(to="/orders?page=2")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/orders?page=2")
    words = entered.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} < set(words) and "Secure" not in words
    cookie = {"Cookie": words[0]}
    assert gate.ask("/orders", headers=cookie).text == "GET /orders 0"

    other = f"http://other.{DOMAIN}:{gate.port}/"
    assert gate.ask(url=other, headers=cookie).status_code == 401
    forged = {"Cookie": words[0][:-1] + ("0" if words[0][-1] != "0" else "1")}
    longer = {"Cookie": words[0].replace("=", "=9", 1)}
    assert {gate.ask(headers=h).status_code for h in (forged, longer, {"Cookie": "reviewapps_gate=x"})} == {
        401
    }
    gate.now[0] += 12 * 3600 + 1
    assert gate.ask(headers=cookie).status_code == 401


def test_where_the_preview_is_https_the_cookie_is_secure(gate: Scene) -> None:
    secure = gate.ask(
        "/", "POST", url=f"https://shop.{DOMAIN}/_gate/enter", data={"password": PASSWORD, "to": "/"}
    )
    assert "Secure" in secure.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: 1", "", "/é/evil.example"]
)
def test_the_form_leads_nowhere_else(gate: Scene, to: str) -> None:
    assert gate.enter(to=to).headers["Location"] == "/"


def test_curl_comes_in_with_basic_authentication(gate: Scene) -> None:
    assert gate.ask(headers=basic("preview", PASSWORD)).status_code == 200
    assert "Authorization" not in gate.asked[-1].headers
    assert gate.ask(headers=basic("preview", "guess")).status_code == 401
    assert gate.ask(headers=basic("somebody", PASSWORD)).status_code == 401
    assert gate.ask(headers={"Authorization": "Basic ?"}).status_code == 401


@pytest.mark.parametrize("way", ["cookie", "bypass"])
def test_no_preview_sees_the_password_of_who_came_in_by_something_else_too(gate: Scene, way: str) -> None:
    also = gate.cookie() if way == "cookie" else {"X-Reviewapps-Bypass": BYPASS}
    assert gate.ask(headers={**basic("preview", PASSWORD), **also}).status_code == 200
    assert "Authorization" not in gate.asked[-1].headers
    assert gate.ask(headers={**basic("somebody", "theirs"), **also}).status_code == 200
    assert "Authorization" in gate.asked[-1].headers


def test_the_secret_header_comes_in_and_is_not_handed_on(gate: Scene) -> None:
    assert gate.ask(headers={"X-Reviewapps-Bypass": BYPASS}).status_code == 200
    assert "X-Reviewapps-Bypass" not in gate.asked[-1].headers
    assert gate.ask(headers={"X-Reviewapps-Bypass": BYPASS + "?"}).status_code == 401
    assert gate.ask(headers={"X-Reviewapps-Bypass": ""}).status_code == 401


def test_whoever_guesses_waits_and_the_others_do_not(gate: Scene) -> None:
    far = {"X-Forwarded-For": "1.1.1.1, 8.8.8.8, 10.0.0.7"}
    near = {"X-Forwarded-For": "8.8.8.8, 9.9.9.9, 10.0.0.7"}
    statuses = [gate.enter("guess", headers=far).status_code for _ in range(10)]
    assert statuses == [401] * 10
    stopped = gate.enter(headers=far)
    assert (stopped.status_code, stopped.headers["Retry-After"]) == (429, "600")
    assert gate.ask(headers={**basic("preview", PASSWORD), **far}).status_code == 429
    assert gate.enter(headers=near).status_code == 303
    assert gate.ask(headers={**gate.cookie(), **far}).status_code == 200
    gate.now[0] += 601
    assert gate.enter(headers=far).status_code == 303


def test_all_addresses_of_one_network_guess_as_one(gate: Scene) -> None:
    statuses = [
        gate.enter("guess", headers={"X-Forwarded-For": f"2a01:1:2:3::{host:x}, 10.0.0.7"}).status_code
        for host in range(11)
    ]
    assert statuses == [401] * 10 + [429]
    assert gate.enter(headers={"X-Forwarded-For": "2a01:1:2:4::1, 10.0.0.7"}).status_code == 303


def test_a_form_that_does_not_come_in_keeps_no_place() -> None:
    with scene(form_within=0.3) as gate, socket.create_connection(("127.0.0.1", gate.gate_port)) as line:
        line.settimeout(10)
        there = {
            "X-CF-Forwarded-Url": f"http://{gate.netloc}/_gate/enter",
            **SIGNED,
            "Content-Length": "4000",
        }
        line.sendall(
            "\r\n".join(["POST / HTTP/1.1", *(f"{n}: {v}" for n, v in there.items()), "", ""]).encode()
        )
        with pytest.raises(OSError):  # a byte now and then makes it no younger
            for _ in range(400):
                line.sendall(b"a")
                time.sleep(0.02)


def test_where_it_does_not_ask_everybody_comes_in_and_no_robot_indexes() -> None:
    with scene(asks=False) as gate:
        page = gate.ask("/orders")
        assert (page.text, page.headers["X-Robots-Tag"]) == ("GET /orders 0", "noindex, nofollow")


# --- where it leads ---


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://shop.apps.localhost.evil.example/",
        "http://evil.example/?.apps.localhost",
        "http://apps.localhost/",
        "http://review-gate.apps.localhost/",
        "http://[::1/",
        "ftp://shop.apps.localhost/",
        "shop.apps.localhost",
        "http://shop.apps.localhost:port/",
    ],
)
def test_it_leads_nowhere_but_to_previews(gate: Scene, url: str) -> None:
    answer = gate.ask(url=url, headers={"X-Reviewapps-Bypass": BYPASS})
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (400, "noindex, nofollow")


@pytest.mark.parametrize("missing", SIGNED)
def test_what_the_router_has_not_signed_is_refused(gate: Scene, missing: str) -> None:
    answer = gate.ask(headers={missing: None, "X-Reviewapps-Bypass": BYPASS})
    assert answer.status_code == 400 and gate.asked == []


def test_its_own_address_shows_nothing_but_that_it_is_well(gate: Scene) -> None:
    own = f"http://127.0.0.1:{gate.gate_port}"
    bypass = {"X-Reviewapps-Bypass": BYPASS}
    assert requests.get(own + "/", timeout=30).status_code == 404
    assert requests.get(own + "/_gate/visits", timeout=30).status_code == 404
    assert requests.get(own + "/_gate/health", timeout=30).text == "ok\n"
    gate.ask(headers=bypass)
    assert requests.get(own + "/_gate/visits", headers=bypass, timeout=30).json() == {}
    gate.ask(headers=gate.cookie())
    assert list(requests.get(own + "/_gate/visits", headers=bypass, timeout=30).json()) == [f"shop.{DOMAIN}"]


# --- on the way ---


def test_all_but_what_opens_the_gate_reaches_the_preview(gate: Scene) -> None:
    cookie = gate.cookie()["Cookie"]
    mine = {
        "Authorization": "Bearer mine",
        "X-Real": "yes",
        "Connection": "x-hop",
        "X-Hop": "1",
        "TE": "gzip",
    }
    gate.ask("/a%20b?c=%2F&d", headers={**mine, "Cookie": f"a=1; {cookie}; b=2"})
    seen = gate.asked[-1].headers
    assert gate.asked[-1].path == "/a%20b?c=%2F&d"
    assert (seen["Authorization"], seen["X-Real"], seen["Cookie"]) == ("Bearer mine", "yes", "a=1; b=2")
    assert (seen["Host"], seen["X-Hop"], seen["TE"]) == (gate.netloc, None, None)
    assert {name: seen[name] for name in SIGNED} == SIGNED
    assert seen["X-CF-Forwarded-Url"] == f"http://{gate.netloc}/a%20b?c=%2F&d"


def test_the_preview_cannot_take_the_marks_off_its_answers(gate: Scene) -> None:
    answer = gate.ask(headers={"X-Reviewapps-Bypass": BYPASS})
    assert (answer.headers["X-Robots-Tag"], answer.headers["X-Reviewapps-Gate"]) == (
        "noindex, nofollow",
        "passed",
    )
    assert answer.headers["Set-Cookie"] == "a=1" and "Keep-Alive" not in answer.headers
    moved = gate.ask("/moved", headers={"X-Reviewapps-Bypass": BYPASS})
    assert (moved.status_code, moved.headers["Location"]) == (302, "https://elsewhere.example.gov/?a=%20b")


def test_uploads_pass_whole_with_a_length_or_in_chunks(gate: Scene) -> None:
    bypass = {"X-Reviewapps-Bypass": BYPASS}
    size = 5_000_000
    assert gate.ask("/up", "POST", data=b"x" * size, headers=bypass).text == f"POST /up {size}"
    pieces = itertools.repeat(b"y" * 1000, 3000)
    assert gate.ask("/up", "PUT", data=pieces, headers=bypass).text == "PUT /up 3000000"
    assert gate.ask("/up", "BREW", headers=bypass).text == "BREW /up 0"
    head = gate.ask("/up", "HEAD", headers=bypass)
    assert (head.status_code, head.headers["Content-Length"], head.text) == (200, "10", "")


def test_an_upload_by_a_stranger_is_refused_without_being_read(gate: Scene) -> None:
    request = (
        f"POST / HTTP/1.1\r\nHost: review-gate.{DOMAIN}\r\nX-CF-Forwarded-Url: http://{gate.netloc}/\r\n"
        "X-CF-Proxy-Signature: s\r\nX-CF-Proxy-Metadata: m\r\nContent-Length: 1000000\r\n\r\nGET /smuggled"
    )
    answer = raw(gate.gate_port, request.encode())
    assert answer.startswith(b"HTTP/1.1 401 ") and answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer


def test_an_answer_streams_while_it_is_made(gate: Scene) -> None:
    answer = gate.ask("/drip", headers={"X-Reviewapps-Bypass": BYPASS}, stream=True)
    pieces = answer.iter_content(None)
    assert next(pieces) == b"first"
    gate.more.set()
    assert b"".join(pieces) == b"second"


def test_an_answer_that_breaks_off_is_seen_to_break_off(gate: Scene) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        gate.ask("/broken", headers={"X-Reviewapps-Bypass": BYPASS})


@pytest.mark.parametrize("path", ["/both", "/odd"])
def test_no_preview_answers_for_another(gate: Scene, path: str) -> None:
    there = {"X-CF-Forwarded-Url": f"http://{gate.netloc}{path}", **SIGNED, "X-Reviewapps-Bypass": BYPASS}
    asked = "\r\n".join(["GET / HTTP/1.1", *(f"{n}: {v}" for n, v in there.items()), "", ""]).encode()
    head, _, body = raw(gate.gate_port, asked).partition(b"\r\n\r\n")
    assert b"Content-Length" not in head and b"Transfer-Encoding: chunked" in head
    size, _, rest = body.partition(b"\r\n")
    assert rest[int(size, 16) :] == b"\r\n0\r\n\r\n"


def test_a_preview_that_does_not_answer_is_a_plain_page(gate: Scene) -> None:
    bypass = {"X-Reviewapps-Bypass": BYPASS}
    mute = gate.ask("/mute", headers=bypass)
    away = gate.ask(url=f"http://shop.{DOMAIN}:1/", headers=bypass)
    for answer in (mute, away):
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (502, "noindex, nofollow")
        assert "does not answer" in answer.text and "passed" not in answer.headers["X-Reviewapps-Gate"]


def test_connections_are_kept_from_one_request_to_the_next(gate: Scene) -> None:
    line = http.client.HTTPConnection("127.0.0.1", gate.gate_port, timeout=30)
    headers = {"X-CF-Forwarded-Url": f"http://{gate.netloc}/", **SIGNED, "X-Reviewapps-Bypass": BYPASS}
    for _ in range(3):
        line.request("GET", "/", headers=headers)
        assert line.getresponse().read() == b"GET / 0"
        assert line.sock is not None
    line.close()


def test_what_is_under_way_is_ended_before_the_gate_goes(tmp_path: Path) -> None:
    keys = gate_of("review-gate", Secret(PASSWORD), Secret(BYPASS), whose="acme")
    zipfile.ZipFile(io.BytesIO(archive())).extractall(tmp_path)
    with scene() as other, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other.gate_port = free.getsockname()[1]
        free.close()
        here = {"PORT": str(other.gate_port), "VCAP_APP_HOST": "127.0.0.1"}
        told = {**os.environ, **keys.variables(DOMAIN), **here}
        process = subprocess.Popen([sys.executable, "-m", "gate"], cwd=tmp_path, env=told)
        until("the gate", lambda: is_up(other.gate_port))
        answer = other.ask("/drip", headers={"X-Reviewapps-Bypass": BYPASS}, stream=True)
        pieces = answer.iter_content(None)
        assert next(pieces) == b"first"
        process.terminate()
        until("its door is closed", lambda: not is_up(other.gate_port))
        assert process.poll() is None
        other.more.set()
        assert b"".join(pieces) == b"second"
        assert process.wait(10) == 0


def is_up(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
