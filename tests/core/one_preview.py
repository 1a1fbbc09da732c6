"""One pull request and its preview: how it fares, and what was done for it."""

from __future__ import annotations

from reviewapps import steps
from reviewapps.model import (
    App,
    Environment,
    Refusal,
)
from tests.core.imagined import CloudFoundry, Fate
from tests.core.settling import NOW, SHOP, GitHub, Settling, pull_request, sha

PR_1 = Environment(SHOP.id, "pr-1")
PUSHED = sha(99)


def world(fate: Fate = "well", pushed: Fate = "well") -> Settling:
    """One pull request; ``fate`` is that of its commit, ``pushed`` that of the next one."""
    trees: dict[str, Fate] = {f"tree-of-{sha(1)}": fate, f"tree-of-{PUSHED}": pushed}
    return Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, trees))


def settled(fate: Fate = "well", pushed: Fate = "well") -> Settling:
    there = world(fate, pushed)
    there.until_settled()
    return there


def push(there: Settling) -> None:
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    there.until_settled()


def the_app(there: Settling) -> App:
    (app,) = there.cf.running_apps
    return app


def refusal(there: Settling) -> Refusal:
    attempt = the_app(there).attempt
    assert attempt is not None and attempt.refusal is not None
    return attempt.refusal


def done(there: Settling, kind: type[steps.Step]) -> int:
    return sum(isinstance(step, kind) for step in there.taken)


LIVE = App("a", "shop-pr-1", PR_1, "app", True, "d", sha(1), "c", NOW, live_since=NOW)
