"""One environment, step by step: what is tried again and what is not, and what is never done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.desired import Absent, Desired, Destroyed, Fork, Leave, NoRoom, Run, Verdict
from reviewapps.marker import UNHEARD
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Comment,
    Crash,
    Deployment,
    Environment,
    Instance,
    Refusal,
    Route,
    ServiceInstance,
    Space,
    Tag,
    Tagging,
)
from reviewapps.plan import (
    Terms,
    attention,
    fingerprint,
    in_doubt,
    is_live,
    next_removal,
    together,
    unfinished,
)
from reviewapps.plan.switch import called_off
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.imagined import BAD_BITS, CloudFoundry, Fate
from tests.core.settling import DEADLINE, NOW, SHOP, GitHub, Settling, is_as_it_should_be, pull_request, sha

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


# --- refusals ---

REFUSED: dict[Fate, str] = {
    "unbuildable": "build",
    "unread": "manifest",
    "crashing": "crash",
    "crashing later": "crash",
    "silent": "platform",
    "never staged": "platform",
}


@pytest.mark.parametrize(("fate", "fault"), REFUSED.items())
def test_a_commit_that_does_not_come_up_is_refused_and_leaves_nothing_running(fate: Fate, fault: str) -> None:
    there = settled(fate)
    assert refusal(there).fault == fault
    assert (the_app(there).started, there.cf.running) == (False, {})


@pytest.mark.parametrize("fate", REFUSED)
def test_a_refused_commit_is_not_tried_twice(fate: Fate) -> None:
    there = settled(fate)
    calm = len(there.taken)
    for _ in range(3):
        there.told.clear()
        there.cf.now += timedelta(days=1)
        there.until_settled()
    assert len(there.taken) == calm


@pytest.mark.parametrize("fate", REFUSED)
def test_what_served_before_a_refused_commit_serves_on_or_again(fate: Fate) -> None:
    there = settled(pushed=fate)
    push(there)
    serving = there.cf.serving(PR_1)
    assert serving is not None and serving.commit == the_app(there).commit == sha(1)
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize("why", ["crashes too", "is gone", "has no room"])
def test_where_what_served_before_does_not_come_back_either_nothing_runs(why: str) -> None:
    there = settled(pushed="crashing later")
    there.github.pull_requests[1] = pull_request(1, PUSHED)
    before = the_app(there).droplet
    while the_app(there).droplet == before:
        there.turn(PR_1)
        there.cf.pass_time()
    if why == "crashes too":
        there.cf.fates = {**there.cf.fates, f"tree-of-{sha(1)}": "crashing"}
    elif why == "is gone":
        there.cf.delete_droplets(the_app(there).guid)
    else:
        there.cf.room = False
    there.until_settled()
    assert (the_app(there).started, the_app(there).commit, there.cf.running) == (False, None, {})
    assert refusal(there).fault == "crash"


def test_a_refused_commit_makes_room_for_the_next_one() -> None:
    there = settled("unbuildable")
    push(there)
    assert the_app(there).commit == PUSHED


def test_other_rules_give_a_refused_commit_another_try() -> None:
    there = settled("unbuildable")
    there.github.rules = Rules(environments={"review": EnvironmentRules(env={"A": "1"})})
    there.until_settled()
    assert there.cf.builds_made.total() == 2


def test_rules_that_say_only_when_something_runs_give_no_other_try() -> None:
    there = settled("unbuildable")
    there.github.rules = Rules(
        environments={"review": EnvironmentRules(limit=3, expire_after=timedelta(days=9))}
    )
    there.until_settled()
    assert there.cf.builds_made.total() == 1


def redeploy(there: Settling) -> None:
    attempt = the_app(there).attempt
    assert attempt is not None
    fresh = Attempt(
        "redeploy", attempt.commit, attempt.config, there.cf.now + timedelta(seconds=1), fresh=True
    )
    there.cf.carry_out(steps.Begin(fresh), there.cf.look().actual(PR_1))
    there.cf.now += timedelta(seconds=2)
    there.until_settled()


def test_a_redeploy_gives_a_refused_commit_another_try() -> None:
    there = settled("unbuildable")
    redeploy(there)
    assert there.cf.builds_made.total() == 2
    assert refusal(there).fault == "build"


def test_a_redeploy_builds_anew_what_stands_already() -> None:
    there = settled()
    redeploy(there)
    assert there.cf.builds_made.total() == 2
    assert is_as_it_should_be(there) == {}


def test_a_redeploy_that_fails_leaves_what_runs() -> None:
    there = settled()
    there.cf.fates = {f"tree-of-{sha(1)}": "unbuildable"}
    redeploy(there)
    serving = there.cf.serving(PR_1)
    assert serving is not None and serving.commit == sha(1)
    assert refusal(there).fault == "build"


# --- the platform's own faults ---


def test_a_fault_of_the_platform_is_tried_again() -> None:
    there = settled("flaky")
    assert there.cf.builds_made.total() == 3
    assert the_app(there).commit == sha(1)


def test_after_three_faults_of_the_platform_somebody_is_told() -> None:
    there = settled("never staged")
    assert there.cf.builds_made.total() == 3
    assert refusal(there).message == "StagingTimeExpired - Staging time expired"


def test_each_try_waits_longer_than_the_one_before() -> None:
    there = settled("never staged")
    begun = [step.attempt for step in there.taken if isinstance(step, steps.Begin)]
    assert [attempt.tries for attempt in begun] == [1, 2]
    ends = [attempt.began for attempt in begun] + [refusal(there).at]
    assert ends[1] - ends[0] > timedelta(seconds=20)
    assert ends[2] - ends[1] > timedelta(seconds=40)


def test_a_fault_of_the_author_is_tried_once() -> None:
    assert settled("unbuildable").cf.builds_made.total() == 1


def test_nobody_waits_longer_than_the_deadline() -> None:
    there = settled("silent")
    assert refusal(there).message == "it was not up after 5 min"
    assert refusal(there).at - NOW < DEADLINE + timedelta(minutes=1)


# --- builds ---


def test_one_tree_is_built_once() -> None:
    there = settled()
    there.github.trees[PUSHED] = there.github.tree(sha(1))
    push(there)
    assert there.cf.builds_made.total() == 1
    assert is_as_it_should_be(there) == {}


def test_going_back_to_an_earlier_commit_builds_nothing() -> None:
    there = settled()
    push(there)
    there.github.pull_requests[1] = pull_request(1)
    there.until_settled()
    assert there.cf.builds_made.total() == 2
    assert the_app(there).commit == sha(1)


@pytest.mark.parametrize(
    ("before", "calm"),
    [
        ({}, True),
        ({"live_since": NOW - timedelta(seconds=1)}, False),
        ({"live_since": None}, False),
        ({"live_droplet": "another"}, False),
        ({"attempt": None}, False),
        ({"started": False, "commit": None}, False),
    ],
)
def test_only_after_a_good_end_nothing_is_taken_to_be_under_way(before: dict[str, Any], calm: bool) -> None:
    there = settled()
    app = replace(the_app(there), **before)
    if app.attempt is not None:
        app = replace(app, attempt=replace(app.attempt, began=NOW))
    actual = replace(there.cf.look().actual(PR_1).with_app(app), deployments=())
    step = there.next_of(PR_1, Run(PUSHED, "c"), actual, None)
    assert isinstance(step, steps.Begin)
    assert step.calm == calm


def test_who_signs_looks_at_all_that_is_there() -> None:
    there = settled()
    there.grant = replace(there.grant, signs=True)
    step = there.next_of(PR_1, Run(PUSHED, "c"), there.cf.look().actual(PR_1), None)
    assert isinstance(step, steps.Begin) and not step.calm


BEGUN = steps.Begin(Attempt("1", PUSHED, "c", NOW), calm=True)
WISHED = steps.Remember("dev-1", PUSHED, frozenset({"t"}))


@pytest.mark.parametrize(
    ("held", "note", "both"),
    [
        (None, BEGUN, BEGUN),
        (BEGUN, steps.Begin(replace(BEGUN.attempt, because="b")), ("b", None, True)),
        (
            replace(WISHED, attempt=BEGUN.attempt),
            steps.Begin(replace(BEGUN.attempt, because="b")),
            ("b", "dev-1", False),
        ),
        (BEGUN, WISHED, ("", "dev-1", True)),
        (WISHED, replace(WISHED, source="dev-2", attempt=BEGUN.attempt), ("", "dev-2", False)),
    ],
)
def test_what_is_noted_one_after_the_other_is_written_at_once(held: Any, note: Any, both: Any) -> None:
    found = together(held, note)
    if isinstance(both, tuple):
        assert found.attempt is not None
        assert (found.attempt.because, getattr(found, "source", None), found.calm) == both
    else:
        assert found == both


def test_an_upload_that_fails_again_and_again_is_refused_after_three() -> None:
    there = world()
    there.cf.fails_uploads = True
    there.until_settled()
    assert done(there, steps.Upload) == 3
    assert (refusal(there).fault, refusal(there).message) == ("platform", BAD_BITS)


def test_an_upload_that_failed_is_forgotten_once_another_arrives() -> None:
    there = world()
    there.cf.fails_uploads = True
    while done(there, steps.Upload) < 2:
        there.turn(PR_1)
        there.cf.pass_time()
    there.cf.fails_uploads = False
    there.until_settled()
    assert is_as_it_should_be(there) == {}


def test_where_a_copy_failed_it_is_built_instead() -> None:
    there = settled()
    there.github.trees[sha(2)] = there.github.tree(sha(1))
    there.github.pull_requests[2] = pull_request(2)
    there.cf.fails_copies = True
    there.until_settled()
    assert (done(there, steps.CopyDroplet), there.cf.builds_made.total()) == (1, 2)
    assert is_as_it_should_be(there) == {}
    assert [app.attempt.copied_from for app in there.cf.apps.values() if app.attempt] == [None, None]


def test_a_copy_that_failed_once_does_not_keep_the_next_from_being_copied() -> None:
    there = settled()
    there.github.trees[sha(2)] = there.github.tree(sha(1))
    there.github.pull_requests[2] = pull_request(2)
    there.cf.fails_copies = True
    there.until_settled()
    there.cf.fails_copies = False
    there.github.pull_requests[1] = pull_request(1, sha(3))
    there.until_settled()
    builds = there.cf.builds_made.total()
    there.github.trees[sha(4)] = there.github.tree(sha(3))
    there.github.pull_requests[2] = pull_request(2, sha(4))
    there.until_settled()
    assert is_as_it_should_be(there) == {} and there.cf.builds_made.total() == builds


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


LIVE = App("a", "shop-pr-1", PR_1, "app", True, "d", sha(1), "c", NOW, live_since=NOW)
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


# --- who wants attention ---

THERE = Space((LIVE,))


@pytest.mark.parametrize(
    ("verdict", "space", "wanting"),
    [
        (Run(sha(1), "c"), Space(), {PR_1: False}),
        (Run(sha(1), "c"), THERE, {PR_1: False}),
        (Absent("closed"), THERE, {PR_1: True}),
        (Absent("closed"), Space(), {}),
        (Leave(), THERE, {}),
        (Fork(sha(1)), Space(), {PR_1: False}),
        (NoRoom(sha(1), 1, 1, 5, ()), Space(), {PR_1: False}),
    ],
)
def test_who_wants_attention(verdict: Verdict, space: Space, wanting: dict[Environment, bool]) -> None:
    assert attention(Desired({PR_1: verdict}), space, SHOP.id, {}) == wanting


def test_nobody_wants_attention_twice_for_the_same() -> None:
    verdict = Run(sha(1), "c")
    told = {PR_1: fingerprint(verdict, THERE.actual(PR_1))}
    assert attention(Desired({PR_1: verdict}), THERE, SHOP.id, told) == {}


@pytest.mark.parametrize(
    "app",
    [
        replace(LIVE, guid="b"),
        replace(LIVE, started=False),
        replace(LIVE, droplet="other"),
        replace(LIVE, commit=PUSHED),
        replace(LIVE, config="other"),
        replace(LIVE, attempt=AFTER),
        replace(LIVE, source="dev-1"),
    ],
)
def test_whatever_changes_on_the_platform_wants_attention_again(app: App) -> None:
    verdict = Run(sha(1), "c")
    assert fingerprint(verdict, Actual(PR_1, (app,))) != fingerprint(verdict, Actual(PR_1, (LIVE,)))


@pytest.mark.parametrize("verdict", [Run(PUSHED, "c"), Run(sha(1), "d"), Run(sha(1), "c", ends=NOW), Leave()])
def test_whatever_changes_on_github_wants_attention_again(verdict: Verdict) -> None:
    actual = Actual(PR_1, (LIVE,))
    assert fingerprint(verdict, actual) != fingerprint(Run(sha(1), "c"), actual)


@pytest.mark.parametrize(
    ("state", "verdict", "space", "left"),
    [
        ("live", Absent("closed"), Space(), True),
        ("live", None, Space(), True),
        ("live", Absent("closed"), THERE, False),
        ("live", Run(sha(1), "c"), Space(), False),
        ("removed", Absent("closed"), Space(), False),
        (UNHEARD, None, Space(), True),
        (UNHEARD, Destroyed(sha(1), NOW), THERE, True),
        (UNHEARD, Run(sha(1), "c"), THERE, False),
    ],
)
def test_what_is_gone_and_was_never_said_is_found_by_its_comment(
    state: str, verdict: Verdict | None, space: Space, left: bool
) -> None:
    found = Desired({} if verdict is None else {PR_1: verdict})
    assert (PR_1 in unfinished(found, space, [Comment(1, PR_1, state)])) == left


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
