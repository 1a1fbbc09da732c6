"""One thing goes wrong with one request, and at the end everything must be as if nothing had happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from reviewapps.demo.onlooker import TooLate, page
from reviewapps.sandbox.observed import Call, Fault
from reviewapps.sandbox.world import BOT
from tests.faults.driver import Driver
from tests.faults.shop import Preview, Shop

Server = Literal["github", "cloudfoundry"]
Kind = Literal["500", "reset", "lost"]
KINDS: Final[tuple[Kind, ...]] = ("500", "reset", "lost")

BRISK: Final = {"LOOK_EVERY": "0.1", "POLL_EVERY": "0.05", "QUIET_EVERY": "1", "REQUEST_TIMEOUT": "4"}

_CHANGING: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/)\d+(?=/|$)|(?<=job/)[^/]+")
"""What differs from run to run in the path of the same request."""


@dataclass(frozen=True)
class Request:
    """The ``nth`` request of this kind in the course of a day; ``path`` is a regular expression."""

    server: Server
    method: str
    path: str
    nth: int

    def __str__(self) -> str:
        return f"{self.method} {self.path.strip('^$').replace('[^/?]+', '*')} #{self.nth}"

    def fault(self, kind: Kind) -> Fault:
        """What goes wrong with it."""
        if kind == "500":
            return Fault(self.path, self.method, "status", self.nth, status=500)
        return Fault(self.path, self.method, kind, self.nth)


@dataclass(frozen=True)
class Day:
    """What came of one day: all that was ``odd``, and every request that changed something."""

    odd: tuple[str, ...]
    builds: int
    writes: tuple[Request, ...]


def day(home: Path, struck: Request | None = None, kind: Kind = "500") -> Day:
    """A pull request is opened, pushed to, tagged and merged, while one request goes wrong."""
    with Shop(home, **BRISK) as shop:
        if struck is not None:
            getattr(shop.world, struck.server).observed.plan(struck.fault(kind))
        driver = Driver(shop)
        odd: list[str] = []
        try:
            odd += _life(shop)
        except TooLate as late:
            odd.append(str(late))
        odd += [f"crashed: {crash}" for crash in driver.crashes] + shop.contract.errors
        if shop.world.github.observed.faults or shop.world.cloudfoundry.observed.faults:
            odd.append("the fault never struck")
        return Day(tuple(odd), shop.builds("shop-pr-1"), tuple(writes(shop)))


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


def writes(shop: Shop) -> Iterator[Request]:
    """What the orchestrator asked to be changed, in the order in which the two servers were asked."""
    seen: Counter[Request] = Counter()
    for server, call in sorted(_calls(shop), key=lambda asked: asked[1].at):
        path = "^" + "[^/?]+".join(map(re.escape, _CHANGING.split(call.path))) + "$"
        same = Request(server, call.method, path, 0)
        seen[same] += 1
        yield Request(server, call.method, path, seen[same])


def _calls(shop: Shop) -> Iterator[tuple[Server, Call]]:
    for call in shop.world.cloudfoundry.observed.calls:
        if call.method != "GET":
            yield "cloudfoundry", call
    for call in shop.world.github.observed.calls:
        if call.method != "GET" and call.who == BOT and ".git/" not in call.path:
            yield "github", call
