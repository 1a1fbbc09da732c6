"""What every answer says to browsers, and which names this site answers to."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reviewapps.web.health import ALIVE, READY
from reviewapps.web.webhooks import PATH

SAID: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

OURS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Who is asked for nothing must call us by one of these names: a page elsewhere could lead its own name to this
machine, and a proxy would open to everybody what is meant for this machine alone."""

FOR_ALL: Final = frozenset({PATH, ALIVE, READY})
"""What says nothing that is not for everybody, or asks for a signature."""

MISDIRECTED: Final = (
    "This page is open to its own machine only. To read it under another name, let it ask for a token: "
    "REVIEWAPPS_WEB_TOKEN, or [web] in reviewapps.toml.\n"
)


class SaidToBrowsers:
    """Puts these headers on every answer that does not say otherwise; where ``open``, refuses foreign names."""

    def __init__(self, app: ASGIApp, *, open: bool) -> None:
        self._app = app
        self._open = open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAID.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] == "http" and self._open and scope["path"] not in FOR_ALL and not _is_ours(scope):
            await PlainTextResponse(MISDIRECTED, 421)(scope, receive, send_more)
        else:
            await self._app(scope, receive, send_more)


def _is_ours(scope: Scope) -> bool:
    host = Headers(scope=scope).get("host", "")
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower() in OURS
