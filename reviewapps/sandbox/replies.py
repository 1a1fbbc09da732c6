"""What the servers answer, told to whoever wants to hear of it: the tests check every single answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler


@dataclass(frozen=True)
class Reply:
    """One answer of a server. ``template`` is the router's own word for the path that was asked, and empty
    where there is no such path; ``body`` is None where it is sent bit by bit."""

    server: str
    method: str
    template: str
    status: int
    body: bytes | None = b""
    content_type: str = "application/json"
    location: str = ""


listeners: list[Callable[[Reply], None]] = []
"""Who hears of every reply of every server in this process, also of one that a fault then loses. They are
called in the servers' own threads."""


def heard(server: str, handler: Handler) -> Handler:
    """The handler, of whose replies the listeners hear."""
    if not listeners:
        return handler

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as stopped:
            _tell(_reply(server, request, stopped))
            raise
        _tell(_reply(server, request, response))
        return response

    return told


def _reply(server: str, request: web.Request, response: web.StreamResponse) -> Reply:
    resource = request.match_info.route.resource
    return Reply(
        server,
        request.method,
        resource.canonical if resource else "",
        response.status,
        _body(response),
        response.content_type,
        response.headers.get("Location", ""),
    )


def _body(response: web.StreamResponse) -> bytes | None:
    body = (response.body or b"") if isinstance(response, web.Response) else None
    return bytes(body) if isinstance(body, bytes | bytearray) else None


def _tell(reply: Reply) -> None:
    for listener in listeners:
        listener(reply)
