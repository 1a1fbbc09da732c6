"""The days that can be lived through, scene by scene, and what is odd about how each ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.faults.requests import PATIENCE
from tests.faults.shop import Preview, Shop
from tests.stories.operator import Operator

BYSTANDER = "bystander"
"""An app, its address and a service in the same space that are nobody's business."""

BRISK: Final = {
    "LOOK_EVERY": "3",
    "POLL_EVERY": "0.05",
    "QUIET_EVERY": "2.5",
    "REQUEST_TIMEOUT": f"{PATIENCE:g}",
    "LEASE": "2.3",
    "FORWARD": "2.6",
}


@dataclass
class SoFar:
    """What people did until now. ``served`` is the preview as it should be seen, ``pushed`` as it was pushed
    last; ``merged`` is the pull request that was merged last, ``kept`` the environment whose build is kept for who
    waits for it; ``shown`` what shared environments should show, ``released`` the commits that a release was due
    for."""

    served: Preview | None = None
    merged: int = 0
    kept: str = ""
    pushed: Preview | None = None
    shown: dict[str, str] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)


Scene = Callable[[Shop, SoFar], Iterator[str]]
"""Something that people do, until all that follows from it is done; it yields what is odd then."""


@dataclass(frozen=True)
class Story:
    """``prepare`` is what was there before; ``end`` may follow each of the ``scenes``, and leaves nothing behind.
    ``environment`` is that of whoever works for it."""

    prepare: Callable[[Shop], object]
    scenes: Mapping[str, Scene]
    end: Scene
    environment: Callable[[Shop], Mapping[str, str]]
    facts: Callable[[Shop], list[str]] = lambda shop: []

    @property
    def all_scenes(self) -> list[tuple[str, Scene]]:
        """With their names, and the end as the last."""
        return [*self.scenes.items(), ("the end", self.end)]


def brisk(shop: Shop) -> Mapping[str, str]:
    """The process environment of an orchestrator that a few settings describe."""
    return shop.playground.environment(**BRISK)


def let_in_a_bystander(shop: Shop) -> Operator:
    """Let there be what is nobody's business; who made it."""
    operator = Operator(shop.world)
    operator.create_app(BYSTANDER)
    operator.create_route(BYSTANDER)
    operator.create_user_provided(BYSTANDER, {"host": "mail.example.gov"})
    shop.world.cloudfoundry.observed.calls.clear()
    return operator


def live(shop: Shop, now: SoFar, preview: Preview) -> Iterator[str]:
    """What is odd once the preview should be live."""
    now.served = now.pushed = preview
    shop.until_live(preview)
    shop.until_settled()
    yield from shop.oddities(preview, builds=preview.pushes + 1)
    yield from deleted_too_soon(shop)


def still(shop: Shop, now: SoFar, failed: Preview, words: str) -> Iterator[str]:
    """What is odd when a push has failed and what was served before is served on."""
    now.pushed, served = failed, now.served
    assert served is not None
    short = (failed.commit[:7], served.commit[:7], "Still live", words)
    what = f"a comment that says {words}"
    shop.until(what, lambda: shop.comment(failed.number, *short), 40.0)
    shop.until_settled()
    yield from shop.oddities_of_platform(served, builds=failed.pushes + 1)
    yield from deleted_too_soon(shop)


def gone(shop: Shop, now: SoFar) -> Iterator[str]:
    """What is odd once the preview should be gone, and only what is shared be left."""
    assert now.served is not None
    shop.until_gone(now.served)
    shop.until_settled()
    yield from shop.leftovers(now.served, kept=now.served.environment == now.kept)
    now.served = now.pushed = None
    yield from left(shop, now)


def left(shop: Shop, now: SoFar) -> Iterator[str]:
    """What else there is than what is shared, and what is nobody's business."""
    names = sorted([BYSTANDER, *(f"shop-{environment}" for environment in now.shown)])
    apps = sorted([*names, *([f"shop-{now.kept}"] if now.kept else [])])
    if (shop.runners(), shop.hosts()) != (apps, names):
        yield f"after all there are apps {shop.runners()} and routes {shop.hosts()}"


def deleted_too_soon(shop: Shop) -> Iterator[str]:
    """Whatever was deleted while nobody wanted anything gone."""
    for call in shop.world.cloudfoundry.observed.asked("DELETE", "^/v3/(apps|routes|service_instances)/"):
        yield f"DELETE {call.path} ({call.status}) while the pull request was open"
