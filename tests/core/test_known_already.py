"""What a deploy need not ask, since a look showed it already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry.looking import look
from reviewapps.model import (
    BUILDER,
    EXPIRED,
    Actual,
    App,
    Attempt,
    Build,
    Built,
    Deployment,
    Droplet,
    Environment,
    Guard,
    Holdings,
    Instance,
    Package,
    Space,
)
from reviewapps.plan.droplet import droplet_of
from reviewapps.plan.switch import watch_start
from reviewapps.plan.terms import Terms
from reviewapps.steps import Wait
from tests.core.cases import running
from tests.core.settling import NOW, SHOP, blueprint, sha

DEV, PR_1, PR_2 = (Environment(SHOP.id, name) for name in ("dev", "pr-1", "pr-2"))
PLAN = blueprint(sha(1), "shop-dev.example.gov", "tree")
KEY = PLAN.build_key
TERMS = Terms(("shop-dev",), "example.gov", "2.1", NOW)
OWN = Attempt("1.1", sha(1), "c", NOW)
KINDS = frozenset({"review", "dev"})


def source(environment: Environment = PR_1, **more: Any) -> App:
    """An app that runs what its environment built."""
    plain = replace(running(environment, sha(1)), guid="s", built=(Built(KEY, "d1"),), attempt=OWN)
    return replace(plain, **more)


OTHERS: dict[str, Callable[[], App]] = {
    "its own": lambda: source(DEV),
    "another repository's": lambda: source(Environment(SHOP.id + 1, "pr-1")),
    "one of another target": lambda: source(Environment(SHOP.id, "staging")),
    "one of another build": lambda: source(built=(Built("another", "d1"),)),
    "one that never ran it": lambda: source(built=(Built(KEY),)),
    "one that only builds": lambda: source(app=BUILDER),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_only_who_ran_a_build_where_it_may_be_copied_is_known_to_have_it(other: Callable[[], App]) -> None:
    assert Space((other(), source(PR_2))).holdings(DEV, KINDS).of(KEY) == (source(PR_2),)


def test_who_built_it_comes_before_who_copied_it_and_the_newest_first() -> None:
    copied = source(PR_2, attempt=replace(OWN, copied_from="pr-1"), created_at=NOW + timedelta(days=9))
    newer = source(PR_2, created_at=NOW + timedelta(days=1))
    assert Space((copied, source(), newer)).holdings(DEV, KINDS).of(KEY) == (newer, source(), copied)


@pytest.mark.parametrize(
    ("apps", "keys"),
    [
        ((), frozenset()),
        ((source(), source(Environment(SHOP.id + 1, "pr-1"), built=(Built("k"),))), frozenset({KEY, "k"})),
        ((source(), source(PR_2, built=None)), None),
        ((source(), source(app=BUILDER, built=None)), frozenset({KEY})),
    ],
)
def test_what_nobody_says_was_built_is_known_only_where_every_app_tells(
    apps: tuple[App, ...], keys: frozenset[str] | None
) -> None:
    assert Space(apps).holdings(DEV, KINDS).keys == keys
    assert Space(apps, unreadable={PR_1: "odd"}).holdings(DEV, KINDS).keys is None


def _next(app: App, there: Holdings, copied_from: str | None = "pr-1", **more: Any) -> object:
    actual = replace(Actual(app.environment, (app,), builds=(), packages=()), **more)
    attempt = replace(OWN, id="2.1", began=NOW, copied_from=copied_from, build_key=KEY)
    return droplet_of(app, attempt, actual, PLAN, replace(TERMS, there=there))


SURE = Holdings(frozenset({KEY}), (source(),))
LOOK = steps.Look("elsewhere", KEY, holders=(source(),))


@pytest.mark.parametrize(
    ("there", "step"),
    [
        (SURE, steps.CopyDroplet("d1")),
        (replace(SURE, own=frozenset({KEY})), LOOK),
        (
            replace(SURE, holders=(source(droplet="theirs"),)),
            replace(LOOK, holders=(source(droplet="theirs"),)),
        ),
        (replace(SURE, holders=()), replace(LOOK, holders=())),
        (replace(SURE, keys=None), steps.CopyDroplet("d1")),
        (Holdings(frozenset(), own=frozenset({KEY})), replace(LOOK, holders=())),
        (Holdings(frozenset({"another"})).with_key(KEY), replace(LOOK, holders=())),
        (Holdings(), replace(LOOK, holders=())),
    ],
    ids=[
        "runs it",
        "tried before",
        "runs another by now",
        "built it",
        "not all tell",
        "built it itself",
        "builds it",
        "unknown",
    ],
)
def test_who_runs_the_build_is_copied_from_and_others_are_looked_at(there: Holdings, step: object) -> None:
    assert _next(running(DEV, sha(2)), there, droplets=()) == step


def test_what_nobody_built_is_looked_for_nowhere() -> None:
    there = Holdings(frozenset({"another"}))
    assert isinstance(_next(running(DEV, sha(2)), there, droplets=()), steps.Begin), "why it is built"
    forgets = _next(running(PR_2, sha(2)), there, droplets=())
    assert isinstance(forgets, steps.Begin) and forgets.attempt.copied_from is None
    assert isinstance(_next(running(PR_2, sha(2)), there, None, droplets=()), steps.CreateBuilder)


def test_what_an_attempt_began_to_build_is_not_looked_for_again() -> None:
    begun = Package("p", "waiting", KEY, uploaded=True, attempt="2.1", app="b")
    actual = Actual(PR_2, (running(PR_2, sha(2)), source(PR_2, guid="b", app=BUILDER)), builds=())
    attempt = replace(OWN, id="2.1", began=NOW, build_key=KEY)
    there = replace(TERMS, there=Holdings(frozenset(), own=frozenset({KEY})))
    for packages, step in (((begun,), Wait("the upload", "package")), ((), replace(LOOK, holders=()))):
        found = droplet_of(actual.apps[0], attempt, replace(actual, packages=packages), PLAN, there)
        assert found == step
    others = replace(there, there=there.there.with_key(KEY))
    found = droplet_of(actual.apps[0], attempt, replace(actual, packages=(begun,)), PLAN, others)
    assert found == replace(LOOK, holders=())


def test_a_copy_that_an_earlier_turn_may_have_begun_is_looked_for_together_with_its_source() -> None:
    assert _next(running(DEV, sha(2)), replace(SURE, own=frozenset({KEY}))) == LOOK


NEW = replace(running(PR_2, None), droplet=None, started=False, env_names=frozenset({"TOKEN"}))
HERE = Droplet("d9", "ready", "x", app="a")


@pytest.mark.parametrize(
    ("there", "step"),
    [
        ({"droplets": ()}, steps.Upload("a", PLAN)),
        ({}, steps.Look("droplets")),
        (
            {"droplets": (replace(HERE, state="failed", error="failed to copy"),)},
            steps.Upload("a", PLAN),
        ),
        ({"droplets": (replace(HERE, app="another"),)}, steps.Upload("a", PLAN)),
        ({"droplets": (HERE,)}, steps.CreateBuilder(("shop-dev-build",))),
        (
            {"droplets": (replace(HERE, state="failed", error=EXPIRED),)},
            steps.CreateBuilder(("shop-dev-build",)),
        ),
        (
            {"droplets": (), "builds": (Build("b", "ready", "p", "another", "1.1", "gone", app="a"),)},
            steps.CreateBuilder(("shop-dev-build",)),
        ),
    ],
    ids=["new", "unknown", "a failed copy", "another's", "a copy", "one that expired", "one that is gone"],
)
def test_an_app_with_names_from_its_birth_builds_until_it_had_what_it_could_run(
    there: dict[str, Any], step: object
) -> None:
    assert _next(NEW, Holdings(frozenset()), None, **there) == step
    assert _next(replace(NEW, droplet="d9"), Holdings(frozenset()), None, **there) != steps.Upload("a", PLAN)
    unnamed = replace(NEW, env_names=frozenset())
    assert _next(unnamed, Holdings(frozenset()), None, **there) == steps.Upload("a", PLAN)


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


@pytest.mark.parametrize("gone", [False, True])
def test_where_the_droplet_of_who_ran_it_is_gone_it_is_looked_for(gone: bool) -> None:
    api = Api() if gone else Api("d1")
    actual = Actual(DEV, (running(DEV, sha(2)),), builds=())
    found = look(cast("Any", api), LOOK, actual)
    assert api.asked == ["droplets"] + gone * ["builds"]
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
