"""Shared environments: which commit they should run, and what holds it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.approval import Commit, Evidence, Move, Pull, Requires, Review
from reviewapps.desired import Held, Hold, Known, Leave, Run, Shared, Verdict, Way, desired, tags_seen
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import (
    ADOPTED,
    App,
    Attempt,
    Environment,
    Lock,
    Override,
    Pin,
    Space,
    Tag,
    Tagging,
    Wanted,
)
from reviewapps.overview import row
from reviewapps.rules import Rules, rules
from reviewapps.rules.freezing import Freeze, freeze, frozen_until
from tests.core.settling import NOW, SHOP, sha

OLD, NEW = sha(1), sha(2)
STAGING, PRODUCTION = Environment(SHOP.id, "staging"), Environment(SHOP.id, "production")
GRANT = Grant(targets={"staging": "staging", "production": "production"})
ASKING = rules("environments: {production: {requires: {approvals: 1}}}")


def running(environment: Environment, commit: str | None = OLD, **more: object) -> App:
    """Its app, which is known to serve the commit."""
    plain = App("a", "shop", environment, "app", True, "d1", commit, "c", NOW, live_since=NOW)
    noted = replace(plain, wished=commit if commit != ADOPTED else None, tags_seen=frozenset())
    return replace(noted, live_droplet="d1", **more)  # type: ignore[arg-type]


def verdict(
    environment: Environment,
    app: App | None,
    *,
    asked: Rules | BadRules = ASKING,
    there: Rules | BadRules = ASKING,
    grant: Grant = GRANT,
    branches: Mapping[str, str] | None = None,
    approved: bool = False,
    now: datetime = NOW,
    tags: tuple[Tag, ...] = (),
) -> Verdict:
    """The verdict while ``main`` is at NEW and ``staging`` as ``branches`` say, once all that is asked was
    answered: the rules at what runs are ``there``, and the way to the head is one pull request, ``approved`` or
    not."""
    repository = replace(SHOP, head=NEW)
    wanted = Wanted(repository, (), tags, None, branches={"staging": NEW} if branches is None else branches)
    space = Space(() if app is None else (app,))
    known = Known()
    while True:
        found = desired(wanted, asked, grant, space, known, now)
        if not found.asks:
            return found.of(environment)
        evidence = {
            way: _evidence(way.branch, way.running, way.head, approved=approved) for way in found.asks.ways
        }
        known = known.with_answers(
            Known(
                taggings={one: Tagging(one.object, None, NOW) for one in found.asks.tags},
                rules_at=dict.fromkeys(found.asks.rules_at, there),
                evidence=evidence,
            )
        )


def tag(name: str, commit: str) -> Tag:
    return Tag(name, commit, annotated=False)


def _evidence(branch: str, from_: str | None, head: str, *, approved: bool) -> Evidence:
    before = from_ or sha(0)
    review = Review(1, "grace", "approved", "h" * 40, NOW)
    pull = Pull(12, branch, "h" * 40, head, "ada", reviews=(review,) if approved else ())
    commit = Commit(head, (before,))
    moves = (Move(before, head, merge=True, at=NOW),)
    return Evidence(branch, before, head, True, 1, (commit,), (pull,), ((head, 12),), moves)


def test_a_merge_moves_what_follows_the_branch() -> None:
    found = verdict(STAGING, running(STAGING))
    assert isinstance(found, Run) and (found.commit, found.source, found.held) == (NEW, "staging", None)


def test_without_its_branch_it_stays_as_it_is() -> None:
    found = verdict(STAGING, running(STAGING), branches={})
    assert isinstance(found, Run) and found.commit == OLD
    assert verdict(STAGING, None, branches={}) == Leave()


def test_what_is_not_approved_is_held_and_what_runs_is_kept_up() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION))
    assert isinstance(found, Run) and found.commit == OLD and found.held is not None
    assert (found.held.commit, found.held.why, found.held.pulls) == (NEW, "approval", (12,))
    assert found.held.reasons == ("1 approval (#12)",)


@pytest.mark.parametrize("floor", [Requires.wish(1), Requires.wish(None, ["acme/release"])])
def test_no_tag_passes_where_approvals_are_asked_for_whatever_the_rules_let_it_follow(
    floor: Requires,
) -> None:
    tags = rules("environments: {production: {follows: {tags: [v*]}}}")
    floored = Grant(targets={"production": "production"}, floors={"production": floor})
    wanted = Wanted(replace(SHOP, head=NEW), (), (tag := Tag("v1", NEW, False),), None)
    known = Known(taggings={tag: Tagging(NEW, None, NOW)}, rules_at={OLD: tags})
    for app in (None, running(PRODUCTION)):
        space = Space(() if app is None else (app,))
        found = desired(wanted, tags, floored, space, known, NOW).of(PRODUCTION)
        hold = found.hold if isinstance(found, Held) else found.held if isinstance(found, Run) else None
        assert hold is not None and hold.reasons == ("v1 is a tag, and approvals are counted on a branch",)


def test_it_goes_by_itself_once_it_is_approved_and_says_by_what() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION), approved=True)
    assert isinstance(found, Run) and (found.commit, found.held) == (NEW, None)
    assert found.approved == ("approved: #12 by grace",)


def test_a_first_deploy_waits_for_its_approval_too() -> None:
    assert isinstance(verdict(PRODUCTION, None), Held)
    assert isinstance(verdict(PRODUCTION, None, approved=True), Run)


def test_a_pull_request_cannot_lower_what_is_asked_of_itself() -> None:
    lowered = rules("environments: {production: {requires: {approvals: 0}}}")
    found = verdict(PRODUCTION, running(PRODUCTION), asked=lowered, there=ASKING)
    assert isinstance(found, Run) and found.held is not None


def test_nor_can_it_once_what_ran_there_was_stopped() -> None:
    lowered = rules("environments: {production: {requires: {approvals: 0}}}")
    stopped = running(PRODUCTION, commit=None, wished=OLD, started=False)
    found = verdict(PRODUCTION, stopped, asked=lowered, there=ASKING)
    assert isinstance(found, Run) and found.commit == OLD and found.held is not None


def test_the_operators_floor_holds_whatever_the_rules_say() -> None:
    floor = replace(GRANT, floors={"production": Requires.wish(1)})
    found = verdict(PRODUCTION, running(PRODUCTION), asked=Rules(), there=Rules(), grant=floor)
    assert isinstance(found, Run) and found.held is not None


def test_rules_that_cannot_be_read_where_it_runs_let_nothing_pass() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION), there=BadRules("broken"), approved=True)
    assert isinstance(found, Held) and (found.hold.why, found.hold.commit) == ("rules", NEW)
    assert "(`reviewapps rollback production SHA`)" in found.hold.reasons[0]


TAGGED = rules("environments: {production: {follows: {tags: ['go-*']}}}")


@pytest.mark.parametrize(
    ("environment", "asked", "branches", "tags"),
    [
        (PRODUCTION, TAGGED, {}, (tag("go-1", sha(9)),)),
        (STAGING, Rules(), {"staging": sha(9)}, ()),
    ],
    ids=["a tag", "a merge"],
)
def test_one_broken_file_holds_up_nothing_where_nothing_is_asked_for(
    environment: Environment, asked: Rules, branches: Mapping[str, str], tags: tuple[Tag, ...]
) -> None:
    first = App("a", "shop", environment, "app", False, None, None, None, NOW, wished=sha(9))
    first = replace(first, attempt=Attempt("a", sha(9), "c", NOW), tags_seen=tags_seen(tags))
    for app in (running(environment), first):  # the next one, and its own first deploy, which is under way
        found = verdict(environment, app, asked=asked, there=BadRules("broken"), branches=branches, tags=tags)
        assert isinstance(found, Run) and (found.commit, found.held) == (sha(9), None)
        assert found.config == GRANT.config(asked, environment)

        floor = replace(GRANT, floors={environment.kind: Requires.wish(1)})
        floored = verdict(
            environment, app, asked=asked, there=BadRules("broken"), branches=branches, tags=tags, grant=floor
        )
        assert isinstance(floored, Held) and floored.hold.why == "rules"


def test_nor_can_it_right_after_the_app_was_taken_over() -> None:
    lowered = rules("environments: {production: {requires: {approvals: 0}}}")
    for wished in (None, OLD):  # before its first deploy, and while that lasts
        adopted = running(PRODUCTION, ADOPTED, wished=wished, pin=Pin(ADOPTED, OLD))
        found = verdict(PRODUCTION, adopted, asked=lowered, there=ASKING)
        hold = found.hold if isinstance(found, Held) else found.held if isinstance(found, Run) else None
        assert hold is not None and (hold.commit, hold.why) == (NEW, "approval")


@pytest.mark.parametrize("pin", [Pin(ADOPTED, sha(8), since=OLD), Pin(sha(7), sha(8), "ada", since=OLD)])
def test_what_was_merged_before_something_was_adopted_is_judged_too(pin: Pin) -> None:
    lowered = rules("environments: {production: {requires: {approvals: 0}}}")
    app = running(PRODUCTION, ADOPTED, pin=pin)
    found = desired(
        Wanted(replace(SHOP, head=NEW), (), (), None),
        lowered,
        GRANT,
        Space((app,)),
        Known(rules_at={OLD: ASKING, sha(8): lowered}),
        NOW,
    )
    assert found.asks.ways == {Way("main", OLD, NEW, Requires.wish(1))}


def test_nor_can_it_by_following_tags_instead() -> None:
    tagged = rules("environments: {production: {follows: {tags: ['go-*']}}}")
    for there, grant in ((ASKING, GRANT), (tagged, replace(GRANT, floors={"production": Requires.wish(1)}))):
        found = verdict(
            PRODUCTION, running(PRODUCTION), asked=tagged, there=there, grant=grant, tags=(tag("go-1", NEW),)
        )
        assert isinstance(found, Run) and found.commit == OLD and found.held is not None
        assert found.held.reasons == ("go-1 is a tag, and approvals are counted on a branch",)


def test_tags_move_what_asks_for_no_approvals() -> None:
    tagged = rules("environments: {production: {follows: {tags: ['go-*']}}}")
    found = verdict(PRODUCTION, running(PRODUCTION), asked=tagged, there=tagged, tags=(tag("go-1", NEW),))
    assert isinstance(found, Run) and (found.commit, found.held) == (NEW, None)


EVIL = "environments: {production: {requires: {approvals: 1}, release: ./take-it-all}}"


@pytest.mark.parametrize("pin", [None, Pin(sha(3), NEW, "ada")], ids=["held", "gone back from"])
def test_no_command_comes_in_by_rules_that_nobody_approved(pin: Pin | None) -> None:
    config = GRANT.config(ASKING, PRODUCTION)
    app = running(PRODUCTION, config=config, pin=pin)
    found = verdict(PRODUCTION, app, asked=rules(EVIL), there=ASKING)
    assert isinstance(found, Run) and found.commit == (pin.commit if pin else OLD)
    assert found.config == config and found.by_own_rules

    approved = verdict(PRODUCTION, replace(app, pin=None), asked=rules(EVIL), there=ASKING, approved=True)
    assert isinstance(approved, Run) and approved.config == GRANT.config(rules(EVIL), PRODUCTION)


def test_rules_of_the_default_branch_hold_where_nothing_is_asked_for() -> None:
    now, app = rules("all: {release: ./migrate}"), running(STAGING, commit=sha(4))
    found = verdict(STAGING, app, asked=now, there=Rules(), branches={"staging": sha(4)})
    assert isinstance(found, Run) and (found.config, found.by_own_rules) == (
        GRANT.config(now, STAGING),
        False,
    )


def test_what_runs_stays_where_its_own_rules_cannot_be_read() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION, pin=Pin(sha(3), NEW, "ada")), there=BadRules("broken"))
    assert isinstance(found, Held) and found.hold.why == "rules"


def test_what_was_permitted_goes_on_while_a_newer_commit_is_held() -> None:
    app = replace(running(PRODUCTION), wished=sha(3), attempt=Attempt("a", sha(3), "c", NOW + timedelta(1)))
    found = verdict(PRODUCTION, app)
    assert isinstance(found, Run) and found.commit == sha(3) and found.held is not None


# --- where its rules may lead it ---

ELSEWHERE = rules("environments: {production: {follows: {branch: next}, requires: {approvals: 1}}}")
NEXT = {"next": sha(9)}
TOLD = "the rules at what runs there follow branch main, the new ones branch next: take that back, or let"


def test_rules_that_nobody_approved_lead_it_to_no_other_branch() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION), asked=ELSEWHERE, branches=NEXT, approved=True)
    assert isinstance(found, Run) and found.commit == OLD and found.held is not None
    assert (found.held.commit, found.held.why) == (sha(9), "rules")
    assert found.held.reasons[0].startswith(TOLD)


def test_once_they_run_there_it_follows_that_branch() -> None:
    app = running(PRODUCTION)
    found = verdict(PRODUCTION, app, asked=ELSEWHERE, there=ELSEWHERE, branches=NEXT, approved=True)
    assert isinstance(found, Run) and (found.commit, found.source, found.held) == (sha(9), "next", None)


def test_an_operator_brings_it_to_the_other_branch_by_hand() -> None:
    app = running(PRODUCTION, pin=Pin(sha(9), sha(9), "ada"))
    found = verdict(PRODUCTION, app, asked=ELSEWHERE, there=ELSEWHERE, branches=NEXT)
    assert isinstance(found, Run) and (found.commit, found.held) == (sha(9), None)


def test_nor_do_they_lead_it_to_tags_where_only_checks_are_asked_for() -> None:
    checked = rules("environments: {production: {requires: {checks: [test]}}}")
    tagged = rules("environments: {production: {follows: {tags: ['go-*']}}}")
    app, go = running(PRODUCTION), (tag("go-1", NEW),)
    found = verdict(PRODUCTION, app, asked=tagged, there=checked, approved=True, tags=go)
    assert isinstance(found, Run) and found.held is not None
    assert (found.held.commit, found.held.why) == (NEW, "rules")


def test_nor_does_a_branch_that_is_not_there_let_their_commands_in() -> None:
    nowhere = rules("environments: {production: {follows: {branch: nowhere}, release: ./take-it-all}}")
    found = verdict(PRODUCTION, running(PRODUCTION), asked=nowhere, there=ASKING, branches={})
    assert isinstance(found, Run) and (found.commit, found.by_own_rules) == (OLD, True)
    assert found.config == GRANT.config(ASKING, PRODUCTION)


RELEASES = rules("environments: {production: {follows: {branch: releases}, requires: {approvals: 1}}}")
RELEASED = {"releases": sha(9)}


def test_a_branch_without_the_file_is_told_where_a_commit_brings_its_own_rules() -> None:
    found = verdict(PRODUCTION, None, asked=RELEASES, there=Rules(), branches=RELEASED, approved=True)
    assert isinstance(found, Held) and found.hold.reasons[0].endswith("merge the file into releases")


def test_what_goes_there_first_is_judged_by_the_default_branchs_rules_and_by_its_own() -> None:
    silent = rules("environments: {production: {follows: {branch: releases}}}")
    for asked, brought in ((silent, RELEASES), (RELEASES, silent)):
        held = verdict(PRODUCTION, None, asked=asked, there=brought, branches=RELEASED)
        assert isinstance(held, Held) and held.hold.why == "approval"
        found = verdict(PRODUCTION, None, asked=asked, there=brought, branches=RELEASED, approved=True)
        assert isinstance(found, Run) and found.commit == sha(9)


LOCK = Lock("ada", "a demo", NOW + timedelta(hours=1))


def test_a_lock_holds_until_its_time_and_an_override_passes_it() -> None:
    locked = running(STAGING, lock=LOCK)
    found = verdict(STAGING, locked)
    assert isinstance(found, Run) and found.held is not None
    assert found.held.reasons == ("locked by ada until 02 Mar 13:00 UTC: a demo",)
    later = verdict(STAGING, locked, now=NOW + timedelta(hours=2))
    assert isinstance(later, Run) and later.commit == NEW
    passed = verdict(STAGING, replace(locked, override=Override(NEW, "grace")))
    assert isinstance(passed, Run) and (passed.commit, passed.approved) == (NEW, ("overridden by grace",))
    sent = running(
        STAGING, wished=NEW, override=Override(NEW, "")
    )  # by an older version, which noted no name
    found = verdict(STAGING, sent)
    assert isinstance(found, Run) and (found.commit, found.approved) == (NEW, ("overridden by hand",))


FOLLOWS_TAGS = "environments: {{staging: {{follows: {{tags: [s-*]}}, requires: {{{}}}}}}}"


@pytest.mark.parametrize(
    ("asked", "floor", "more", "held"),
    [
        ("", None, {}, ()),
        ("checks: [scan]", None, {}, (f"check scan did not run on {NEW[:7]} yet",)),
        ("sign_off: [grace]", None, {}, (f"the word of grace for {NEW[:7]}",)),
        ("sign_off: [grace]", None, {"sign_offs": (("grace", NEW),)}, ()),
        (
            "",
            Requires.wish(1),
            {},
            ("main is sent where tags are followed, and approvals are counted on a branch",),
        ),
        ("", None, {"lock": LOCK}, ("locked by ada until 02 Mar 13:00 UTC: a demo",)),
        (
            "checks: [scan]",
            None,
            {"lock": LOCK, "override": Override(OLD, "ada")},
            ("locked by ada until 02 Mar 13:00 UTC: a demo",),
        ),
    ],
)
def test_what_is_sent_by_hand_is_asked_for_what_a_tag_is(
    asked: str, floor: Requires | None, more: dict[str, Any], held: tuple[str, ...]
) -> None:
    there = rules(FOLLOWS_TAGS.format(asked))
    grant = replace(GRANT, floors={"staging": floor} if floor is not None else {})
    wanted, space = Wanted(replace(SHOP, head=NEW), (), (), None), Space((running(STAGING, **more),))
    known = Known()
    while (shared := Shared(wanted, there, grant, space, known, NOW)) is not None:
        found = shared.by_hand(STAGING, NEW, "main")
        if not shared.asks:
            break
        ways = {way: Evidence(way.branch, OLD, NEW) for way in shared.asks.ways}
        known = known.with_answers(Known(rules_at=dict.fromkeys(shared.asks.rules_at, there), evidence=ways))
    assert (found.reasons if isinstance(found, Hold) else ()) == held


def test_what_lies_on_it_is_noted_though_nothing_waits_for_it() -> None:
    lock = Lock("grace", "a demo", NOW + timedelta(hours=1))
    back = running(STAGING, lock=lock, pin=Pin(OLD, NEW, "grace"))
    frozen = rules("environments: {staging: {freeze: [{from: 2026-03-02, to: 2026-03-03}]}}")
    found = verdict(STAGING, back, asked=frozen, there=frozen)
    assert isinstance(found, Run) and (found.commit, found.held) == (OLD, None)
    assert found.notes == (
        f"kept at {OLD[:7]} by grace, until the next merge or `unlock`",
        "locked by grace until 02 Mar 13:00 UTC: a demo",
        "frozen until 03 Mar 00:00 UTC",
    )
    seen = row(STAGING, found, Space((back,)), GRANT)
    assert seen is not None and (seen.state, seen.notes) == ("due", found.notes)
    waiting = verdict(STAGING, running(STAGING, lock=lock))
    assert isinstance(waiting, Run) and waiting.held is not None and waiting.notes == ()


def test_whoever_went_back_stays_there_until_the_next_merge() -> None:
    back = running(PRODUCTION, sha(7), pin=Pin(OLD, NEW, "ada"))
    found = verdict(PRODUCTION, back)
    assert isinstance(found, Run) and (found.commit, found.held) == (OLD, None)
    merged = verdict(PRODUCTION, replace(back, pin=Pin(OLD, sha(6), "ada")), approved=True)
    assert isinstance(merged, Run) and merged.commit == NEW


@pytest.mark.parametrize("environment", [STAGING, PRODUCTION])
def test_what_somebody_else_deployed_is_told_and_left_alone(environment: Environment) -> None:
    found = verdict(environment, running(environment, droplet="theirs"), approved=True)
    assert isinstance(found, Held) and found.hold.why == "drift"


def test_drift_holds_the_head_so_that_its_merge_is_told() -> None:
    found = verdict(STAGING, running(STAGING, droplet="theirs"))
    assert isinstance(found, Held) and found.hold.commit == NEW


def test_what_was_adopted_stays_until_the_next_merge() -> None:
    adopted = running(STAGING, ADOPTED, pin=Pin(ADOPTED, NEW))
    assert verdict(STAGING, adopted) == Leave()
    merged = verdict(STAGING, replace(adopted, pin=Pin(ADOPTED, OLD)))
    assert isinstance(merged, Run) and merged.commit == NEW


def test_what_we_are_about_to_deploy_is_no_drift() -> None:
    attempt = Attempt("a", NEW, "c", NOW + timedelta(seconds=1))
    found = verdict(STAGING, running(STAGING, droplet="ours", attempt=attempt))
    assert isinstance(found, Run)


def test_what_is_not_granted_is_not_there() -> None:
    assert verdict(PRODUCTION, None, grant=replace(GRANT, targets={"staging": "s"})) == Leave()


ALWAYS_THERE = st.sampled_from(
    [None, running(PRODUCTION), running(PRODUCTION, ADOPTED), running(PRODUCTION, lock=LOCK)]
)


@given(ALWAYS_THERE, st.booleans(), st.sampled_from([Rules(), ASKING, BadRules("x")]), st.booleans())
def test_nothing_shared_is_ever_to_be_deleted(
    app: App | None, approved: bool, asked: Rules | BadRules, staged: bool
) -> None:
    branches = {"staging": NEW} if staged else {}
    found = verdict(PRODUCTION, app, asked=asked, there=asked, approved=approved, branches=branches)
    assert isinstance(found, Run | Held | Leave)


# --- freezes ---


def windows(**window: str) -> tuple[Freeze, ...]:
    return freeze([{name.rstrip("_"): value for name, value in window.items()}])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WEEKEND = windows(from_="Fri 16:00", to="Mon 08:00", zone="America/New_York")
NIGHT = windows(from_="Wed 22:00", to="Thu 06:00", zone="Europe/Berlin")
HOLIDAYS = windows(from_="2026-12-24", to="2027-01-02 08:00", zone="America/New_York")
OFFSET = windows(from_="2026-12-24T16:00Z", to="2026-12-24 18:00+01:00", zone="America/New_York")


@pytest.mark.parametrize(
    ("window", "now", "ends"),
    [
        (WEEKEND, "2026-11-27 20:59", None),  # Friday 15:59 in New York
        (WEEKEND, "2026-11-27 21:00", "2026-11-30 13:00"),
        (WEEKEND, "2026-11-30 12:59", "2026-11-30 13:00"),
        (WEEKEND, "2026-11-30 13:00", None),
        (WEEKEND, "2026-03-07 12:00", "2026-03-09 12:00"),  # summer time begins in between: an hour less
        (WEEKEND, "2026-10-31 12:00", "2026-11-02 13:00"),  # and ends: an hour more
        (NIGHT, "2026-11-25 23:30", "2026-11-26 05:00"),  # over midnight
        (NIGHT, "2026-11-26 04:59", "2026-11-26 05:00"),
        (NIGHT, "2026-11-26 05:00", None),
        (HOLIDAYS, "2026-12-24 04:59", None),
        (HOLIDAYS, "2026-12-24 05:00", "2027-01-02 13:00"),
        (HOLIDAYS, "2027-01-02 13:00", None),
        (OFFSET, "2026-12-24 15:59", None),
        (OFFSET, "2026-12-24 16:00", "2026-12-24 17:00"),
    ],
)
def test_a_freeze_is_by_the_clock_of_its_zone(window: tuple[Freeze, ...], now: str, ends: str | None) -> None:
    assert frozen_until(window, at(now)) == (None if ends is None else at(ends))


def test_a_freeze_holds_a_merge_and_says_until_when() -> None:
    text = "environments: {staging: {freeze: [{from: Mon 00:00, to: Tue 00:00}]}}"
    found = verdict(STAGING, running(STAGING), asked=rules(text), there=rules(text))
    assert isinstance(found, Run) and found.held is not None
    assert found.held.reasons == ("frozen until 03 Mar 00:00 UTC",)
