"""Shared environments: which commit they should run, and what holds it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.approval import Evidence, Requires
from reviewapps.desired import Held, Hold, Inquiry, Known, Leave, Run, Shared, desired
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import (
    ADOPTED,
    Actual,
    App,
    Attempt,
    Environment,
    Lock,
    Override,
    Pin,
    Refusal,
    Space,
    Tag,
    Tagging,
    Wanted,
)
from reviewapps.overview import row
from reviewapps.plan import Terms, next_step
from reviewapps.plan.notes import as_noted
from reviewapps.rules import Rules, rules
from reviewapps.steps import Remember
from tests.core.cases import ASKING, GRANT, LOCK, NEW, OLD, PRODUCTION, STAGING, running, verdict
from tests.core.settling import NOW, SHOP, sha


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


@pytest.mark.parametrize("approved", [True, False])
def test_only_what_a_pull_request_lacks_is_told_as_that(approved: bool) -> None:
    """A check that did not run yet is no reason to write to those who had no comment."""
    asked = rules("environments: {production: {requires: {approvals: 1, checks: [scan]}}}")
    found = verdict(PRODUCTION, running(PRODUCTION), asked=asked, there=asked, approved=approved)
    assert isinstance(found, Run) and found.held is not None
    assert (found.held.pulls, found.held.unapproved) == ((12,), not approved)


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
        assert hold is not None and hold.reasons == (
            "v1 is a tag, and approvals are counted on a branch",
            "an operator asks for none with `requires = { production = { approvals = 0 } }`",
        )


def test_it_goes_by_itself_once_it_is_approved_and_says_by_what() -> None:
    found = verdict(PRODUCTION, running(PRODUCTION), approved=True)
    assert isinstance(found, Run) and (found.commit, found.held) == (NEW, None)
    assert found.approved == ("approved: #12 by grace",)


def test_what_spoke_for_it_is_known_also_where_the_turn_ended_before_its_attempt_began() -> None:
    """Then it is permitted already, and nobody asks again."""
    app = running(PRODUCTION)
    found = verdict(PRODUCTION, app, approved=True)
    assert isinstance(found, Run)
    under_way = replace(app, attempt=Attempt("1.1", sha(3), "c", NOW), live_since=None)  # given up first
    step = next_step(
        found, Actual(PRODUCTION, (under_way,)), None, Terms(("shop",), "example.gov", "1.2", NOW)
    )
    assert isinstance(step, Remember) and step.attempt is None

    noted = as_noted(Actual(PRODUCTION, (under_way,)), step).app
    assert noted is not None
    again = verdict(PRODUCTION, noted)
    assert isinstance(again, Run) and again.approved == ("approved: #12 by grace",)

    overridden = verdict(PRODUCTION, replace(noted, override=Override(NEW, "ada")))
    assert isinstance(overridden, Run)
    assert overridden.approved == ("approved: #12 by grace", "overridden by ada")

    before = replace(noted, wished=OLD)  # and something else was merged since, which is held
    goes_on = verdict(PRODUCTION, before)
    assert isinstance(goes_on, Run) and goes_on.held is not None
    assert (goes_on.commit, goes_on.approved) == (OLD, ("approved: #12 by grace",))


def test_what_is_tried_anew_is_told_by_what_speaks_for_it_now() -> None:
    """Who spoke for it before may have been taken back."""
    refused = Attempt("1.1", NEW, "c", NOW, refusal=Refusal("crash", "crashed", NOW))
    app = replace(running(PRODUCTION, attempt=refused), wished=NEW, approved=("overridden by ada",))
    found = verdict(PRODUCTION, app, approved=True)
    assert isinstance(found, Run) and found.approved == ("approved: #12 by grace",)


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("runs", [OLD, None, ADOPTED])
def test_what_was_refused_is_not_tried_anew_with_other_limits_while_something_holds_it(
    approved: bool, runs: str | None
) -> None:
    """Also where nothing of ours ran before it, as with a first deploy."""
    refused = Attempt("1.1", NEW, "c", NOW, refusal=Refusal("crash", "crashed", NOW))
    pin = Pin(ADOPTED, OLD, since=OLD) if runs == ADOPTED else None
    app = replace(running(PRODUCTION, runs, attempt=refused, pin=pin), wished=NEW)
    for lock, why in ((LOCK, "lock"), (None, None if approved else "approval")):
        found = verdict(PRODUCTION, replace(app, lock=lock), approved=approved)
        assert isinstance(found, Run) and found.commit == NEW
        assert (found.held.why if found.held else None) == why
        assert (app.refusal_of(found.commit, found.config) is not None) == (why is not None)


def test_nor_where_what_it_gave_way_to_was_taken_back() -> None:
    """Its refusal for drift would be lifted by that."""
    refused = Attempt("1.1", NEW, "c", NOW, refusal=Refusal("drift", "somebody else deployed", NOW))
    app = running(STAGING, attempt=refused, wished=NEW)
    found = verdict(STAGING, app, asked=Rules(), there=Rules())
    assert isinstance(found, Run) and (found.commit, found.held, found.rests) == (NEW, None, False)
    same = replace(app, attempt=replace(refused, config=found.config), lock=LOCK)
    for one in (same, replace(app, lock=LOCK)):
        held = verdict(STAGING, one, asked=Rules(), there=Rules())
        assert (
            isinstance(held, Run) and held.held is not None and (held.held.why, held.rests) == ("lock", True)
        )
        assert one.refusal_of(held.commit, held.config) is not None


def test_a_first_deploy_waits_for_its_approval_too() -> None:
    assert isinstance(verdict(PRODUCTION, None), Held)
    assert isinstance(verdict(PRODUCTION, None, approved=True), Run)


def test_a_lock_holds_until_its_time_and_an_override_passes_it() -> None:
    locked = running(STAGING, lock=LOCK)
    found = verdict(STAGING, locked)
    assert isinstance(found, Run) and found.held is not None
    assert found.held.reasons == ("locked by ada until 02 Mar 13:00 UTC: a demo",)
    later = verdict(STAGING, locked, now=NOW + timedelta(hours=2))
    assert isinstance(later, Run) and later.commit == NEW
    passed = verdict(STAGING, replace(locked, override=Override(NEW, "grace")))
    assert isinstance(passed, Run) and (passed.commit, passed.approved) == (NEW, ("overridden by grace",))
    for ago, goes in ((timedelta(minutes=1), False), (-timedelta(minutes=1), True)):
        ending = verdict(STAGING, replace(locked, override=Override(NEW, "grace", NOW - ago)))
        assert isinstance(ending, Run) and (ending.commit == NEW) is goes
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
            (
                "main is sent where tags are followed, and approvals are counted on a branch",
                "an operator asks for none with `requires = { staging = { approvals = 0 } }`",
            ),
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
    assert sent(running(STAGING, **more), there, there, grant) == held


def test_what_was_refused_and_is_sent_again_is_not_judged_by_its_own_rules_alone() -> None:
    """Where it was the first one there: what it asks for itself may be less."""
    refused = Attempt("1.1", NEW, "c", NOW, refusal=Refusal("crash", "crashed", NOW))
    app = replace(running(STAGING, None, attempt=refused), wished=NEW)
    asked, own = rules(FOLLOWS_TAGS.format("checks: [scan]")), rules(FOLLOWS_TAGS.format(""))
    assert sent(app, asked, own) == (f"check scan did not run on {NEW[:7]} yet",)


def sent(app: App, asked: Rules, there: Rules, grant: Grant = GRANT) -> tuple[str, ...]:
    """What holds NEW back that somebody sends to staging, where no check ran."""
    wanted, space = Wanted(replace(SHOP, head=NEW), (), (), None), Space((app,))
    known = Known()
    while (inquiry := Inquiry(known)) is not None:
        found = Shared(wanted, asked, grant, space, inquiry, NOW).by_hand(STAGING, NEW, "main")
        if not inquiry.asks:
            break
        ways = {way: Evidence(way.branch, OLD, NEW) for way in inquiry.asks.ways}
        known = known.with_answers(Known(rules_at=dict.fromkeys(inquiry.asks.rules_at, there), evidence=ways))
    return found.reasons if isinstance(found, Hold) else ()


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


def test_what_waits_is_told_also_beside_what_failed_or_is_on_its_way() -> None:
    """A lock that holds another commit is no note on what serves; it would be told nowhere."""
    words = f"{NEW[:7]} waits: locked by ada until 02 Mar 13:00 UTC: a demo"
    begun = Attempt("1.1", OLD, "c", NOW + timedelta(seconds=1))
    refused = replace(begun, refusal=Refusal("crash", "crashed", NOW))
    for attempt, state in ((begun, "due"), (refused, "failed"), (None, "held")):
        app = running(STAGING, attempt=attempt, lock=LOCK)
        found = verdict(STAGING, app, asked=Rules(), there=Rules())
        assert isinstance(found, Run)
        if state != "due":
            app = replace(app, config=found.config)
            app = replace(app, attempt=replace(attempt, config=found.config) if attempt else None)
        seen = row(STAGING, found, Space((app,)), GRANT)
        assert seen is not None and seen.state == state
        assert (seen.reason, seen.notes) == (words, ()) if state == "held" else seen.notes == (words,)


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


def test_a_freeze_holds_a_merge_and_says_until_when() -> None:
    text = "environments: {staging: {freeze: [{from: Mon 00:00, to: Tue 00:00}]}}"
    found = verdict(STAGING, running(STAGING), asked=rules(text), there=rules(text))
    assert isinstance(found, Run) and found.held is not None
    assert found.held.reasons == ("frozen until 03 Mar 00:00 UTC",)
    ended = verdict(
        STAGING, running(STAGING), asked=rules(text), there=rules(text), now=NOW + timedelta(days=1)
    )
    assert isinstance(ended, Run) and (ended.commit, ended.held) == (NEW, None)
