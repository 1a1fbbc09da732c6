"""One request on its way to an instance, and the answer on its way back; nothing is held in memory."""

from __future__ import annotations

import contextlib
import uuid

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance

REQUEST_ID = "X-Vcap-Request-Id"
BODY_BYTES = web.ResponseKey("body_bytes", int)

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OURS_TO_LEAVE_OUT = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


def headers_for(request: web.Request, app_guid: str, instance: Instance) -> CIMultiDict[str]:
    """The headers of ``request`` as an app sees them, with what Gorouter adds."""
    headers = forwarded_headers(request)
    headers["X-CF-ApplicationID"] = app_guid
    headers["X-CF-InstanceID"] = instance.guid
    headers["X-CF-InstanceIndex"] = str(instance.spec.index)
    return headers


def forwarded_headers(request: web.Request) -> CIMultiDict[str]:
    """The headers of ``request`` for whoever it is forwarded to."""
    headers = end_to_end(request.headers)
    headers.popall("Expect", None)  # answered here
    sender = request.remote or "127.0.0.1"
    seen = headers.get("X-Forwarded-For")
    headers["X-Forwarded-For"] = f"{seen}, {sender}" if seen else sender
    headers.setdefault("X-Forwarded-Proto", request.scheme)
    headers.setdefault("X-Forwarded-Host", request.host)
    headers[REQUEST_ID] = str(uuid.uuid4())
    return headers


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """``headers`` without those that belong to one connection."""
    named = {name.strip().lower() for value in headers.getall("Connection", ()) for name in value.split(",")}
    dropped = _HOP_BY_HOP | named
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def url_at(instance: Instance, request: web.Request, scheme: str = "http") -> URL:
    """Where ``instance`` answers this request: its path and query, byte for byte."""
    return URL(f"{scheme}://127.0.0.1:{instance.port}{request.raw_path}", encoded=True)


async def forward(
    request: web.Request, headers: CIMultiDict[str], instance: Instance, client: aiohttp.ClientSession
) -> web.StreamResponse:
    """The answer of ``instance``, already sent. Raises ClientError as long as nothing was sent."""
    return await forward_to(url_at(instance, request), request, headers, client)


async def forward_to(
    url: URL, request: web.Request, headers: CIMultiDict[str], client: aiohttp.ClientSession
) -> web.StreamResponse:
    """The answer that ``url`` gives to this request, already sent. Raises ClientError as long as nothing was.

    Like Gorouter, aiohttp asks once more where it may (GET, PUT, DELETE …) and the app closed without a word.
    """
    async with client.request(
        request.method,
        url,
        headers=headers,
        data=request.content if request.can_read_body else None,
        allow_redirects=False,
        skip_auto_headers=_OURS_TO_LEAVE_OUT,
    ) as answer:
        response = web.StreamResponse(
            status=answer.status, reason=answer.reason, headers=end_to_end(answer.headers)
        )
        response.headers[REQUEST_ID] = headers[REQUEST_ID]
        await _send(request, response, answer)
        return response


async def _send(request: web.Request, response: web.StreamResponse, answer: aiohttp.ClientResponse) -> None:
    response[BODY_BYTES] = 0
    with contextlib.suppress(ConnectionResetError):  # whoever asked has gone
        await response.prepare(request)
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
                response[BODY_BYTES] += len(chunk)
        except aiohttp.ClientPayloadError:  # the app broke off: let it be seen
            if request.transport is not None:
                request.transport.abort()
        await response.write_eof()
