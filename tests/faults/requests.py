"""The requests of a day, each known by what it is for and how often it came; and what can go wrong with one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT
from tests.faults.shop import Shop

Server = Literal["github", "cloudfoundry"]
Kind = Literal[
    "500", "502", "503", "429", "403", "reset", "timeout", "lost", "cut", "killed", "emptied", "stopped"
]
WRITES_GO_WRONG: Final[tuple[Kind, ...]] = (
    *("500", "502", "503", "429", "403", "reset", "timeout", "lost"),
    *("killed", "emptied", "stopped"),
)
READS_GO_WRONG: Final[tuple[Kind, ...]] = ("500", "502", "503", "429", "403", "reset", "timeout", "cut")
"""A read whose answer is lost is a read that was reset; one that is cut off is another matter."""

BEFALLS: Final[tuple[Kind, ...]] = ("killed", "emptied", "stopped")
"""The request is done, and in that moment who asked is killed, killed while Redis is emptied, or stopped for
longer than the lease lasts."""

PATIENCE: Final = 2.0
"""Seconds until a request is given up."""

TOO_LONG: Final = 3.0
"""After so many seconds it is done all the same."""

INSISTENT: Final = 4
"""So often a read goes wrong: the clients repeat it by themselves, and some of them twice."""

LIMITS: Final[dict[str, dict[str, Any]]] = {
    "429 github": {"body": '{"message": "Too many requests"}', "headers": {"Retry-After": "1"}},
    "403 github": {
        "body": '{"message": "You have exceeded a secondary rate limit."}',
        "headers": {"Retry-After": "1"},
    },
    "429 cloudfoundry": {
        "body": '{"errors": [{"code": 10013, "title": "CF-RateLimitExceeded", "detail": "Rate Limit Exceeded"}]}',
        "headers": {"Retry-After": "1"},
    },
}
"""How each server says that it was asked too much. Cloud Foundry says it with 429 alone."""

_GUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CHANGING: Final = re.compile(rf"{_GUID}(?:%2C{_GUID})*|[0-9a-f]{{40}}|(?<=/)\d+(?=/|$)")
"""What differs from run to run in the path of the same request: how many it asks for makes it no other."""

_ANYTHING: Final = "[^/?&]+"


@dataclass(frozen=True, order=True)
class Request:
    """The ``nth`` request of this kind in the course of a day; ``path``, a regular expression, has the query."""

    server: Server
    method: str
    path: str
    nth: int

    def __str__(self) -> str:
        words = self.path.strip("^$").replace(_ANYTHING, "*").replace("\\", "")
        return f"{self.method} {words} #{self.nth}"

    @property
    def is_read(self) -> bool:
        """Whether it leaves nothing behind. (What we ask in GraphQL are queries alone.)"""
        return self.method == "GET" or self.path in (r"^/graphql$", r"^/oauth/token$")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can go wrong with it."""
        kinds = READS_GO_WRONG if self.is_read else WRITES_GO_WRONG
        return kinds if self.server == "github" else tuple(kind for kind in kinds if kind != "403")

    def fault(self, kind: Kind) -> Fault:
        """What goes wrong with it; what is to befall who asked is for the caller to say, in ``Blow.falls``."""
        times, who = INSISTENT if self.is_read else 1, BOT if self.server == "github" else ""
        if kind in BEFALLS:
            return Blow(self.path, self.method, nth=self.nth, who=who)
        if kind == "timeout":
            late = Fault if self.is_read else Late
            return late(
                self.path, self.method, nth=self.nth, times=times, who=who, kind="delay", seconds=TOO_LONG
            )
        struck = partial(Fault, self.path, self.method, nth=self.nth, times=times, who=who)
        if kind in ("reset", "lost", "cut"):
            return struck(kind=kind)
        return struck(kind="status", status=int(kind), **LIMITS.get(f"{kind} {self.server}", {}))


class Late(Fault):
    """The call is done when who asked has given it up; it ``is_pending`` until then."""

    is_pending = False

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What nobody is there to hear any more."""
        self.is_pending = True
        try:
            return await super().answer(request, handler)
        finally:
            self.is_pending = False


class Blow(Fault):
    """The call is done, and then something ``falls`` on who asked."""

    falls: Callable[[], None]

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What nobody may be there to hear any more."""
        try:
            return await handler(request)
        finally:
            self.falls()


def made(shop: Shop) -> Iterator[Request]:
    """What the orchestrator asked, in the order in which the two servers were asked."""
    seen: Counter[Request] = Counter()
    for server, call in sorted(_calls(shop), key=lambda asked: asked[1].at):
        path = "^" + _ANYTHING.join(map(re.escape, _CHANGING.split(call.path))) + "$"
        same = Request(server, call.method, path, 0)
        seen[same] += 1
        yield replace(same, nth=seen[same])


def chosen(requests: tuple[Request, ...]) -> list[Request]:
    """Each that was to change something; of those that were not, the first of each kind: the others are the same
    question once more, and how often somebody asks how a build is getting on differs from day to day."""
    return [r for r in requests if not r.is_read or r.nth == 1]


def _calls(shop: Shop) -> Iterator[tuple[Server, Call]]:
    for call in shop.world.cloudfoundry.observed.calls:
        yield "cloudfoundry", call
    for call in shop.world.github.observed.calls:
        if call.who == BOT and ".git/" not in call.path:
            yield "github", call
