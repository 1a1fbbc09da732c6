"""Callers who do not go on: each has a time for what it has to send, and then makes room for others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.web.bounded import BoundedHeads
from tests.web.serving import Serving, serving, told

POST = b"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


class Hasty(BoundedHeads):
    head_within = 0.8
    body_within = 0.8


@pytest.fixture(scope="module")
def hasty(server: EmbeddedRedis) -> Iterator[Serving]:
    with serving(told(server.url), http=Hasty) as web:
        yield web


def connected(web: Serving) -> socket.socket:
    address = urlsplit(web.url)
    return socket.create_connection((address.hostname, address.port or 0), timeout=10)


@pytest.mark.parametrize(
    ("begin", "more", "says"),
    [
        (b"", b"", b""),
        (b"GET /healthz HTTP/1.1\r\nX: ", b"x", b""),
        (POST, b" ", b""),
        (GET + b"\r\n", b"\r\n", b"HTTP/1.1 200 OK"),
        (GET + b"Content-Length: 1000\r\n\r\n", b" ", b"HTTP/1.1 200 OK"),
    ],
    ids=["nothing", "a head", "a body", "nothing after an answer", "a body that was answered already"],
)
def test_who_does_not_come_to_an_end_is_hung_up_on(
    hasty: Serving, begin: bytes, more: bytes, says: bytes
) -> None:
    heard, ends = b"", time.monotonic() + 4  # sooner than uvicorn ends a connection where nothing comes
    with connected(hasty) as line:
        line.sendall(begin)
        line.settimeout(0.1)
        with suppress(ConnectionError):
            while time.monotonic() < ends:
                with suppress(TimeoutError):
                    came = line.recv(4096)
                    if not came:
                        break
                    heard += came
                line.sendall(more)
    assert time.monotonic() < ends, "it is still listened to"
    assert heard.startswith(says) and bool(heard) == bool(says)


def test_who_is_slow_and_comes_to_an_end_is_answered_and_may_ask_again(hasty: Serving) -> None:
    with connected(hasty) as line:
        for _ in range(3):
            line.sendall(GET)
            time.sleep(0.3)  # less than half of what it may take; the three take longer together
            line.sendall(b"\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_half_open_connections_keep_nobody_out_for_long(hasty: Serving) -> None:
    silent = [connected(hasty) for _ in range(50)]
    try:
        for line in silent:
            line.settimeout(5)
            with suppress(ConnectionError):
                assert line.recv(1) == b""
        assert hasty.ask("/healthz").status_code == 200
    finally:
        for line in silent:
            line.close()
