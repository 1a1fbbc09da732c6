"""A gate by itself, asked as the router asks it, and a preview behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from reviewapps.gate import gate_of
from reviewapps.gate.app.entrance import Entrance
from reviewapps.gate.app.gate import Gate
from reviewapps.gate.app.server import serving
from reviewapps.model import Secret

PASSWORD, BYPASS = "open sesame", "for tests alone"
SIGNED = {"X-CF-Proxy-Signature": "signed", "X-CF-Proxy-Metadata": "by the router"}
DOMAIN = "apps.localhost"


class Preview(BaseHTTPRequestHandler):
    """Tells what it was asked; what the path says is how it answers."""

    protocol_version = "HTTP/1.1"
    asked: list[Preview]
    more: threading.Event

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._tell
        raise AttributeError(name)

    def _tell(self) -> None:
        type(self).asked.append(self)
        self.body = self._read()
        getattr(self, "_" + self.path.strip("/").partition("?")[0], self._plain)()

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size + 2)[:-2]
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _plain(self) -> None:
        headers = {"X-Robots-Tag": "all", "X-Reviewapps-Gate": "mine", "Set-Cookie": "a=1", "Keep-Alive": "5"}
        self._answer(200, f"{self.command} {self.path} {len(self.body)}".encode(), headers)

    def _moved(self) -> None:
        self._answer(302, b"", {"Location": "https://elsewhere.example.gov/?a=%20b"})

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.more.wait(10)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def _broken(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def _both(self) -> None:
        self._two_lengths("5")

    def _odd(self) -> None:
        self._two_lengths("five")

    def _two_lengths(self, length: str) -> None:
        """What a length does not cover would be the answer to somebody else, on a line that is kept."""
        body = b"fiveHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake"
        self.send_response(200)
        self.send_header("Content-Length", length)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    def _mute(self) -> None:
        self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Scene:
    """``ask`` is what the router does with a request to the preview's own address."""

    gate_port: int
    port: int
    asked: list[Preview]
    more: threading.Event
    now: list[float]
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def netloc(self) -> str:
        return f"shop.{DOMAIN}:{self.port}"

    def ask(
        self, path: str = "/", method: str = "GET", *, url: str | None = None, at: str = "/", **more: Any
    ) -> requests.Response:
        there = {"X-CF-Forwarded-Url": url or f"http://{self.netloc}{path}", **SIGNED}
        headers = {"Host": f"review-gate.{DOMAIN}", **there, **more.pop("headers", {})}
        return self.session.request(
            method,
            f"http://127.0.0.1:{self.gate_port}{at}",
            headers=headers,
            timeout=30,
            allow_redirects=False,
            **more,
        )

    def enter(self, password: str = PASSWORD, to: str = "/", **more: Any) -> requests.Response:
        return self.ask("/_gate/enter", "POST", data={"password": password, "to": to}, **more)

    def cookie(self) -> dict[str, str]:
        """The header of somebody who came in by the form."""
        return {"Cookie": self.enter().headers["Set-Cookie"].partition(";")[0]}


@contextmanager
def scene(*, asks: bool = True, form_within: float = 10.0) -> Iterator[Scene]:
    now = [1_000_000.0]
    keys = gate_of("review-gate", Secret(PASSWORD), Secret(BYPASS), whose="acme", asks=asks)
    entrance = Entrance(bytes.fromhex(keys.root), bytes.fromhex(keys.salt), keys.bypass, asks, lambda: now[0])
    asked: list[Preview] = []
    more = threading.Event()
    shop = type("Shop", (Preview,), {"asked": asked, "more": more})
    preview = ThreadingHTTPServer(("127.0.0.1", 0), shop)
    gate = serving(Gate(entrance, (DOMAIN,), form_within), "127.0.0.1", 0)
    for server in (preview, gate):
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Scene(gate.server_port, preview.server_port, asked, more, now)
    for server in (preview, gate):
        server.shutdown()
        server.server_close()


@pytest.fixture
def gate() -> Iterator[Scene]:
    with scene() as one:
        yield one


def raw(port: int, text: bytes) -> bytes:
    """What comes back for these very bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(text)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))
