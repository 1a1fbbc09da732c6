"""A real HTTP server that is told things, and answers as badly as it was told to."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

DEADLINE = 30.0


@dataclass(frozen=True)
class Heard:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["X-GitHub-Event"]

    @property
    def guid(self) -> str:
        return self.headers["X-GitHub-Delivery"]

    @property
    def payload(self) -> Any:
        if self.headers["Content-Type"] == "application/json":
            return json.loads(self.body)
        return json.loads(parse_qs(self.body.decode())["payload"][0])

    @property
    def name(self) -> str:
        """The event, and its action where there is one."""
        action = self.payload.get("action")
        return f"{self.event}.{action}" if action else self.event

    def is_signed_with(self, secret: str) -> bool:
        """Whether both signatures are of this secret over these very bytes."""
        return all(
            self.headers[name] == f"{kind}={hmac.new(secret.encode(), self.body, kind).hexdigest()}"
            for name, kind in (("X-Hub-Signature-256", "sha256"), ("X-Hub-Signature", "sha1"))
        )


class Receiver:
    """Listens on this machine while it lasts. ``status`` is its answer; ``gate`` holds answers back."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status = 202
        self.gate = threading.Event()
        self.gate.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _endpoint(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def names(self) -> list[str]:
        """What was heard, in the order in which it came."""
        return [one.name for one in self.heard]

    def until(self, *names: str) -> list[Heard]:
        """What was heard, once all these came (each as often as it is named)."""
        wait(lambda: all(self.names.count(name) >= names.count(name) for name in names), lambda: self.names)
        return list(self.heard)

    def last(self, name: str) -> Any:
        """The payload of the newest of this name, once it came."""
        return [one for one in self.until(name) if one.name == name][-1].payload


def wait(seen: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Return once it is so; an error with what was ``told`` where it never is."""
    deadline = time.monotonic() + DEADLINE
    while not seen():
        assert time.monotonic() < deadline, told()
        threading.Event().wait(0.01)


def _endpoint(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.append(Heard(dict(self.headers.items()), body))
            receiver.gate.wait(DEADLINE)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"heard\n")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Endpoint
