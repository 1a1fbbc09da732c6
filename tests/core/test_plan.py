"""One environment, step by step: what others did to it, how it is switched, and how it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Crash,
    Deployment,
    Instance,
    Refusal,
    Route,
    ServiceInstance,
    Tag,
    Tagging,
)
from reviewapps.plan import (
    Terms,
    in_doubt,
    is_live,
    next_removal,
)
from reviewapps.plan.switch import called_off
from tests.core.imagined import CloudFoundry
from tests.core.one_preview import LIVE, PR_1, PUSHED, done, push, refusal, settled, the_app, world
from tests.core.settling import DEADLINE, NOW, GitHub, Settling, is_as_it_should_be, pull_request, sha

# --- what others did ---


def test_what_somebody_stopped_is_started_again() -> None:
    there = settled()
    there.cf.apps = {guid: replace(app, started=False) for guid, app in there.cf.apps.items()}
    there.cf.running.clear()
    there.until_settled()
    assert is_as_it_should_be(there) == {}


def test_a_route_that_somebody_deleted_comes_back() -> None:
    there = settled()
    there.cf.routes.clear()
    there.until_settled()
    assert is_as_it_should_be(there) == {}


def test_an_app_that_somebody_deleted_comes_back_under_its_address() -> None:
    there = settled()
    address = next(iter(there.cf.routes.values())).address
    there.cf.carry_out(steps.DeleteApp(the_app(there).guid), there.cf.look().actual(PR_1))
    there.until_settled()
    assert is_as_it_should_be(there) == {}
    assert [route.address for route in there.cf.routes.values()] == [address]


def test_a_review_environment_gives_way_to_a_stranger_of_its_name() -> None:
    there = world()
    there.cf.strangers = frozenset({"shop-pr-1"})
    there.until_settled()
    assert the_app(there).name.startswith("shop-pr-1-")
    assert is_as_it_should_be(there) == {}


def test_a_shared_environment_takes_no_other_name() -> None:
    tag = Tag("dev", sha(5), annotated=False)
    github = GitHub(tags={tag}, taggings={tag: Tagging(sha(5), None, NOW)})
    there = Settling(github, CloudFoundry(NOW, {}))
    there.cf.strangers = frozenset({"shop-dev"})
    there.until_settled()
    assert there.cf.apps == {}


# --- switching ---


def test_a_push_is_rolled_to_without_a_pause() -> None:
    there = settled()
    push(there)
    assert (done(there, steps.Roll), done(there, steps.Stop)) == (1, 0)


def test_without_room_to_roll_the_app_is_stopped_and_started() -> None:
    there = settled()
    there.cf.room = False
    push(there)
    assert (done(there, steps.Stop), done(there, steps.Start)) == (1, 2)
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize(
    ("late", "said"), [(True, "it was not up after 5 min"), (False, "the switch was called off")]
)
def test_a_switch_that_took_too_long_is_told_from_one_that_somebody_called_off(late: bool, said: str) -> None:
    there = settled()
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    there.cf.looks = 5
    while not there.cf.rolling:
        there.turn(PR_1)
        there.cf.pass_time()
    if late:
        there.cf.now += DEADLINE
    else:
        rolling, *_ = there.cf.deployments[the_app(there).guid]
        there.cf.carry_out(steps.CancelRoll(rolling.guid), there.cf.look().actual(PR_1))
    there.until_settled()
    assert refusal(there).message == said
    assert is_as_it_should_be(there) == {}


SECONDS = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ahead", "deployments"), [(-60, True), (-25, True), (0, True), (25, True), (60, True), (0, False)]
)
def test_crashes_since_the_switch_count_however_far_our_clock_is_ahead(ahead: int, deployments: bool) -> None:
    """Three of the version before, and three since: by the platform's clock, which says when it switched."""
    attempt = Attempt("1.1", sha(1), "c", NOW + ahead * SECONDS)
    before, since = [-50, -40, -30], [10, 20, 30]
    switch_ = Deployment("d", True, False, False, "D", "1.1", ("web",), NOW + 5 * SECONDS)
    other = replace(switch_, guid="e", attempt="0.1", created_at=NOW - 90 * SECONDS)
    there = Actual(
        PR_1,
        instances=(Instance("CRASHED", None),),
        deployments=(switch_, other) if deployments else (),
        crashes=tuple(Crash(NOW + at * SECONDS, f"exit {at}") for at in before + since),
    )
    terms = Terms(("shop-pr-1",), "example.gov", "2.1", NOW + (40 + ahead) * SECONDS)
    refused = called_off(attempt, there, terms)
    assert isinstance(refused, steps.Refuse) and refused.refusal.message.startswith(
        "exit 30, 3 times in 40 s"
    )


