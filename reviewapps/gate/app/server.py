"""Requests from the router: asked for the password, or sent on."""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

from .body import PIECE, Body, Misdirected
from .entrance import TooManyGuesses, is_for_us
from .forwarding import (
    FORWARDED_URL,
    PASSED,
    ROBOTS,
    Destination,
    Unheard,
    back,
    destination,
    onward,
    sent,
)
from .gate import Gate
from .guesses import WINDOW, asking_address
from .pages import form, page

ENTER = "/_gate/enter"
HEALTH = "/_gate/health"
VISITS = "/_gate/visits"

LONGEST_FORM = 4096
NOINDEX = "noindex, nofollow"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Without a form-action: browsers hold it against every redirect after the form, such as a preview's own login."""


class Handler(BaseHTTPRequestHandler):
    """One connection of the router's."""

    gate: ClassVar[Gate]
    protocol_version = "HTTP/1.1"
    timeout = 900

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method, also those that nobody has heard of
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        self._body: Body | None = None
        with self.gate.place() as fits:
            try:
                self._body = Body(self.headers, self.rfile)
                if not fits:
                    self._say(
                        503, page("Too busy", "Too many people are here at once."), {"Retry-After": "5"}
                    )
                elif FORWARDED_URL in self.headers:
                    self._answer_for(destination(self.headers, self.gate.domains))
                else:
                    self._answer_myself()
            except (Misdirected, ValueError) as wrong:
                self._say(400, page("Not for here", str(wrong)))
            except OSError:
                self.close_connection = True  # whoever asked has gone
        if not self._body_is_read():
            self.close_connection = True

    # --- the gate itself ---

    def _answer_myself(self) -> None:
        if self.path == HEALTH:
            self._say(200, "ok\n", {"Content-Type": "text/plain"})
        elif self.path == VISITS and self.gate.entrance.has_bypass(self.headers):
            self._say(200, json.dumps(self.gate.visits()), {"Content-Type": "application/json"})
        else:
            self._say(404, page("Nothing here", "This is the gate of the previews. It has no pages."))

    def _answer_for(self, there: Destination) -> None:
        entrance, headers = self.gate.entrance, self.headers
        bypass = entrance.has_bypass(headers)
        try:
            if there.path == ENTER and self.command == "POST" and entrance.asks:
                return self._enter(there)
            known = bypass or not entrance.asks or entrance.has_cookie(headers, there.host)
            if not known and not entrance.has_password(headers, self._address):
                return self._ask(there)
        except TooManyGuesses:
            return self._ask(there, 429, "Too many wrong guesses. Try again in ten minutes.")
        if not bypass:
            self.gate.visit(there.host)
        return self._forward(there, ours=entrance.asks and is_for_us(headers))

    def _enter(self, there: Destination) -> None:
        """Let in whom the form brings, with a cookie, to where they wanted to go."""
        body = self._request_body
        if body.length > LONGEST_FORM or body.chunked:
            return self._say(413, page("Too long", "No password is as long as this."))
        said = parse_qs(self._form(body).decode(errors="replace"), keep_blank_values=True)
        to = said.get("to", ["/"])[0]
        plain = to.startswith("/") and to[1:2] not in ("/", "\\") and to.isascii() and to.isprintable()
        local = to if plain else "/"
        if not self.gate.entrance.is_password(said.get("password", [""])[0], self._address):
            return self._ask(there, 401, "That was not the password.", local)
        cookie = self.gate.entrance.cookie(there.host, there.secure)
        return self._say(303, "", {"Location": local, "Set-Cookie": cookie})

    def _form(self, body: Body) -> bytes:
        """All of a form. Raises TimeoutError where it does not come in time: strangers send it, and there is room
        for so many at once."""
        said, ends = b"", time.monotonic() + self.gate.form_within
        self.connection.settimeout(self.gate.form_within)
        for piece in body.pieces():
            said += piece
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.connection.settimeout(left)
        self.connection.settimeout(self.timeout)
        return said

    def _ask(self, there: Destination, status: int = 401, alert: str = "", to: str = "") -> None:
        """Curl is asked for Basic authentication, which browsers would not let anybody see the form for."""
        wants_page = "text/html" in self.headers.get("Accept", "")
        scheme = "Cookie" if wants_page or self.command == "POST" else "Basic"
        more = {"WWW-Authenticate": f'{scheme} realm="preview"', "Cache-Control": "no-store"}
        if status == 429:
            more = {"Retry-After": str(int(WINDOW)), "Cache-Control": "no-store"}
        back_to = to or (there.target if self.command in ("GET", "HEAD") else "/")
        self._say(status, form(there.netloc, ENTER, back_to, alert), more)

    def _say(self, status: int, text: str, more: dict[str, str] | None = None) -> None:
        """An answer of the gate's own. What was not read of the request is not waited for."""
        said = text.encode()
        self.send_response_only(status)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(said)),
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            ROBOTS: NOINDEX,
            PASSED: "refused" if status >= 400 else "said",
            **(more or {}),
        }
        if not self._body_is_read():
            headers["Connection"] = "close"
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    # --- to the preview and back ---

    def _forward(self, there: Destination, *, ours: bool) -> None:
        try:
            connection, answer = sent(
                self.command, there, onward(self.headers, there, ours), self._request_body
            )
        except Unheard as why:
            print(f"{there.host} did not answer: {why}", file=sys.stderr, flush=True)
            self._say(502, page("The preview does not answer", "It may be starting. Try again soon."))
            return
        with contextlib.closing(connection), contextlib.closing(answer):
            self._pass_on(answer)

    def _pass_on(self, answer: http.client.HTTPResponse) -> None:
        bodiless = self.command == "HEAD" or answer.status in (204, 304) or answer.status < 200
        chunked = not bodiless and answer.length is None
        self.send_response_only(answer.status, answer.reason)
        for name, value in (*back(answer), (ROBOTS, NOINDEX), (PASSED, "passed")):
            if (
                not chunked or name.lower() != "content-length"
            ):  # else what comes behind it would be an answer
                self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        if not self._body_is_read():
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless and not self._passed_on_whole(answer, chunked):
            self.close_connection = True  # it broke off: let that be seen

    def _passed_on_whole(self, answer: http.client.HTTPResponse, chunked: bool) -> bool:
        promised, size = answer.length, 0
        try:
            while piece := answer.read1(PIECE):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                size += len(piece)
        except http.client.HTTPException:
            return False
        self.wfile.write(b"0\r\n\r\n" if chunked else b"")
        return promised is None or size == promised

    @property
    def _request_body(self) -> Body:
        assert self._body is not None  # noqa: S101 - made before anything else is done
        return self._body

    def _body_is_read(self) -> bool:
        return self._body is not None and self._body.read_whole

    @property
    def _address(self) -> str:
        return asking_address(self.headers, self.client_address[0])

    def log_message(self, format: str, *args: object) -> None:
        """The router's access log has it all; here it would only hold what nobody should read."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def serving(gate: Gate, host: str, port: int) -> Server:
    """A server that is ready to serve; port 0 is any free one."""
    handler = type("GateHandler", (Handler,), {"gate": gate})
    return Server((host, port), handler)
