"""What can be made to go wrong with a call, and what the caller then sees."""

from __future__ import annotations

import asyncio
import re
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from reviewapps.sandbox.expressions import expression

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FRAMING = ("connection", "content-length", "transfer-encoding", "upgrade")
_SMALL = ("application/json", "application/x-www-form-urlencoded")
"""Bodies that are read before anybody waits; what is uploaded is not."""
_CONTROL = re.compile(r"[^\t\x20-\x7e\xa0-\xff]")

Kind = Literal["status", "delay", "headers", "empty", "challenge", "reset", "cut", "lost"]

CHALLENGE = "<html><head><title>Human verification</title></head><body>Checking your browser.</body></html>\n"
"""What the firewall in front of cloud.gov sends to those who ask too much, instead of their answer."""


class Turns:
    """Which of the calls that match a plan is about: the ``nth``, and ``times`` - 1 after it."""

    nth: int
    times: int
    seen: int

    def comes(self) -> bool:
        """Whether the call that matches now is one of them. Counts it."""
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass(config=ConfigDict(extra="forbid"))
class Fault(Turns):
    """Something that goes wrong with the ``nth`` call (and ``times`` - 1 after it) that matches.

    Nothing is done: ``status`` answers with ``status``, ``body`` and ``headers`` (so a 403 with GitHub's limit
    headers, or a 200 without a body); ``challenge`` answers 202 as a web firewall does, which looks like
    success; ``reset`` drops the connection.

    It is done: ``delay`` waits ``seconds`` first; ``headers`` adds ``headers`` to the true answer; ``empty``
    leaves out its body; ``cut`` sends half of it; ``lost`` drops the connection instead.

    ``path`` is a regular expression of RE2, searched for in path and query; ``who`` the caller's name.
    """

    path: str = ""
    method: str = ""
    kind: Kind = "status"
    nth: int = Field(default=1, ge=0)
    times: int = Field(default=1, ge=1)
    who: str = ""
    status: int = Field(default=502, ge=200, le=599)
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    seconds: float = Field(default=0.0, ge=0)
    seen: int = 0

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _FRAMING or _CONTROL.search(value):
                raise ValueError(f"no header that can be sent: {name!r}")
        return headers

    @field_validator("path")
    @classmethod
    def _is_an_expression(cls, path: str) -> str:
        expression(path)
        return path

    def strikes(self, method: str, path: str, who: str) -> bool:
        """Whether this call is one of those that go wrong. Counts the call."""
        if self.method not in ("", method) or self.who not in ("", who) or not expression(self.path)(path):
            return False
        return self.comes()

    @property
    def spent(self) -> bool:
        return self.seen >= self.nth + self.times - 1

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the caller gets instead of ``handler``'s answer. AnswerLost: nothing."""
        match self.kind:
            case "status":
                return web.Response(status=self.status, text=self.body, headers=self.headers)
            case "challenge":
                return challenge()
            case "reset":
                raise _drop(request)
            case "delay":
                if request.content_type in _SMALL:
                    await request.read()  # so that it is done also where the caller has gone meanwhile
                await asyncio.sleep(self.seconds)
                return await handler(request)
        return await self._spoilt(request, await _done(request, handler))

    async def _spoilt(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if self.kind == "headers":
            response.headers.update(self.headers)
            return response
        if self.kind == "empty":
            return web.Response(status=response.status, headers=_without_length(response))
        if self.kind == "cut" and isinstance(response, web.Response) and response.body:
            await _send_half(request, response)
        raise _drop(request)


class AnswerLost(Exception):
    """The connection was dropped on purpose."""


def challenge() -> web.Response:
    """A web firewall's question whether the caller is human, under a status that looks like success."""
    headers = {"x-amzn-waf-action": "challenge", "Cache-Control": "no-store"}
    return web.Response(status=202, text=CHALLENGE, content_type="text/html", headers=headers)


async def _done(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as stopped:
        return stopped


def _drop(request: web.Request) -> AnswerLost:
    if request.transport is not None:
        request.transport.abort()
    return AnswerLost()


def _without_length(response: web.StreamResponse) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "Content-Length"}


async def _send_half(request: web.Request, response: web.Response) -> None:
    body = bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
    half = web.StreamResponse(status=response.status, headers=response.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