def test_nothing_is_marked_live_before_it_answers() -> None:
    there = world("silent")
    there.until_settled()
    assert done(there, steps.MarkLive) == 0


# --- removal ---


def test_addresses_go_before_apps() -> None:
    there = settled()
    there.github.pull_requests[1] = pull_request(1, open=False, closed_at=NOW)
    there.until_settled()
    assert [type(step) for step in there.taken[-2:]] == [steps.DeleteRoute, steps.DeleteApp]


def test_all_that_is_there_is_removed() -> None:
    apps = tuple(App(f"a{n}", f"n{n}", PR_1, "app", False, None, None, None, NOW) for n in range(3))
    routes = tuple(Route(f"r{n}", f"h{n}", f"h{n}.x", PR_1, frozenset()) for n in range(2))
    actual = Actual(PR_1, apps, routes, services=())
    removed: list[str] = []
    while not isinstance(step := next_removal(actual, None, Terms((), "", "a", NOW)), steps.Done):
        assert isinstance(step, steps.DeleteRoute | steps.DeleteApp)
        removed.append(step.guid)
        actual = replace(
            actual,
            apps=tuple(a for a in actual.apps if a.guid != step.guid),
            routes=tuple(r for r in actual.routes if r.guid != step.guid),
        )
    assert removed == ["r0", "r1", "a0", "a1", "a2"]


BEFORE, AFTER = (Attempt("i", sha(1), "c", NOW + sign * timedelta(minutes=1)) for sign in (-1, 1))
SAID_NO = Refusal("build", "no", NOW)
ROLLING = Deployment("x", True, False, False, "d", "i")


@pytest.mark.parametrize(
    ("app", "deployments", "step"),
    [
        (LIVE, None, steps.Stop()),
        (replace(LIVE, started=False), None, steps.DeleteService("s")),
        (replace(LIVE, attempt=BEFORE), None, steps.Stop()),
        (replace(LIVE, attempt=AFTER), None, steps.Look("deployments")),
        (replace(LIVE, attempt=AFTER), (), steps.Stop()),
        (replace(LIVE, attempt=AFTER), (ROLLING,), steps.DeleteService("s")),
        (None, None, steps.DeleteService("s")),
    ],
)
def test_an_app_is_stopped_before_its_services_go_but_not_in_the_middle_of_a_switch(
    app: App | None, deployments: tuple[Deployment, ...] | None, step: steps.Step
) -> None:
    mine = ServiceInstance("s", "shop-pr-1-shop-db", "shop-db", "ready", True, "ra_pr_1")
    apps = () if app is None else (app,)
    actual = Actual(PR_1, apps, (), services=(mine,), deployments=deployments)
    assert next_removal(actual, None, Terms((), "", "a", NOW)) == step
    others = replace(actual, services=(replace(mine, ours=False),))
    last = steps.DeleteApp("a") if apps else steps.Done()
    assert next_removal(others, None, Terms((), "", "a", NOW)) == last


@pytest.mark.parametrize(
    ("attempt", "doubt"),
    [(None, False), (BEFORE, False), (AFTER, True), (replace(AFTER, refusal=SAID_NO), False)],
)
def test_a_request_may_be_in_flight_only_while_an_attempt_is_open(
    attempt: Attempt | None, doubt: bool
) -> None:
    assert in_doubt(Actual(PR_1, (replace(LIVE, attempt=attempt),))) == doubt


@pytest.mark.parametrize(
    ("app", "live"),
    [
        (LIVE, True),
        (replace(LIVE, started=False), False),
        (replace(LIVE, commit=PUSHED), False),
        (replace(LIVE, config="other"), False),
        (replace(LIVE, attempt=BEFORE), True),
        (replace(LIVE, attempt=AFTER), False),
        (replace(LIVE, attempt=replace(AFTER, refusal=SAID_NO)), True),
    ],
)
def test_what_is_live_serves_the_commit_and_no_attempt_is_under_way(app: App, live: bool) -> None:
    assert is_live(app, Run(sha(1), "c")) == live


@pytest.mark.parametrize("pushed", [False, True], ids=["first", "pushed"])
def test_a_droplet_that_somebody_deleted_before_it_was_started_is_built_again(pushed: bool) -> None:
    there = settled() if pushed else world()
    there.github.pull_requests[1] = pull_request(1, PUSHED if pushed else sha(1))
    before = there.cf.builds_made.total()
    while sum(b.state == "ready" for some in there.cf.builds.values() for b in some) == before:
        there.turn(PR_1)
        there.cf.pass_time()
    for app in list(there.cf.apps):
        if there.cf.droplets.get(app):
            there.cf.delete_droplets(app)
    began = there.cf.now
    there.until_settled()
    assert the_app(there).commit == (PUSHED if pushed else sha(1))
    assert there.cf.builds_made.total() == before + 2
    assert there.cf.now - began < DEADLINE
