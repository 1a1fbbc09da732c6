"""What a deploy asks of Cloud Foundry: each request that is not needed is one that a busy installation lacks.

What asks whether the platform is done is not counted: that hangs on how long it takes. docs/numbers.md says what
each of the others is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reviewapps.demo.ledger import without_waiting
from reviewapps.sandbox.cloudfoundry.state import App
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story

FIRST, PUSH, PROMOTION = 14, 10, 7
"""The most for a first deploy, a push of a changed file, and a tag of what is built already."""

GATE = 2
"""The most that the gate costs: each look lists what is bound, and a first deploy binds. (A slow machine asks of a
push once more.)"""


@pytest.mark.parametrize("gated", [False, True], ids=["public", "behind the gate"])
def test_a_deploy_asks_for_little(quiet_town: Town, gated: bool) -> None:
    town, more = quiet_town, GATE if gated else 0
    password = {"ACCESS": "password", "GATE_PASSWORD": "correct horse"} if gated else {}
    town.employ(QUIET_EVERY="60", POLL_EVERY="0.3", MEMORY="256M", **password)
    town.until_live(town.open("before"))  # logins, quotas and the gate are known from now on
    blue = town.open("blue")
    assert _asked(town, lambda: town.until_live(blue)) <= FIRST + more
    town.until_live(blue, town.push("blue", headline("green")))  # its builder is there from now on
    pushed = town.push("blue", headline("red"))
    assert _asked(town, lambda: town.until_live(blue, pushed)) <= PUSH + more
    town.octocat.tag("dev-1", town.head_of("main"))
    town.until("a first dev app", lambda: _serves(town, town.head_of("main")))
    town.octocat.tag("dev-2", pushed)
    builds = town.builds
    assert _asked(town, lambda: town.until("the tag", lambda: _serves(town, pushed))) <= PROMOTION + more
    assert town.builds == builds


def _serves(town: Town, commit: str) -> bool:
    """Whether the dev app is known to serve this commit."""
    found = (app for app in town.world.cloudfoundry.world.all(App) if app.name == "shop-dev")
    return any(app.labels.get("reviewapps-commit") == commit for app in found)


def _asked(town: Town, done: Callable[[], object]) -> int:
    """How many requests it took, told where that is too many."""
    before = len(town.cf.calls)
    done()
    asked = [f"{call.method} {call.path}" for call in without_waiting(town.cf.calls[before:])]
    print(len(asked), *(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", one)[:110] for one in asked), sep="\n  ")
    return len(asked)
