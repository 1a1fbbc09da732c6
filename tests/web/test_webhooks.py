"""What GitHub, and who only says so, sends to ``/webhooks/github``."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from contextlib import suppress
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.coordination.soon import Soon
from tests.coordination.waiting import until
from tests.web.serving import Serving, serving, signature, told

OURS = {"repository": {"full_name": "acme/shop"}}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def asked_for(web: Serving) -> list[str]:
    return [one.repository for one in Soon(web.redis, web.told.prefix).pop(100)]


def counted(web: Serving, result: str) -> float:
    lines = web.ask("/metrics").text.splitlines()
    named = f'reviewapps_webhooks_total{{result="{result}"}} '
    return float(next(line for line in lines if line.startswith(named)).removeprefix(named))


@pytest.mark.parametrize("event", ["pull_request", "push", "create", "delete"])
def test_what_github_signed_brings_its_repository_forward(web: Serving, event: str) -> None:
    answer = web.deliver(OURS, event=event)
    assert (answer.status_code, answer.json()) == (202, {"result": "acme/shop is looked at next"})
    assert asked_for(web) == ["acme/shop"]


def test_github_may_send_a_form_and_write_the_name_as_it_likes(web: Serving) -> None:
    body = b"payload=" + quote(json.dumps({"repository": {"full_name": "ACME/web"}})).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert web.deliver(body=body, headers=form).status_code == 202
    assert asked_for(web) == ["acme/Web"]


def test_a_delivery_counts_once(web: Serving) -> None:
    assert web.deliver(OURS, id="once").json()["result"] == "acme/shop is looked at next"
    assert asked_for(web) == ["acme/shop"]
    again = web.deliver(OURS, id="once")
    assert (again.status_code, again.json()["result"]) == (202, "known already")
    assert asked_for(web) == []


def test_what_somebody_sends_once_more_by_another_name_is_known_too(web: Serving) -> None:
    assert web.deliver(OURS, id="1", event="push").json()["result"] == "acme/shop is looked at next"
    assert asked_for(web) == ["acme/shop"]
    for number, event in enumerate(["push", "create", "pull_request"], start=2):
        assert web.deliver(OURS, id=str(number), event=event).json()["result"] == "known already"
    assert asked_for(web) == [] and len(web.redis.keys("*delivery:*")) == 1
    assert web.deliver(OURS | {"after": "2" * 40}, id="9").json()["result"] == "acme/shop is looked at next"


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"repository": {"full_name": "acme/other"}}, "pull_request"),
        ({"zen": "Keep it logically awesome."}, "ping"),
        (OURS, "star"),
        ({"repository": {"full_name": ["acme/shop"]}}, "push"),
        ({"repository": None}, "push"),
    ],
    ids=["another repository", "ping", "another event", "no name", "no repository"],
)
def test_what_is_not_ours_is_taken_and_nothing_written(web: Serving, payload: object, event: str) -> None:
    answer = web.deliver(payload, event=event)
    assert (answer.status_code, answer.json()) == (202, {"result": "nothing of ours"})
    assert web.redis.dbsize() == 0


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256=" + 64 * "0"},
        {"X-Hub-Signature-256": signature(b"another body")},
        {"X-Hub-Signature-256": signature(json.dumps(OURS).encode(), "another word")},
        {"X-Hub-Signature-256": signature(json.dumps(OURS).encode()).upper()},
        {"X-Hub-Signature-256": signature(json.dumps(OURS).encode()).removeprefix("sha256=")},
        {"X-Hub-Signature-256": "sha256=é".encode()},
    ],
    ids=["none", "zeros", "of another body", "by another word", "capitals", "no scheme", "no ASCII"],
)
def test_what_github_did_not_sign_is_refused_and_nothing_written(
    web: Serving, forged: dict[str, str | bytes]
) -> None:
    before = counted(web, "forged")
    assert web.deliver(OURS, headers=forged).status_code == 401
    assert web.redis.dbsize() == 0
    assert counted(web, "forged") == before + 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"[]", {}),
        (b"\xff\xfe", {}),
        (b"[" * 100_000, {}),
        (b"{}", {"X-GitHub-Delivery": ""}),
        (b"{}", {"X-GitHub-Delivery": "x" * 101}),
        (b"{}", {"X-GitHub-Event": ""}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"payload=1", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"payload={}&payload={}", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"&".join([b"a=1"] * 1000), {"Content-Type": "application/x-www-form-urlencoded"}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_signed_and_makes_no_sense_is_refused(
    web: Serving, body: bytes, headers: dict[str, str]
) -> None:
    assert web.deliver(body=body, headers=headers).status_code == 400
    assert web.redis.dbsize() == 0


def test_a_body_larger_than_githubs_is_not_read(web: Serving) -> None:
    address = urlsplit(web.url)
    for told_size in (f"Content-Length: {26 * 1024 * 1024}", f"Content-Length: {10**19}"):
        with socket.create_connection((address.hostname, address.port or 0), timeout=10) as line:
            line.sendall(f"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\n{told_size}\r\n\r\n".encode())
            assert b" 413 " in line.recv(4096).split(b"\r\n")[0]


def test_a_body_that_grows_larger_than_githubs_is_given_up(web: Serving) -> None:
    chunks = (b" " * 1024 * 1024 for _ in range(26))
    answer = web.ask("/webhooks/github", "POST", data=chunks)
    assert answer.status_code == 413


@pytest.mark.parametrize("begin", ["GET /", "GET / HTTP/1.1\r\nX-Long: ", "GET / HTTP/1.1\r\nX"])
def test_a_head_without_an_end_is_not_kept(web: Serving, begin: str) -> None:
    with _line(web) as line:
        line.sendall(begin.encode())
        answer = _until_hung_up(line, b"x" * 16_384)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 "), "who still sends may not hear the answer"


def test_neither_are_headers_that_come_after_the_body(web: Serving) -> None:
    with _line(web) as line:
        head = "POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(f"{head}1\r\n{{\r\n0\r\n".encode())
        _until_hung_up(line, b"".join(b"X-%d: some words\r\n" % number for number in range(1000)))


def test_a_long_body_and_long_headers_within_reason_are_read(web: Serving) -> None:
    body = json.dumps(OURS | {"words": "x" * 5_000_000}).encode()
    assert web.deliver(body=body, headers={"X-Long": "x" * 40_000}).status_code == 202


def _line(web: Serving) -> socket.socket:
    address = urlsplit(web.url)
    return socket.create_connection((address.hostname, address.port or 0), timeout=10)


def _until_hung_up(line: socket.socket, more: bytes) -> bytes:
    """What the other end says to an endless stream of this, once it takes no more; 10 MB are too many."""
    sent, said = 0, b""
    with suppress(ConnectionError):
        while sent < 10_000_000 and not select.select([line], [], [], 0)[0]:
            line.sendall(more)
            sent += len(more)
        said = line.recv(4096)
    assert sent < 10_000_000, "it takes them all"
    return said


def test_who_hangs_up_in_the_middle_is_nobodys_trouble(web: Serving) -> None:
    address = urlsplit(web.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as line:
        line.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert web.deliver(OURS).status_code == 202


def test_without_a_secret_there_is_no_such_path(server: EmbeddedRedis) -> None:
    with serving(told(server.url, WEBHOOK_SECRET="")) as deaf:
        assert deaf.deliver(OURS).status_code == 404


def test_with_redis_away_github_reads_that_it_is_not_taken() -> None:
    with serving(told("redis://127.0.0.1:9/0")) as alone:
        assert alone.deliver(OURS).status_code == 503
        assert alone.deliver({"zen": "…"}, event="ping").status_code == 202


headers_values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)


@given(
    body=st.binary(max_size=200),
    sent=st.dictionaries(
        st.sampled_from(
            ["X-Hub-Signature-256", "X-GitHub-Event", "X-GitHub-Delivery", "Content-Type", "Cookie", "Host"]
        ),
        headers_values.map(lambda text: text.strip().encode("latin-1")),
    ),
    sign=st.booleans(),
)
@QUICK
def test_whatever_comes_is_answered_and_never_with_a_failure_of_ours(
    web: Serving, body: bytes, sent: dict[str, bytes], sign: bool
) -> None:
    sent.pop("Host", None)
    signed = {"X-Hub-Signature-256": signature(body)} if sign else {}
    assert web.deliver(body=body, headers={**sent, **signed}).status_code in {202, 400, 401}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    payload=json_values
    | st.fixed_dictionaries({"repository": json_values | st.fixed_dictionaries({"full_name": json_values})}),
    event=st.sampled_from(["push", "pull_request", "ping", "x" * 500]),
)
@QUICK
def test_whatever_github_would_sign_is_taken_or_refused(web: Serving, payload: object, event: str) -> None:
    assert web.deliver(payload, event=event).status_code in {202, 400}
    assert asked_for(web) == []


def test_strangers_cannot_fill_the_memory_with_bodies_that_they_do_not_finish(web: Serving) -> None:
    where, size = urlsplit(web.url), 24 * 1024 * 1024
    head = f"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode()
    before = counted(web, "unavailable")
    with contextlib.ExitStack() as open_ones:
        lines = [
            open_ones.enter_context(
                socket.create_connection((str(where.hostname), where.port or 80), timeout=10)
            )
            for _ in range(3)
        ]
        for line in lines:
            with contextlib.suppress(OSError):  # one is not listened to until its end
                line.sendall(head + bytes(size - 1))
        until(lambda: counted(web, "unavailable") == before + 1, "one too many", seconds=9)
        assert web.ask("/healthz").status_code == 200
    until(lambda: web.deliver(OURS).status_code == 202, "room again", seconds=10)
