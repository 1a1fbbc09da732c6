"""What should exist: pull requests, the limit, forks, age, broken rules; nothing is deleted on silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.desired import (
    Absent,
    Asks,
    Desired,
    Fork,
    Known,
    Leave,
    NoRoom,
    Refused,
    Room,
    Run,
    Verdict,
    desired,
)
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import App, Attempt, Entrance, Environment, PullRequest, Refusal, Route, Space, Wanted
from reviewapps.plan import attention
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.imagined import CloudFoundry
from tests.core.settling import DAY, NOW, SHOP, GitHub, Settling, pull_request, sha
from tests.core.worlds import quickly, worlds

Listed = TypeVar("Listed")
CONFIG = Grant().config(Rules(), Environment(SHOP.id, "pr-1"))
REFUSAL = Refusal("build", "it does not build", NOW)


def of(number: int) -> Environment:
    return Environment.of_pull_request(SHOP.id, number)


def preview(number: int, **more: object) -> App:
    """The app of a pull request that has been live for an hour."""
    app = App(
        f"app-{number}", f"shop-pr-{number}", of(number), "app", True, "d", sha(number), CONFIG, NOW - DAY
    )
    return replace(app, **more)  # type: ignore[arg-type]


def refused(number: int, **more: object) -> App:
    attempt = Attempt("a", sha(number), CONFIG, NOW, refusal=REFUSAL)
    return preview(number, started=False, droplet=None, commit=None, config=None, attempt=attempt, **more)


def judged(
    *pull_requests: PullRequest,
    apps: tuple[App, ...] = (),
    rules: Rules | BadRules | None = None,
    grant: Grant | None = None,
    committed: dict[str, datetime] | None = None,
) -> dict[str, Verdict]:
    """The final verdicts, by the names of environments."""
    github = GitHub({pr.number: pr for pr in pull_requests}, committed=committed or {})
    github.rules = rules if rules is not None else Rules()
    found = verdicts(github, apps, grant)
    return {environment.name: verdict for environment, verdict in found.verdicts.items()}


def verdicts(github: GitHub, apps: tuple[App, ...] = (), grant: Grant | None = None) -> Desired:
    world = Settling(github, CloudFoundry(NOW, {}), grant)
    world.cf.apps = {app.guid: app for app in apps}
    return world.judged()


# --- one pull request ---

CLOSED = NOW - DAY / 2
OLD = NOW - 11 * DAY
ALONE: list[tuple[PullRequest, Verdict]] = [
    (pull_request(1), Run(sha(1), CONFIG, ends=NOW + 9 * DAY)),
    (pull_request(1, draft=True), Run(sha(1), CONFIG, ends=NOW + 9 * DAY)),
    (pull_request(1, labels=frozenset({"no-preview"})), Absent("unlabelled")),
    (pull_request(1, bot=True), Absent("bot")),
    (pull_request(1, fork=True), Fork(sha(1))),
    (pull_request(1, fork=True, open=False, closed_at=CLOSED), Absent("closed", CLOSED)),
    (pull_request(1, open=False, closed_at=CLOSED), Absent("closed", CLOSED)),
    (pull_request(1, open=False, closed_at=CLOSED, merged_at=CLOSED), Absent("merged", CLOSED)),
    (pull_request(1, created_at=OLD, updated_at=OLD), Absent("old")),
]


@pytest.mark.parametrize(("pr", "verdict"), ALONE)
def test_what_becomes_of_a_pull_request(pr: PullRequest, verdict: Verdict) -> None:
    assert judged(pr) == {"pr-1": verdict}


@pytest.mark.parametrize("labels", [frozenset({"no-preview"}), frozenset({"bug", "no-preview"})])
def test_without_a_preview_nothing_is_said_of_one_that_is_not_wanted(labels: frozenset[str]) -> None:
    found = verdicts(GitHub({1: pull_request(1, labels=labels), 2: pull_request(2, bot=True)}))
    assert attention(found, Space(), SHOP.id, {}) == {}


def test_a_preview_that_is_not_wanted_any_more_is_a_teardown() -> None:
    apps = (preview(1),)
    found = verdicts(GitHub({1: pull_request(1, labels=frozenset({"no-preview"}))}), apps)
    assert attention(found, Space(apps), SHOP.id, {}) == {of(1): True}


# --- age ---


def test_a_preview_expires_by_its_last_push_and_not_by_what_people_say() -> None:
    quiet = pull_request(1, created_at=OLD, updated_at=NOW)
    assert judged(quiet, apps=(preview(1),), committed={sha(1): OLD}) == {"pr-1": Absent("expired")}


@pytest.mark.parametrize(
    ("entrance", "visits", "verdict"),
    [
        ("password", {1: NOW - DAY}, Run(sha(1), CONFIG, ends=NOW + 9 * DAY, entrance="password")),
        ("password", {1: NOW + 99 * DAY}, Run(sha(1), CONFIG, ends=NOW + 10 * DAY, entrance="password")),
        ("password", {1: OLD}, Absent("expired")),
        ("password", {1: None}, Absent("expired")),
        ("password", {}, Run(sha(1), CONFIG, ends=OLD + 10 * DAY, entrance="password")),
        ("unlisted", {1: NOW}, Absent("expired")),
        ("public", {1: NOW}, Absent("expired")),
    ],
)
def test_a_visit_keeps_a_preview_and_one_that_nobody_knows_of_ends_nothing_early(
    entrance: Entrance, visits: dict[int, datetime | None], verdict: Verdict
) -> None:
    for updated_at in (NOW, OLD):  # by the date of the commit, or by GitHub's alone
        github = GitHub({1: pull_request(1, created_at=OLD, updated_at=updated_at)})
        space = Space(
            (preview(1),), (Route("r", "shop-pr-1", "shop-pr-1.test", of(1), frozenset({"app-1"})),)
        )
        known = Known(committed={sha(1): OLD}, visits={of(n): at for n, at in visits.items()})
        found = desired(github.look(), Rules(), Grant(entrances={"review": entrance}), space, known, NOW)
        assert found.of(of(1)) == verdict
        assert found.asks == Asks(visits=frozenset() if visits else frozenset({of(1)}))


def test_nobody_is_asked_for_visits_before_a_preview_would_end() -> None:
    github = GitHub({1: pull_request(1)})
    space = Space((preview(1),), (Route("r", "shop-pr-1", "shop-pr-1.test", of(1), frozenset({"app-1"})),))
    known = Known(committed={sha(1): NOW - 9 * DAY})
    grant = Grant(entrances={"review": "password"})
    assert not desired(github.look(), Rules(), grant, space, known, NOW).asks


def test_a_push_keeps_a_preview() -> None:
    pushed = pull_request(1, created_at=OLD, updated_at=NOW)
    found = judged(pushed, apps=(preview(1),), committed={sha(1): NOW - DAY})
    assert found == {"pr-1": Run(sha(1), CONFIG, ends=NOW + 9 * DAY)}


@pytest.mark.parametrize("year", [2100, 9999])
def test_a_commit_from_the_future_counts_as_pushed_when_github_saw_a_change(year: int) -> None:
    seen = pull_request(1, created_at=OLD, updated_at=NOW - DAY)
    found = judged(seen, apps=(preview(1),), committed={sha(1): datetime(year, 12, 31, tzinfo=UTC)})
    assert found == {"pr-1": Run(sha(1), CONFIG, ends=NOW + 9 * DAY)}


def test_an_old_commit_in_a_new_pull_request_is_not_old() -> None:
    assert judged(pull_request(1), committed={sha(1): OLD})["pr-1"] == Run(sha(1), CONFIG, ends=NOW + 9 * DAY)


def test_rules_shorten_the_time_that_is_granted_and_never_lengthen_it() -> None:
    pr = pull_request(1, created_at=NOW - 5 * DAY, updated_at=NOW)
    long, short = (
        Rules(environments={"review": EnvironmentRules(expire_after=days * DAY)}) for days in (90, 3)
    )
    found = judged(pr, rules=long, committed={sha(1): NOW - 5 * DAY})["pr-1"]
    assert isinstance(found, Run) and found.ends == NOW + 5 * DAY
    assert judged(pr, rules=short, committed={sha(1): NOW - 5 * DAY})["pr-1"] == Absent("old")


# --- the limit ---


def waiting(found: dict[str, Verdict]) -> dict[str, int]:
    return {name: verdict.place for name, verdict in found.items() if isinstance(verdict, NoRoom)}


def running(found: dict[str, Verdict]) -> set[str]:
    return {name for name, verdict in found.items() if isinstance(verdict, Run)}


def aged(number: int, commit: str | None = None) -> PullRequest:
    """The higher its number, the newer."""
    return pull_request(number, commit, created_at=NOW - DAY + number * DAY / 100)


def test_the_newest_get_the_places_and_the_others_wait_in_line() -> None:
    found = judged(*map(aged, range(1, 6)), grant=Grant(limit=2))
    assert running(found) == {"pr-5", "pr-4"}
    assert waiting(found) == {"pr-3": 1, "pr-2": 2, "pr-1": 3}


def test_who_waits_is_told_for_whom_and_how_many() -> None:
    found = judged(aged(1), aged(2), grant=Grant(limit=1))
    assert found["pr-1"] == NoRoom(sha(1), place=1, of=1, limit=1, holders=(2,))


def test_who_has_a_preview_keeps_it_however_new_the_others_are() -> None:
    found = judged(*map(aged, range(1, 5)), apps=(preview(1),), grant=Grant(limit=2))
    assert running(found) == {"pr-1", "pr-4"}


def test_who_has_a_preview_keeps_it_when_the_limit_shrinks() -> None:
    apps = (preview(1), preview(2))
    assert running(judged(aged(1), aged(2), aged(3), apps=apps, grant=Grant(limit=1))) == {"pr-1", "pr-2"}


def test_a_rule_narrows_the_limit_and_never_widens_it() -> None:
    few, many = (Rules(environments={"review": EnvironmentRules(limit=limit)}) for limit in (1, 50))
    assert len(running(judged(*map(aged, range(1, 9)), rules=few))) == 1
    assert len(running(judged(*map(aged, range(1, 9)), rules=many))) == 5


@pytest.mark.parametrize("droplet", [None, "one that crashed"])
def test_what_was_refused_and_is_stopped_holds_no_place(droplet: str | None) -> None:
    apps = (replace(refused(2), droplet=droplet),)
    found = judged(aged(1), aged(2), apps=apps, grant=Grant(limit=1))
    assert running(found) == {"pr-1", "pr-2"}


def test_a_record_that_is_pushed_to_waits_like_everybody_else() -> None:
    pushed = aged(2, commit=sha(20))
    found = judged(aged(1), pushed, apps=(preview(1), refused(2)), grant=Grant(limit=1))
    assert waiting(found) == {"pr-2": 1}


def test_an_expired_preview_holds_its_place_until_it_is_gone() -> None:
    old = pull_request(1, created_at=OLD, updated_at=NOW)
    found = judged(old, aged(2), apps=(preview(1),), committed={sha(1): OLD}, grant=Grant(limit=1))
    assert (found["pr-1"], waiting(found)) == (Absent("expired"), {"pr-2": 1})


def test_one_that_is_too_old_gives_its_turn_to_the_next() -> None:
    old = pull_request(9, created_at=OLD, updated_at=NOW)
    older = pull_request(8, created_at=OLD - DAY, updated_at=NOW)
    found = judged(older, old, committed={sha(9): OLD, sha(8): NOW}, grant=Grant(limit=1))
    assert running(found) == {"pr-8"}


def test_no_more_commits_are_asked_for_than_may_run() -> None:
    github = GitHub({n: aged(n) for n in range(1, 101)})
    found = desired(github.look(), Rules(), Grant(limit=5), Space(), Known(), NOW)
    assert found.asks == Asks(commits=frozenset(map(sha, range(96, 101))))


def test_commits_of_those_that_wait_are_never_asked_for() -> None:
    github = GitHub({n: aged(n) for n in range(1, 101)})
    known = Known(committed={sha(n): NOW for n in range(96, 101)}, room=Room())
    found = desired(github.look(), Rules(), Grant(limit=5), Space(), known, NOW)
    assert not found.asks
    assert len(waiting({e.name: v for e, v in found.verdicts.items()})) == 95


# --- broken rules ---

BROKEN = BadRules("`limitt` is unknown", 3)


def test_broken_rules_refuse_what_is_new_and_say_why() -> None:
    found = judged(pull_request(1), rules=BROKEN)["pr-1"]
    assert isinstance(found, Refused)
    assert (found.refusal.fault, found.refusal.message) == ("rules", "line 3: `limitt` is unknown")


def test_broken_rules_leave_what_is_there() -> None:
    assert judged(pull_request(1), apps=(preview(1),), rules=BROKEN) == {"pr-1": Leave()}


def test_broken_rules_keep_nobody_from_going() -> None:
    closed = pull_request(1, open=False, closed_at=CLOSED)
    assert judged(closed, apps=(preview(1),), rules=BROKEN) == {"pr-1": Absent("closed", CLOSED)}


# --- never delete on silence ---


def test_one_that_the_listing_lacks_is_asked_for_and_left_alone_meanwhile() -> None:
    space = Space((preview(1),))
    found = desired(GitHub().look(), Rules(), Grant(), space, Known(), NOW)
    assert found.asks == Asks(pull_requests=frozenset({1}))
    assert found.of(of(1)) == Leave()


def test_one_that_the_listing_lacks_and_github_knows_is_judged_like_any_other() -> None:
    github = GitHub({1: pull_request(1)}, unlisted={1})
    assert isinstance(verdicts(github, (preview(1),)).of(of(1)), Run)


@pytest.mark.parametrize(
    "github",
    [GitHub(), GitHub({1: pull_request(1)}), GitHub({1: pull_request(1, open=False, closed_at=CLOSED)})],
    ids=["missing", "open", "closed"],
)
def test_one_that_cannot_be_read_is_left_alone_whatever_else_there_is_of_it(github: GitHub) -> None:
    route = Route("r", "shop-pr-1", "shop-pr-1.x", of(1), frozenset())
    space = Space((), (route,), {of(1): "edited", None: "edited", Environment(8, "pr-2"): "edited"})
    known = Known(committed={sha(1): NOW}, pull_requests={1: None})
    found = desired(github.look(), Rules(), Grant(), space, known, NOW)
    assert found.verdicts == {of(1): Leave()}
    assert attention(found, space, SHOP.id, {}) == {}


def test_one_that_cannot_be_read_keeps_its_place() -> None:
    github = GitHub({1: pull_request(1), 2: pull_request(2)})
    known = Known(committed={sha(1): NOW, sha(2): NOW}, room=Room())
    found = desired(github.look(), Rules(), Grant(limit=1), Space(unreadable={of(1): "edited"}), known, NOW)
    assert found.of(of(1)) == Leave()
    assert found.of(of(2)) == NoRoom(sha(2), 1, 1, 1, (1,))


@pytest.mark.parametrize(("missing", "told"), [(5, False), (6, True)])
def test_too_many_that_vanish_at_once_are_left_alone_and_told(missing: int, told: bool) -> None:
    found = verdicts(GitHub(), tuple(map(preview, range(1, missing + 1))))
    assert (found.unsafe is not None) == told
    assert set(found.verdicts.values()) == ({Leave()} if told else {Absent("missing")})


def test_six_that_are_closed_at_once_just_go_even_beside_many_that_vanished() -> None:
    closed = {n: pull_request(n, open=False, closed_at=CLOSED) for n in range(1, 7)}
    found = verdicts(GitHub(closed), tuple(map(preview, range(1, 21))))
    assert {found.of(of(n)) for n in range(1, 7)} == {Absent("closed", CLOSED)}
    assert {found.of(of(n)) for n in range(7, 21)} == {Leave()}
    assert found.unsafe is not None and "14 pull requests" in found.unsafe


def test_one_that_nobody_knows_is_left_alone() -> None:
    assert verdicts(GitHub()).of(of(99)) == Leave()


def test_environments_of_other_repositories_are_not_judged() -> None:
    other = preview(1, environment=Environment(8, "pr-1"))
    assert verdicts(GitHub(), (other,)).verdicts == {}


@quickly
@given(worlds())
def test_shared_environments_are_never_deleted_whatever_github_says(world: Settling) -> None:
    found = world.judged()
    assert all(isinstance(v, Run | Leave) for e, v in found.verdicts.items() if e.shared)
    assert not any(removal for e, removal in world.attention().items() if e.shared)


@quickly
@given(worlds())
def test_a_wanted_pull_request_never_loses_its_preview(world: Settling) -> None:
    there = world.cf.look().environments(SHOP.id)
    for environment, verdict in world.judged().verdicts.items():
        pr = world.github.pull_requests.get(environment.number or 0)
        if pr is not None and environment in there and _is_wanted(world, pr):
            assert isinstance(verdict, Run | NoRoom | Leave)
            assert not isinstance(verdict, NoRoom) or not _runs(world, environment)


def _is_wanted(world: Settling, pr: PullRequest) -> bool:
    young = max(world.github.committed[pr.commit], pr.created_at) > NOW - 10 * DAY
    recent = pr.updated_at > NOW - 10 * DAY
    return pr.open and not pr.fork and not pr.bot and not pr.labels & {"no-preview"} and young and recent


def _runs(world: Settling, environment: Environment) -> bool:
    return any(app.started for app in world.cf.look().actual(environment).apps)


# --- order ---


@quickly
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_listings_changes_nothing(world: Settling, shuffled: Random) -> None:
    def reordered(some: tuple[Listed, ...]) -> tuple[Listed, ...]:
        copy = list(some)
        shuffled.shuffle(copy)
        return tuple(copy)

    found, wanting = world.judged(), world.attention()
    look, space = world.github.look(), world.cf.look()
    wanted = Wanted(SHOP, reordered(look.pull_requests), reordered(look.tags), None)
    other = Space(reordered(space.apps), reordered(space.routes))
    world.github.look = lambda: wanted  # type: ignore[method-assign]
    world.cf.look = lambda: other  # type: ignore[method-assign]
    assert world.judged() == found
    assert world.attention() == wanting


def test_a_route_alone_is_something_that_is_there() -> None:
    world = Settling(GitHub({1: pull_request(1, open=False, closed_at=CLOSED)}), _space_with_route())
    assert world.attention() == {of(1): True}


def _space_with_route() -> CloudFoundry:
    cf = CloudFoundry(NOW, {})
    cf.routes["r"] = Route("r", "shop-pr-1", "shop-pr-1.apps.example.gov", of(1), frozenset())
    return cf
