"""What a deploy need not ask, since a look showed it already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry.looking import look
from reviewapps.model import Actual, App, Attempt, Deployment, Environment, Guard, Instance, Space
from reviewapps.plan.droplet import droplet_of
from reviewapps.plan.switch import watch_start
from reviewapps.plan.terms import Terms
from tests.core.cases import running
from tests.core.settling import NOW, SHOP, blueprint, sha

DEV, PR_1, PR_2 = (Environment(SHOP.id, name) for name in ("dev", "pr-1", "pr-2"))
PLAN = blueprint(sha(1), "shop-dev.example.gov", "tree")
TERMS = Terms(("shop-dev",), "example.gov", "2.1", NOW)
OWN = Attempt("1.1", sha(1), "c", NOW)


def source(environment: Environment = PR_1, **more: Any) -> App:
    """An app that serves what its environment built."""
    plain = replace(running(environment, sha(1)), guid="s", build_key=PLAN.build_key, attempt=OWN)
    return replace(plain, **more)


OTHERS: dict[str, Callable[[], App]] = {
    "its own": lambda: source(DEV),
    "another repository's": lambda: source(Environment(SHOP.id + 1, "pr-1")),
    "one that was copied itself": lambda: source(attempt=replace(OWN, copied_from="pr-2")),
    "one that somebody pushed to": lambda: source(droplet="theirs"),
    "one that is stopped": lambda: source(started=False),
    "one that never was live": lambda: source(commit=None),
    "one of which nobody noted the build": lambda: source(build_key=None),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_only_what_runs_its_own_build_is_known_to_have_it(other: Callable[[], App]) -> None:
    assert Space((source(PR_2), other())).serving(DEV) == (source(PR_2),)


def _look(app: App, terms: Terms) -> object:
    actual = Actual(app.environment, (app,), builds=(), droplets=())
    return droplet_of(app, replace(OWN, id="2.1", began=NOW), actual, PLAN, terms)


def test_who_runs_the_build_already_is_not_looked_for() -> None:
    dev = running(DEV, sha(2))
    known = replace(TERMS, serving=(source(PR_2, build_key="another"), source()))
    assert _look(dev, known) == steps.Look("elsewhere", PLAN.build_key, serving=source())
    unknown = steps.Look("elsewhere", PLAN.build_key)
    assert _look(dev, TERMS) == unknown
    assert _look(dev, replace(known, signs=True)) == unknown
    assert _look(running(PR_2, sha(2)), known) == unknown, "a preview may have built it itself"


class Api:
    """A Cloud Foundry with no builds, whose droplets are ``there``."""

    instance, ring = "acme", None

    def __init__(self, *there: str) -> None:
        self.there, self.asked = there, list[str]()

    def droplets_of(self, apps: list[str]) -> list[dict[str, Any]]:
        self.asked.append("droplets")
        assert apps == ["a", "s"]
        owner = {"relationships": {"app": {"data": {"guid": "s"}}}, "metadata": {}}
        plain = {"state": "STAGED", "checksum": {"type": "sha256", "value": "x"}, "error": None, **owner}
        return [{"guid": guid, "created_at": "2026-01-01T00:00:00Z", **plain} for guid in self.there]

    def staged_builds(self, selector: str, count: int) -> list[dict[str, Any]]:
        self.asked.append("builds")
        return []

    def copied_droplets(self, selector: str) -> list[dict[str, Any]]:
        self.asked.append("copies")
        return []


@pytest.mark.parametrize("gone", [False, True])
def test_where_the_droplet_of_who_ran_it_is_gone_it_is_looked_for(gone: bool) -> None:
    api = Api() if gone else Api("d1")
    actual = Actual(DEV, (running(DEV, sha(2)),), builds=())
    found = look(cast("Any", api), steps.Look("elsewhere", PLAN.build_key, serving=source()), actual)
    assert api.asked == ["droplets"] + gone * ["builds", "copies"]
    assert [build.droplet for build in found.elsewhere or ()] == ([] if gone else ["d1"])
    assert found.sources.keys() == (set() if gone else {"d1"})
    if not gone:
        assert found.droplets == (), "its own"


FIRST = Deployment("x", False, True, False, "d1", "1.1")


@pytest.mark.parametrize(
    ("app", "actual", "plan", "step"),
    [
        ({}, {}, {}, steps.Reach(PLAN.host)),
        ({}, {"answers": True}, {}, steps.MarkLive),
        ({}, {"answers": False}, {}, steps.Look("instances")),
        (
            {},
            {"answers": False, "instances": (Instance("STARTING", None),)},
            {},
            steps.Wait("the first instance"),
        ),
        ({}, {}, {"instances": 2}, steps.Look("instances")),
        ({}, {"deployments": (FIRST, replace(FIRST, attempt="0.1"))}, {}, steps.Look("instances")),
        ({}, {"deployments": (replace(FIRST, attempt="0.1"),)}, {}, steps.Look("instances")),
        ({}, {"deployments": ()}, {}, steps.Look("instances")),
        ({}, {"guard": Guard(bound=True, up=True)}, {}, steps.Look("instances")),
        ({"live_since": NOW}, {}, {}, steps.Look("instances")),
    ],
)
def test_of_the_only_instance_that_there_ever_was_an_answer_is_enough(
    app: dict[str, Any], actual: dict[str, Any], plan: dict[str, Any], step: Any
) -> None:
    one = replace(running(PR_1, None), **{"live_since": None, "live_droplet": None, "attempt": OWN, **app})
    there = replace(Actual(PR_1, (one,), deployments=(FIRST,)), **actual)
    found = watch_start(one, OWN, replace(PLAN, **plan), there, TERMS)
    assert found == step or (isinstance(step, type) and isinstance(found, step))
