"""What both sandbox servers share: every call is written down, and faults come on demand.

A test (or a person with curl) plans a fault in one line and reads back what was asked of the world:

    POST   /_sandbox/faults   {"method": "POST", "path": "/v3/apps$", "nth": 1, "kind": "lost"}
    GET    /_sandbox/faults   those still to come
    DELETE /_sandbox/faults   forget them
    GET    /_sandbox/calls    [{"number", "method", "path", "status", "who", "milliseconds", "at"}, …]
    DELETE /_sandbox/calls    forget them
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Kind = Literal["status", "delay", "reset", "cut", "lost"]


@dataclass
class Fault:
    """Something that goes wrong with the ``nth`` call (and ``times`` - 1 after it) that matches.

    ``status`` answers at once and does nothing; ``delay`` waits ``seconds``, then goes on; ``reset`` drops
    the connection before anything is done; ``cut`` does the work and sends half of the body; ``lost`` does
    the work and drops the connection. ``path`` is a regular expression, searched for in path and query.
    """

    path: str = ""
    method: str = ""
    kind: Kind = "status"
    nth: int = 1
    times: int = 1
    status: int = 502
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether this call is one of those that go wrong. Counts the call."""
        if self.method not in ("", method) or not re.search(self.path, path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    @property
    def spent(self) -> bool:
        return self.seen >= self.nth + self.times - 1


@dataclass(frozen=True)
class Call:
    """One answered (or broken) request. ``path`` has its query; ``status`` is 0 where the answer was lost;
    ``at`` is when it came, seconds since 1970."""

    number: int
    method: str
    path: str
    status: int
    who: str
    milliseconds: int
    at: float = 0.0


class Observed:
    """The calls that one server was asked, and the faults it has still to show."""

    def __init__(self, who: Callable[[web.Request], str] = lambda _: "") -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._who = who
        self._number = 0

    def plan(self, fault: Fault) -> None:
        """Let ``fault`` happen."""
        self.faults.append(fault)

    def asked(self, method: str = "", path: str = "") -> Iterator[Call]:
        """The calls so far of this method whose path and query match the regular expression."""
        return (c for c in self.calls if method in ("", c.method) and re.search(path, c.path))

    def install(self, app: web.Application) -> None:
        """Put the middleware first in ``app`` and mount the control routes."""
        app.middlewares.insert(0, self._middleware())
        app.router.add_get("/_sandbox/calls", self._list_calls)
        app.router.add_delete("/_sandbox/calls", self._forget_calls)
        app.router.add_get("/_sandbox/faults", self._list_faults)
        app.router.add_post("/_sandbox/faults", self._plan_faults)
        app.router.add_delete("/_sandbox/faults", self._forget_faults)

    def _middleware(self) -> Middleware:
        @web.middleware
        async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/_sandbox/"):
                return await handler(request)
            began, at = time.monotonic(), time.time()
            status = 0
            try:
                response = await self._answer(request, handler)
                status = response.status
                return response
            except web.HTTPException as stopped:
                status = stopped.status
                raise
            except _AnswerLostError:
                return web.Response()  # goes nowhere: the connection is gone
            finally:
                self._number += 1
                spent = int((time.monotonic() - began) * 1000)
                who = self._who(request)
                call = Call(self._number, request.method, request.path_qs, status, who, spent, at)
                self.calls.append(call)

        return observe

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        struck = [fault for fault in self.faults if fault.strikes(request.method, request.path_qs)]
        self.faults = [fault for fault in self.faults if not fault.spent]
        fault = struck[0] if struck else None
        if fault is None:
            return await handler(request)
        if fault.kind == "status":
            return web.Response(status=fault.status, text=fault.body, headers=fault.headers)
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        if fault.kind == "reset":
            raise _drop(request)
        try:
            response = await handler(request)
        except web.HTTPException:
            raise _drop(request) from None
        if fault.kind == "cut" and isinstance(response, web.Response) and response.body:
            await _send_half(request, response)
        raise _drop(request)

    async def _list_calls(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(call) for call in self.calls])

    async def _forget_calls(self, _: web.Request) -> web.Response:
        self.calls.clear()
        return web.Response(status=204)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(fault) for fault in self.faults])

    async def _plan_faults(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        try:
            planned = [Fault(**one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        except TypeError as wrong:
            return web.json_response({"message": str(wrong)}, status=422)
        self.faults.extend(planned)
        return web.json_response([asdict(fault) for fault in planned], status=201)

    async def _forget_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)


class _AnswerLostError(Exception):
    """The connection was dropped on purpose."""


def _drop(request: web.Request) -> _AnswerLostError:
    if request.transport is not None:
        request.transport.abort()
    return _AnswerLostError()


async def _send_half(request: web.Request, response: web.Response) -> None:
    body = bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
    half = web.StreamResponse(status=response.status, headers=response.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
