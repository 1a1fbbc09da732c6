"""One thing goes wrong with one request, and at the end everything must be as if nothing had happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from reviewapps.demo.onlooker import TooLate, page
from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT
from tests.contract.answers import ANSWERS
from tests.faults.driver import Driver
from tests.faults.shop import Preview, Shop

Server = Literal["github", "cloudfoundry"]
Kind = Literal["500", "reset", "lost", "cut"]
WRITES_GO_WRONG: Final[tuple[Kind, ...]] = ("500", "reset", "lost")
READS_GO_WRONG: Final[tuple[Kind, ...]] = ("500", "reset", "cut")

INSISTENT: Final = 4
"""So often a read goes wrong: the clients repeat it by themselves, and some of them twice."""

BRISK: Final = {"LOOK_EVERY": "0.1", "POLL_EVERY": "0.05", "QUIET_EVERY": "1", "REQUEST_TIMEOUT": "4"}

_CHANGING: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}|(?<=/)\d+(?=/|$)")
"""What differs from run to run in the path of the same request."""

_ANYTHING: Final = "[^/?&]+"


@dataclass(frozen=True)
class Request:
    """The ``nth`` request of this kind in the course of a day; ``path``, a regular expression, has the query."""

    server: Server
    method: str
    path: str
    nth: int

    def __str__(self) -> str:
        words = self.path.strip("^$").replace(_ANYTHING, "*").replace("\\", "")
        return f"{self.method} {words} #{self.nth}"

    def fault(self, kind: Kind) -> Fault:
        """What goes wrong with it."""
        times = INSISTENT if self.method == "GET" else 1
        if kind == "500":
            return Fault(self.path, self.method, "status", self.nth, times, status=500)
        return Fault(self.path, self.method, kind, self.nth, times)


@dataclass(frozen=True)
class Day:
    """What came of one day: all that was ``odd``, and every request that was made."""

    odd: tuple[str, ...]
    builds: int
    requests: tuple[Request, ...]

    @property
    def writes(self) -> tuple[Request, ...]:
        """Every request that was to change something."""
        return tuple(request for request in self.requests if request.method != "GET")

    @property
    def reads(self) -> tuple[Request, ...]:
        """One of each kind of request that was to change nothing, from the middle of the day."""
        last = {replace(r, nth=0): r.nth for r in self.requests if r.method == "GET"}
        return tuple(replace(request, nth=(nth + 1) // 2) for request, nth in last.items())


def day(home: Path, struck: Request | None = None, kind: Kind = "500") -> Day:
    """A pull request is opened, pushed to, tagged and merged, while one request goes wrong."""
    with Shop(home, **BRISK) as shop:
        fault = struck.fault(kind) if struck is not None else Fault(nth=0)
        if struck is not None:
            getattr(shop.world, struck.server).observed.plan(fault)
        driver = Driver(shop)
        odd: list[str] = []
        try:
            odd += _life(shop)
        except TooLate as late:
            odd.append(str(late))
        odd += [f"crashed: {crash}" for crash in driver.crashes] + ANSWERS.mistakes()
        if fault.seen < fault.nth:
            odd.append("the fault never struck")
        return Day(tuple(odd), shop.builds("shop-pr-1"), tuple(_requests(shop)))


def _life(shop: Shop) -> Iterator[str]:
    preview = shop.open("blue header")
    yield from _live(shop, preview)
    preview = shop.push(preview, "green header")
    yield from _live(shop, preview)
    yield from _tagged(shop, preview)
    shop.octocat.merge(preview.number)
    shop.until_gone(preview)
    shop.until_settled()
    yield from shop.leftovers(preview)
    if (shop.apps(), shop.hosts()) != (["shop-dev"], ["shop-dev"]):
        yield f"after all there are apps {shop.apps()} and routes {shop.hosts()}"


def _live(shop: Shop, preview: Preview) -> list[str]:
    shop.until_live(preview)
    shop.until_settled()
    return shop.oddities(preview, builds=preview.pushes + 1)


def _tagged(shop: Shop, preview: Preview) -> Iterator[str]:
    """The shared dev app follows a tag of what the preview runs, so that nothing has to be built."""
    shop.octocat.tag("dev-1", preview.commit)
    shop.until("the deployment of dev", lambda: shop.deployment_states("dev") == ["success"])
    shop.until_settled()
    seen = page(shop.url("dev"))
    if seen.headline != preview.words:
        yield f"dev says {seen.headline!r} ({seen.status}) and not {preview.words!r}"
    if shop.builds("shop-dev") > 1:
        yield f"{shop.builds('shop-dev')} builds of dev"


def _requests(shop: Shop) -> Iterator[Request]:
    """What the orchestrator asked, in the order in which the two servers were asked."""
    seen: Counter[Request] = Counter()
    for server, call in sorted(_calls(shop), key=lambda asked: asked[1].at):
        path = "^" + _ANYTHING.join(map(re.escape, _CHANGING.split(call.path))) + "$"
        same = Request(server, call.method, path, 0)
        seen[same] += 1
        yield replace(same, nth=seen[same])


def _calls(shop: Shop) -> Iterator[tuple[Server, Call]]:
    for call in shop.world.cloudfoundry.observed.calls:
        yield "cloudfoundry", call
    for call in shop.world.github.observed.calls:
        if call.who == BOT and ".git/" not in call.path:
            yield "github", call
