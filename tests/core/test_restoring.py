"""What serves would also start again with its own variables and sizes, whatever came of an attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import Unavailable
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Command,
    Deployment,
    Droplet,
    Environment,
    Origin,
    Process,
    Refusal,
    Route,
    Service,
    Tag,
    Tagging,
)
from reviewapps.plan import Terms, another_try, next_step, restored, with_what_is_left
from reviewapps.plan.returning import rolled_back
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.imagined import CloudFoundry, Fate
from tests.core.settling import NOW, SHOP, GitHub, Settling, blueprint, is_as_it_should_be, pull_request, sha

PR_1, DEV = Environment(SHOP.id, "pr-1"), Environment(SHOP.id, "dev")
NEW, NEWER = sha(98), sha(99)
HEAD = "e" * 40


def world() -> Settling:
    """A preview and the dev app, both with a release command."""
    tags = {Tag("dev-1", sha(50), annotated=False): Tagging(sha(2), None, NOW)}
    github = GitHub({1: pull_request(1)}, tags=set(tags), taggings=dict(tags))
    there = Settling(github, CloudFoundry(NOW, {}, looks=2))
    there.commands = {"release": Command("migrate")}
    there.until_settled()
    return there


def push(there: Settling, commit: str, fate: Fate = "well") -> None:
    there.github.pull_requests[1] = pull_request(1, commit)
    there.cf.fates = {**there.cf.fates, f"tree-of-{commit}": fate}


def until_configured(there: Settling, environment: Environment, commit: str) -> str:
    """Settle until the app would start with the variables of ``commit``; its guid."""
    (app,) = there.cf.look().actual(environment).apps[:1]
    while there.cf.configured[app.guid].commit != commit:
        for wanting in there.attention():
            there.turn(wanting)
        there.cf.pass_time()
    return app.guid


def its_release_fails(there: Settling) -> None:
    push(there, NEW, "unreleasable")


def another_push_comes_which_cannot_be_built(there: Settling) -> None:
    push(there, NEW)
    until_configured(there, PR_1, NEW)
    push(there, NEWER, "unbuildable")


def another_push_comes_and_somebody_redeploys(there: Settling) -> None:
    push(there, NEW)
    guid = until_configured(there, PR_1, NEW)
    push(there, NEWER, "unbuildable")
    there.turn(PR_1)
    app = there.cf.apps[guid]
    assert app.attempt is not None and app.attempt.inherits
    there.cf.apps[guid] = replace(app, attempt=replace(app.attempt, id="asked", fresh=True))


def another_try_cannot_be_built(there: Settling) -> None:
    push(there, NEW)
    app = there.cf.apps[until_configured(there, PR_1, NEW)]
    assert app.attempt is not None
    terms = Terms(("shop-pr-1",), "example.gov", "again", there.cf.now)
    begun = another_try(replace(app.attempt, fresh=True), "it was not up after 15 min", terms)
    assert isinstance(begun, steps.Begin)
    there.cf.apps[app.guid] = replace(app, attempt=begun.attempt)
    push(there, NEW, "unbuildable")


def it_crashes_during_the_switch(there: Settling) -> None:
    push(there, NEW, "crashing")


def new_rules_come_whose_release_fails(there: Settling) -> None:
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    there.github.repository = replace(SHOP, head=HEAD)
    there.cf.fates = {f"tree-of-{sha(1)}": "unreleasable"}


REFUSED = [
    its_release_fails,
    another_push_comes_which_cannot_be_built,
    another_push_comes_and_somebody_redeploys,
    another_try_cannot_be_built,
    it_crashes_during_the_switch,
    new_rules_come_whose_release_fails,
]


@pytest.mark.parametrize("comes_to_nothing", REFUSED)
def test_what_serves_gets_its_variables_back(comes_to_nothing: Callable[[Settling], None]) -> None:
    there = world()
    (app,) = there.cf.look().actual(PR_1).apps
    comes_to_nothing(there)
    there.until_settled()
    after = next(one for one in there.cf.look().actual(PR_1).apps if one.guid == app.guid)
    assert after.attempt is not None and after.attempt.refusal is not None
    assert (after.started, after.commit) == (True, sha(1))
    assert there.cf.configured[app.guid] == Origin(sha(1), SHOP.head)
    assert is_as_it_should_be(there) == {}


class Silent(CloudFoundry):
    """It does not answer when a binding is taken away, but takes it away."""

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        after = super().carry_out(step, actual)
        if isinstance(step, steps.Unbind):
            raise Unavailable("no answer")
        return after


def test_what_failed_is_not_bound_again_by_who_goes_on_with_giving_back() -> None:
    there = Settling(GitHub({1: pull_request(1)}), Silent(NOW, {}, looks=2))
    there.commands = {"release": Command("migrate")}
    there.services, there.without_services = (Service("cache", "plan", "redis/small"),), {sha(1)}
    there.until_settled()
    push(there, NEW, "unreleasable")
    there.until_settled()
    done = [step for step in there.taken if isinstance(step, steps.Bind | steps.Unbind)]
    assert [type(step) for step in done] == [steps.Bind, steps.Unbind]
    assert is_as_it_should_be(there) == {}


def test_what_an_attempt_gave_way_to_has_the_variables_that_it_came_with() -> None:
    there = world()
    tag = Tag("dev-2", sha(51), annotated=False)
    there.github.tags.add(tag)
    there.github.taggings[tag] = Tagging(NEW, None, NOW)
    guid = until_configured(there, DEV, NEW)
    there.cf.push_by_hand(guid, "hot fix")
    there.until_settled()
    app = there.cf.apps[guid]
    assert (
        app.attempt is not None and app.attempt.refusal is not None and app.attempt.refusal.fault == "drift"
    )
    assert there.cf.configured[guid] == Origin(sha(2), SHOP.head)


def test_what_serves_gets_its_services_back() -> None:
    there = world()
    there.services = (Service("shop-db", "database"),)
    push(there, NEW)
    there.until_settled()
    (guid,) = there.cf.bindings
    there.without_services = {NEWER}
    push(there, NEWER, "unreleasable")
    there.until_settled()
    assert there.cf.apps[guid].commit == NEW
    assert [one.name for one in there.cf.bindings[guid]] == ["shop-db"]


def test_a_build_that_fails_touches_nothing_of_what_serves() -> None:
    there = world()
    push(there, NEW, "unbuildable")
    before = len(there.taken)
    there.until_settled()
    assert any(isinstance(step, steps.Refuse) for step in there.taken[before:])
    assert not any(isinstance(step, steps.Configure) for step in there.taken[before:])


def test_who_is_killed_after_giving_them_back_refuses_all_the_same() -> None:
    there = world()
    push(there, NEW, "unreleasable")
    there.kills = frozenset(range(len(there.taken), len(there.taken) + 40))
    there.until_settled()
    (app, *_) = there.cf.look().actual(PR_1).apps
    assert app.attempt is not None and isinstance(app.attempt.refusal, Refusal)
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize("switched", [True, False])
@pytest.mark.parametrize("own", [{}, {"worker": Process(1)}])
def test_processes_beside_web_get_their_sizes_back_where_the_switch_had_come(
    switched: bool, own: dict[str, Process]
) -> None:
    attempt = Attempt("2.1", NEW, "c", NOW)
    app = App(
        "a", "shop", PR_1, "app", True, "new", sha(1), "c", NOW, attempt, processes=frozenset({"worker"})
    )
    route = Route("r", "shop", "shop.example.gov", PR_1, frozenset({"a"}))
    newest = Deployment("d", False, False, switched, "new", attempt.id)
    plan = replace(blueprint(sha(1), route.address, "t"), processes=own)
    known = Actual(
        PR_1, (app,), (route,), deployments=(newest,), configured=plan.origin, services=(), bindings=()
    )
    refusal = Refusal("manifest", "the app has no process `mailer`", NOW)
    step = restored(refusal, known, plan)
    assert step == (steps.ScaleProcesses(plan) if switched else None)
    assert restored(refusal, replace(known, scaled=True), plan) is None


@pytest.mark.parametrize(
    ("droplets", "step"),
    [
        (None, steps.Roll("old", "1.1.back")),
        ((Droplet("old", "ready", "sum"),), steps.Roll("old", "1.1.back")),
        ((Droplet("old", "failed", "sum", "it has expired"),), steps.Stop()),
        ((), steps.Stop()),
    ],
)
def test_who_cannot_go_back_to_what_served_is_stopped(
    droplets: tuple[Droplet, ...] | None, step: steps.Step
) -> None:
    attempt = Attempt("1.1", NEW, "c", NOW)
    app = App("a", "shop-pr-1", PR_1, "app", True, "new", sha(1), "c", NOW, attempt, live_droplet="old")
    assert rolled_back(app, attempt, Actual(PR_1, (app,), droplets=droplets)) == step


def _switch(guid: str, attempt: str, *, deployed: bool = False) -> Deployment:
    return Deployment(guid, False, False, deployed, "new", attempt)


@pytest.mark.parametrize(
    ("switches", "droplet", "step"),
    [
        ((_switch("late", "1.1"), _switch("again", "1.1")), "new", steps.Roll("old", "1.1.back")),
        ((_switch("late", "1.1"), _switch("again", "1.1")), "old", steps.Done()),
        ((_switch("once", "1.1"),), "old", steps.Done()),
        ((_switch("theirs", "by hand"), _switch("once", "1.1")), "new", steps.Done()),
        (
            (_switch("back", "1.1.back", deployed=True), _switch("late", "1.1"), _switch("again", "1.1")),
            "old",
            steps.Done(),
        ),
    ],
    ids=["twice", "twice, and well", "once", "by hand since", "back already"],
)
def test_a_switch_that_was_asked_for_twice_and_called_off_leaves_no_droplet_of_its_own(
    switches: tuple[Deployment, ...], droplet: str, step: steps.Next
) -> None:
    attempt = Attempt("1.1", NEW, "c", NOW)
    app = App("a", "shop-pr-1", PR_1, "app", True, droplet, sha(1), "c", NOW, attempt, live_droplet="old")
    route = Route("r", "shop-pr-1", "shop-pr-1.example.gov", PR_1, frozenset({"a"}))
    refusal = with_what_is_left(
        Refusal("crash", "it crashed", NOW), Actual(PR_1, (app,), (route,), deployments=switches)
    )
    assert refusal.left == ("new" if step != steps.Done() else None)
    refused = replace(app, attempt=replace(attempt, refusal=refusal))
    there = Actual(PR_1, (refused,), (route,), deployments=switches)
    terms = Terms(("shop-pr-1",), "example.gov", "2.1", NOW)
    assert next_step(Run(NEW, "c"), there, None, terms) == step
