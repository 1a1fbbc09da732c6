"""What stands before the Cloud Controller: an nginx that takes request lines of 8 kilobytes.

Some 200 guids in one query are too many for it. It answers in HTML, which no client of the API expects.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.sandbox.cloudfoundry.state import new_guid

LONGEST_LINE = 8 * 1024
"""Of a request line, its CRLF included: nginx's own default, which the platform leaves as it is."""

LONGEST_READ = 1024 * 1024
"""What our own server reads of a line, so that the refusal is the platform's."""

_TOO_LARGE = """<html>
<head><title>414 Request-URI Too Large</title></head>
<body>
<center><h1>414 Request-URI Too Large</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


@web.middleware
async def long_lines_refused(request: web.Request, handler: Handler) -> web.StreamResponse:
    line = f"{request.method} {request.raw_path} HTTP/1.1\r\n"
    if len(line) <= LONGEST_LINE:
        return await handler(request)
    headers = {"Content-Type": "text/html", "X-Vcap-Request-Id": new_guid()}
    page = _TOO_LARGE.replace("\n", "\r\n").encode()
    return web.Response(status=414, reason="Request URI Too Long", body=page, headers=headers)
