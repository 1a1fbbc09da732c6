"""Who is let in: those who come from this machine on purpose, and not a page of somebody else's in a browser.

The sandbox listens on this machine alone, but the browser of whoever runs it is on this machine too. Without
this, any page that is open there could log in with passwords that everybody knows, and push an app, which is to
run a program.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

_HERE = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]+|\[::1\])(:\d{1,5})?")


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for who calls us by a name that somebody else chose (DNS rebinding), and for what a foreign page asks
    of a browser. Following a link to a page of ours is fine."""
    if not _calls_us_by_name(request) or _is_foreign(request):
        text = "The sandbox answers this machine alone, and no pages from elsewhere.\n"
        return web.Response(status=403, text=text)
    return await handler(request)


def _calls_us_by_name(request: web.Request) -> bool:
    host = _HOST.fullmatch(request.headers.get("Host", ""))
    return host is not None and _is_here(host["name"].strip("[]"))


def _is_foreign(request: web.Request) -> bool:
    if "Origin" in request.headers:
        return not _is_here(_hostname(request.headers["Origin"]))
    follows_a_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return request.headers.get("Sec-Fetch-Site") == "cross-site" and not follows_a_link


def _hostname(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _is_here(name: str) -> bool:
    return name.lower() in _HERE
