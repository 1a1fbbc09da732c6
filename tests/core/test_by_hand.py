"""What people do by hand: what it means for the verdicts, and what is mended and what is swept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reviewapps import steps
from reviewapps.approval import Requires
from reviewapps.desired import Absent, Destroyed, Fork, Known, Leave, NoRoom, Room, Run, Verdict, desired
from reviewapps.errors import BadManifest, BadRules
from reviewapps.grants import Grant
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Environment,
    PullRequest,
    Refusal,
    Route,
    Service,
    Space,
    Wanted,
)
from reviewapps.overview import overview, row
from reviewapps.plan import drifted
from reviewapps.reconcile.allowing import check_data, keeps_its_data
from reviewapps.rules import Rules, rules
from reviewapps.sweeping.leftovers import Kept, leftovers
from tests.core.imagined import CloudFoundry
from tests.core.settling import DAY, NOW, SHOP, GitHub, Settling, pull_request, sha
from tests.core.test_tasks import BLUEPRINT

CONFIG = Grant().config(Rules(), Environment(SHOP.id, "pr-1"))
CRASHED = Refusal("crash", "it crashed", NOW)
BY_HAND = Refusal("destroyed", "removed by hand", NOW)
PR_1, DEV = Environment(SHOP.id, "pr-1"), Environment(SHOP.id, "dev")


def app(name: str = "pr-1", **more: object) -> App:
    """The app of an environment that has been live for an hour."""
    whose = Environment(SHOP.id, name)
    live = App(f"app-{name}", f"shop-{name}", whose, "app", True, "d", sha(1), CONFIG, NOW - DAY)
    return replace(live, live_since=NOW - DAY / 24, **more)  # type: ignore[arg-type]


def record(commit: str = sha(1)) -> App:
    attempt = Attempt("a", commit, "", NOW, refusal=BY_HAND)
    return app(name="pr-1", started=False, droplet=None, commit=None, config=None, attempt=attempt)


def route(name: str = "pr-1", *apps: str) -> Route:
    whose = Environment(SHOP.id, name)
    return Route(f"route-{name}", f"shop-{name}", f"shop-{name}.example.gov", whose, frozenset(apps))


def verdict(pr: PullRequest, *apps: App, asked: Rules | BadRules | None = None) -> Verdict:
    known = Known({pr.commit: pr.created_at}, room=Room())
    wanted = Wanted(SHOP, (pr,), (), None)
    return desired(wanted, asked or Rules(), Grant(limit=1), Space(apps), known, NOW).of(PR_1)


# --- taken away ---


@pytest.mark.parametrize(
    ("pr", "expected"),
    [
        (pull_request(1), Destroyed(sha(1), NOW)),
        (pull_request(1, sha(2)), Run),
        (pull_request(1, open=False, closed_at=NOW), Absent),
        (pull_request(1, fork=True), Fork),
        (pull_request(1, labels=frozenset({"no-preview"})), Absent),
    ],
    ids=["as it was", "pushed to", "closed", "a fork", "labelled away"],
)
def test_what_was_taken_away_stays_away_until_something_else_is_wanted(
    pr: PullRequest, expected: Verdict | type[Verdict]
) -> None:
    found = verdict(pr, record())
    assert found == expected if isinstance(expected, Destroyed) else type(found) is expected


def test_what_was_taken_away_stays_away_also_while_the_rules_are_broken() -> None:
    assert verdict(pull_request(1), record(), asked=BadRules("`limitt` is unknown")) == Destroyed(sha(1), NOW)


def test_what_was_taken_away_leaves_its_place_to_others() -> None:
    prs = (pull_request(1), pull_request(2))
    known = Known({sha(n): NOW - DAY for n in (1, 2)}, room=Room())
    wanted, space = Wanted(SHOP, prs, (), None), Space((record(),))
    found = desired(wanted, Rules(), Grant(limit=1), space, known, NOW)
    assert isinstance(found.of(Environment(SHOP.id, "pr-2")), Run)
    seen = overview(wanted, found, space, Grant(), NOW)
    assert [(one.number, one.why) for one in seen.passed] == [(1, "removed by hand")]
    assert row(PR_1, found.of(PR_1), space, Grant()) is None
    half_gone = Space((record(),), (route(),))
    left = row(PR_1, found.of(PR_1), half_gone, Grant())
    assert left is not None and left.state == "removing"


# --- asked for ---


@pytest.mark.parametrize(("days", "expected"), [(1, Run), (9, Run), (11, Absent)])
def test_asking_for_a_preview_keeps_it_as_long_as_a_push_would(days: int, expected: type[Verdict]) -> None:
    old = pull_request(1, created_at=NOW - 30 * DAY, updated_at=NOW - 30 * DAY)
    asked = Attempt("a", sha(1), CONFIG, NOW - days * DAY, asked_at=NOW - timedelta(days=days))
    found = verdict(old, app(attempt=asked))
    assert type(found) is expected
    assert not isinstance(found, NoRoom)


# --- what drifted ---

TRIED = Attempt("a", sha(1), CONFIG, NOW)


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (Actual(PR_1, (app(),), (route("pr-1", "app-pr-1"),)), None),
        (Actual(PR_1, (app(started=False),), (route("pr-1", "app-pr-1"),)), "its app had been stopped"),
        (Actual(PR_1, (app(),), (route(),)), "its address did not lead to the app"),
        (Actual(PR_1, (app(),)), "its address did not lead to the app"),
        (Actual(PR_1, (app(started=False, attempt=TRIED),)), None),
        (Actual(PR_1, (app(commit=None),)), None),
        (Actual(PR_1), None),
    ],
    ids=["as it was", "stopped", "unmapped", "no address", "being tried", "not live yet", "nothing"],
)
def test_what_somebody_changed_is_told_from_what_is_under_way(there: Actual, found: str | None) -> None:
    assert drifted(Run(sha(1), CONFIG), there) == found


def test_an_address_that_came_back_is_a_leftover_and_one_that_is_being_removed_is_not() -> None:
    assert (
        drifted(Absent("closed"), Actual(PR_1, (), (route(),))) == "an address without an app was left over"
    )
    assert drifted(Absent("closed"), Actual(PR_1, (app(),), (route(),))) is None
    assert drifted(Leave(), Actual(PR_1, (), (route(),))) is None


# --- what is swept ---

HOMES = {"review": frozenset({"review"}), "dev": frozenset({"review"})}


def swept(
    space: Space, verdict: Verdict, homes: dict[str, frozenset[str]] | None = None, repository: int = SHOP.id
) -> dict[str, str]:
    """The names of what may be taken away, and why."""
    kept = {repository: Kept("acme/shop", HOMES if homes is None else homes, lambda _: verdict, {}, NOW)}
    return {one.name: one.why for one in leftovers("review", space, kept) if not one.by_hand}


WHOLE = Space((app(),), (route(),))
RUN = Run(sha(1), CONFIG)


@pytest.mark.parametrize("verdict", [RUN, NoRoom(sha(1), 1, 1, 1, ()), Leave(), Destroyed(sha(1), NOW)])
def test_what_is_wanted_or_in_doubt_is_not_swept(verdict: Verdict) -> None:
    assert swept(WHOLE, verdict) == {}


@pytest.mark.parametrize(
    ("why", "found"),
    [
        ("(closed)", swept(WHOLE, Absent("closed"))),
        ("(fork)", swept(WHOLE, Fork(sha(1)))),
        ("is granted no environments of the kind review", swept(WHOLE, RUN, {})),
        ("live in elsewhere", swept(WHOLE, RUN, {"review": frozenset({"elsewhere"})})),
        ("not ours to keep", swept(WHOLE, RUN, repository=8)),
    ],
)
def test_what_belongs_to_nothing_is_swept_addresses_first(why: str, found: dict[str, str]) -> None:
    assert list(found) == ["shop-pr-1.example.gov", "shop-pr-1"]
    assert all(why in said for said in found.values())


@pytest.mark.parametrize("homes", [HOMES, {}, {"dev": frozenset({"elsewhere"})}])
@pytest.mark.parametrize("repository", [SHOP.id, 8])
def test_nothing_shared_is_ever_swept(homes: dict[str, frozenset[str]], repository: int) -> None:
    space = Space((app("dev"), app("dev", guid="second", started=False)), (route("dev"), route("dev")))
    assert swept(space, Absent("closed"), homes, repository) == {}


def test_what_cannot_be_read_is_told_and_never_swept() -> None:
    space = replace(WHOLE, unreadable={PR_1: "shop-pr-1: who wrote this?", None: "shop-dev: no labels"})
    assert swept(space, Absent("closed")) == {}
    kept = {SHOP.id: Kept("acme/shop", HOMES, lambda _: Absent("closed"), {}, NOW)}
    assert {one.name for one in leftovers("review", space, kept)} == {"shop-pr-1", "shop-dev"}


def test_of_a_preview_that_is_wanted_only_the_surplus_is_swept() -> None:
    second = replace(route(), guid="second", host="z", address="z.example.gov")
    used = replace(second, guid="third", address="y.example.gov", apps=frozenset({"app-pr-1"}))
    spare = replace(app(), guid="z", name="spare", started=False)
    found = swept(Space((app(), spare), (route(), second, used)), RUN)
    assert found.keys() == {"z.example.gov", "spare"}


# --- emptied ---

ASKING = rules("environments: {dev: {requires: {checks: [test]}}}")
FLOORED = Grant(floors={"dev": Requires.wish(1)})


@pytest.mark.parametrize(
    ("name", "asked", "grant", "kept"),
    [
        ("pr-1", Rules(), Grant(), False),
        ("pr-1", BadRules("no YAML"), Grant(), False),
        ("dev", Rules(), Grant(), False),
        ("dev", ASKING, Grant(), True),
        ("dev", Rules(), FLOORED, True),
        ("dev", BadRules("no YAML"), Grant(), True),
        ("staging", Rules(), Grant(), True),
        ("production", Rules(), Grant(), True),
    ],
)
def test_a_reset_never_empties_what_is_kept(
    name: str, asked: Rules | BadRules, grant: Grant, kept: bool
) -> None:
    assert keeps_its_data(Environment(SHOP.id, name), asked, grant) == kept


@pytest.mark.parametrize("name", ["staging", "production"])
def test_a_deploy_never_empties_what_is_kept_either(name: str) -> None:
    emptied = replace(BLUEPRINT, services=(Service("db", "database", fresh=True),))
    for there in (Environment(SHOP.id, "pr-1"), Environment(SHOP.id, "dev")):
        check_data(there, emptied)
    check_data(Environment(SHOP.id, name), replace(BLUEPRINT, services=(Service("db", "database"),)))
    with pytest.raises(BadManifest, match=f"name it under `{name}` without `fresh`"):
        check_data(Environment(SHOP.id, name), emptied)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    ("refusal", "again"), [(None, True), (Refusal("build", "it does not build", NOW), False)]
)
def test_a_reset_goes_on_with_what_is_pushed_while_it_is_under_way(
    fresh: bool, refusal: Refusal | None, again: bool
) -> None:
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}))
    there.services = (Service("db", "database", fresh=fresh),)
    there.until_settled()
    (running,), (before,) = there.cf.apps.values(), there.cf.services[PR_1]
    assert running.attempt is not None
    there.cf.pass_time()
    asked = replace(running.attempt, id="asked", data="asked", began=there.cf.now, refusal=refusal)
    there.cf.apps[running.guid] = replace(running, attempt=asked)

    there.github.pull_requests[1] = pull_request(1, sha(2))
    there.until_settled()
    (pushed,) = there.cf.services[PR_1]
    assert (pushed.data != before.data) == (again or fresh)

    there.github.pull_requests[1] = pull_request(1, sha(3))
    there.until_settled()
    (later,) = there.cf.services[PR_1]
    assert (later.data != pushed.data) == fresh


@pytest.mark.parametrize(("of", "refusal", "builds"), [(1, None, 2), (2, None, 1), (1, CRASHED, 1)])
def test_a_new_build_is_made_also_where_the_config_is_another_one_by_now(
    of: int, refusal: Refusal | None, builds: int
) -> None:
    """Such as after an upgrade while something held it, so that what was tried last has the config of then."""
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}))
    there.until_settled()
    (running,) = there.cf.apps.values()
    assert running.attempt is not None
    there.cf.pass_time()
    tried = replace(running.attempt, id="asked", commit=sha(of), config="of then", fresh=True)
    there.cf.apps[running.guid] = replace(
        running, config="of then", attempt=replace(tried, began=there.cf.now, refusal=refusal)
    )
    there.until_settled()
    assert sum(isinstance(step, steps.CreateBuild) for step in there.taken) == builds
