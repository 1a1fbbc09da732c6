"""A request on its way to the preview, and the answer on its way back; neither is held in memory."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from .body import Body, Misdirected
from .entrance import BYPASS, COOKIE, cookies

CONNECTING = 10.0
ANSWERING = 900.0
"""Seconds without a byte; the router itself waits as long."""

FORWARDED_URL = "X-CF-Forwarded-Url"
SIGNED = ("X-CF-Proxy-Signature", "X-CF-Proxy-Metadata")
PASSED = "X-Reviewapps-Gate"
"""A header of every answer that comes by here: ``passed``, or what the gate itself says."""

ROBOTS = "X-Robots-Tag"
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
_OURS = {PASSED.lower(), ROBOTS.lower()}


class Unheard(Exception):
    """The preview did not answer."""


@dataclass(frozen=True)
class Destination:
    """Where a request goes on to: a host under one of our domains. ``target`` is path and query, as they came."""

    secure: bool
    host: str
    port: int | None
    target: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def netloc(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def connection(self) -> http.client.HTTPConnection:
        # Every name below "localhost" is this machine, also where the system's resolver does not know it.
        there = "127.0.0.1" if self.host.endswith(".localhost") else self.host
        if self.secure:
            trusted = ssl.create_default_context()
            return http.client.HTTPSConnection(there, self.port, timeout=CONNECTING, context=trusted)
        return http.client.HTTPConnection(there, self.port, timeout=CONNECTING)


def destination(headers: Message, domains: tuple[str, ...]) -> Destination:
    """Where the router wants the request to go on to. Raises Misdirected.

    Anybody may call the gate by its own address and write any header, so that neither is believed: it leads to
    hosts under its domains only, never to itself, and the password is asked for whatever the headers say.
    """
    try:
        url = urlsplit(headers[FORWARDED_URL])
        host, port = (url.hostname or "").lower(), url.port
    except ValueError:
        raise Misdirected("the forwarded URL is none") from None
    if url.scheme not in ("http", "https") or not all(headers.get(name) for name in SIGNED):
        raise Misdirected("the router has not sent this")
    myself = headers.get("Host", "").partition(":")[0].lower()
    if host == myself or not any(host.endswith(f".{domain}") for domain in domains):
        raise Misdirected(f"{host} is no preview")
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Destination(url.scheme == "https", host, port, target)


def onward(headers: Message, there: Destination, ours: bool) -> list[tuple[str, str]]:
    """The headers for the preview. What opens the gate is not shown to it: previews run what anybody wrote.

    ``ours`` is whether ``Authorization`` was meant for us; else it is the preview's.
    """
    dropped = {*_hop_by_hop(headers), "host", "cookie", "expect", "content-length", BYPASS.lower()}
    dropped |= {"authorization"} if ours else set()
    kept = [(name, value) for name, value in headers.items() if name.lower() not in dropped]
    theirs = "; ".join(f"{name}={value}" for name, value in cookies(headers) if name != COOKIE)
    return [("Host", there.netloc), *kept, *([("Cookie", theirs)] if theirs else [])]


def sent(
    method: str, there: Destination, headers: list[tuple[str, str]], body: Body
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """The answer to the request, not read yet, and its connection. Raises Unheard."""
    connection = there.connection()
    try:
        connection.putrequest(method, there.target, skip_host=True, skip_accept_encoding=True)
        for name, value in (*headers, *body.headers):
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        connection.sock.settimeout(ANSWERING)
        try:
            for piece in body.pieces():
                connection.send(body.framed(piece))
            connection.send(body.end)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered without reading to the end
        return connection, connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        connection.close()
        raise Unheard(type(wrong).__name__) from wrong


def back(answer: http.client.HTTPResponse) -> list[tuple[str, str]]:
    """The headers of the preview's answer, for whoever asked."""
    dropped = {*_hop_by_hop(answer.headers), *_OURS}
    return [(name, value) for name, value in answer.headers.items() if name.lower() not in dropped]


def _hop_by_hop(headers: Message) -> set[str]:
    named = {name.strip().lower() for value in headers.get_all("Connection", ()) for name in value.split(",")}
    return _HOP_BY_HOP | named
