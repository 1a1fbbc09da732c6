"""Who comes by at a web process that runs as a command."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import requests

from tests.web.serving import SECRET, signature

BODY = b'{"repository": {"full_name": "acme/shop"}}'


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def answers(port: int, path: str) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=2).ok
    except requests.RequestException:
        return False


@contextlib.contextmanager
def half_a_webhook(port: int) -> Iterator[socket.socket]:
    """A connection on which all of a webhook has come but for its body, which is BODY."""
    head = [
        "POST /webhooks/github HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        "X-GitHub-Event: push",
        "X-GitHub-Delivery: 1",
        f"X-Hub-Signature-256: {signature(BODY, SECRET)}",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        slow.sendall("\r\n".join([*head, "", ""]).encode())
        yield slow
