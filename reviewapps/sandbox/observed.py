"""What both sandbox servers share: every call is written down, faults come on demand, and time can pass.

A test (or a person with curl) plans a fault in one line and reads back what was asked of the world:

    POST   /_sandbox/faults   {"method": "POST", "path": "/v3/apps$", "nth": 1, "kind": "lost"}, or a list of such
    GET    /_sandbox/faults   those still to come
    DELETE /_sandbox/faults   forget them
    GET    /_sandbox/calls    [{"number", "method", "path", "status", "who", "milliseconds", "at"}, …];
                              ?since=NUMBER&method=POST&path=REGEX&who=NAME for some of them
    DELETE /_sandbox/calls    forget them
    GET    /_sandbox/clock    {"now", "offset"}
    POST   /_sandbox/clock    {"forward": 600}: let ten minutes pass; {"offset": 0}: be on time again
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.expressions import expression
from reviewapps.sandbox.faults import AnswerLost, Fault
from reviewapps.sandbox.replies import heard
from reviewapps.sandbox.visitors import only_from_here

REMEMBERED = 100_000
"""So many calls are kept; a sandbox may run for weeks."""

_FAULTS = TypeAdapter(list[Fault])


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


class Shift(BaseModel):
    """What is to become of the time."""

    model_config = ConfigDict(extra="forbid")

    forward: float = 0.0
    offset: float | None = None


class Observed:
    """The calls that one server (by name) was asked, the faults it has still to show, and its clock."""

    def __init__(
        self,
        who: Callable[[web.Request], str] = lambda _: "",
        clock: Clock | None = None,
        *,
        server: str = "",
    ) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._who = who
        self._server = server
        self._clock = clock or Clock()
        self._number = 0

    def plan(self, fault: Fault) -> None:
        """Let ``fault`` happen."""
        self.faults.append(fault)

    def asked(self, method: str = "", path: str = "") -> Iterator[Call]:
        """The calls so far of this method whose path and query match the regular expression."""
        has = expression(path)
        return (c for c in self.calls if method in ("", c.method) and has(c.path))

    def install(self, app: web.Application) -> None:
        """Let in who may come, watch them before all else in ``app``, and mount the control routes."""
        app.middlewares[:0] = [only_from_here, self._middleware()]
        app.router.add_get("/_sandbox/calls", self._list_calls)
        app.router.add_delete("/_sandbox/calls", self._forget_calls)
        app.router.add_get("/_sandbox/faults", self._list_faults)
        app.router.add_post("/_sandbox/faults", self._plan_faults)
        app.router.add_delete("/_sandbox/faults", self._forget_faults)
        app.router.add_get("/_sandbox/clock", self._tell_time)
        app.router.add_post("/_sandbox/clock", self._shift_clock)

    def _middleware(self) -> Middleware:
        @web.middleware
        async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/_sandbox/"):
                return await handler(request)
            began, at, who = time.monotonic(), time.time(), self._who(request)
            status = 0
            try:
                response = await self._answer(request, heard(self._server, handler), who)
                status = response.status
                if not response.prepared:
                    response.headers.setdefault("Date", format_datetime(self._clock.now, usegmt=True))
                return response
            except web.HTTPException as stopped:
                status = stopped.status
                raise
            except AnswerLost:
                return web.Response()  # goes nowhere: the connection is gone
            finally:
                self._remember(request, status, who, time.monotonic() - began, at)

        return observe

    async def _answer(self, request: web.Request, handler: Handler, who: str) -> web.StreamResponse:
        if not self.faults:
            return await handler(request)
        struck = [fault for fault in self.faults if fault.strikes(request.method, request.path_qs, who)]
        self.faults = [fault for fault in self.faults if not fault.spent]
        return await (struck[0].answer(request, handler) if struck else handler(request))

    def _remember(self, request: web.Request, status: int, who: str, seconds: float, at: float) -> None:
        self._number += 1
        spent = int(seconds * 1000)
        self.calls.append(Call(self._number, request.method, request.path_qs, status, who, spent, at))
        if len(self.calls) > REMEMBERED:
            del self.calls[: REMEMBERED // 2]

    async def _list_calls(self, request: web.Request) -> web.Response:
        asked = request.query
        try:
            since = int(asked.get("since", 0))
            found = list(self.asked(asked.get("method", ""), asked.get("path", "")))
        except ValueError as wrong:
            return _refusal(str(wrong))
        who = asked.get("who", "")
        return web.json_response([asdict(c) for c in found if c.number > since and who in ("", c.who)])

    async def _forget_calls(self, _: web.Request) -> web.Response:
        self.calls.clear()
        return web.Response(status=204)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(_FAULTS.dump_python(self.faults))

    async def _plan_faults(self, request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            planned = _FAULTS.validate_python(wanted if isinstance(wanted, list) else [wanted])
        except (ValueError, RecursionError) as wrong:
            return _refusal(_words(wrong))
        self.faults.extend(planned)
        return web.json_response(_FAULTS.dump_python(planned), status=201)

    async def _forget_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)

    async def _tell_time(self, _: web.Request) -> web.Response:
        clock = self._clock
        return web.json_response({"now": clock.timestamp, "offset": clock.offset.total_seconds()})

    async def _shift_clock(self, request: web.Request) -> web.Response:
        try:
            wanted = Shift.model_validate_json(await request.read())
        except ValidationError as wrong:
            return _refusal(_words(wrong))
        try:
            if wanted.offset is not None:
                self._clock.offset = timedelta(seconds=wanted.offset)
            self._clock.forward(wanted.forward)
        except (OverflowError, ValueError):
            return _refusal("that is further than time goes")
        return await self._tell_time(request)


def _words(wrong: Exception) -> str:
    """Why a plan cannot be carried out, naming each field."""
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    details: list[Any] = [*wrong.errors(include_url=False)]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in details)


def _refusal(message: str) -> web.Response:
    return web.json_response({"message": message}, status=422)
