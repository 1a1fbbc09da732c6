"""By whose rules a commit goes to a shared environment, and where they may lead it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from reviewapps import steps
from reviewapps.approval import Commit, Evidence, Move, Requires
from reviewapps.cloudfoundry import labels
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.skeleton import remember
from reviewapps.desired import Held, Known, Leave, Run, Way, desired, tags_seen
from reviewapps.desired.holding import DRIFT
from reviewapps.errors import BadRules
from reviewapps.model import ADOPTED, Actual, App, Attempt, Environment, Pin, Space, Tag, Wanted
from reviewapps.plan import as_noted
from reviewapps.rules import Rules, rules
from tests.core.cases import ASKING, GRANT, LOCK, NEW, OLD, PRODUCTION, STAGING, running, tag, verdict
from tests.core.settling import NOW, SHOP, sha
from tests.core.test_governing import Written


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
    [(PRODUCTION, TAGGED, {}, (tag("go-1", sha(9)),)), (STAGING, Rules(), {"staging": sha(9)}, ())],
    ids=["a tag", "a merge"],
)
def test_one_broken_file_holds_up_nothing_where_nothing_is_asked_for(
    environment: Environment, asked: Rules, branches: Mapping[str, str], tags: tuple[Tag, ...]
) -> None:
    first = App("a", "shop", environment, "app", False, None, None, None, NOW, wished=sha(9))
    first = replace(first, attempt=Attempt("a", sha(9), "c", NOW), tags_seen=tags_seen(tags))
    broken = BadRules("broken", asks=frozenset({"qa"}))
    for app in (running(environment), first):  # the next one, and its own first deploy, which is under way
        found = verdict(environment, app, asked=asked, there=broken, branches=branches, tags=tags)
        assert isinstance(found, Run) and (found.commit, found.held) == (sha(9), None)
        assert found.config == GRANT.config(asked, environment)

        floor = replace(GRANT, floors={environment.kind: Requires.wish(1)})
        floored = verdict(
            environment, app, asked=asked, there=broken, branches=branches, tags=tags, grant=floor
        )
        assert isinstance(floored, Held) and floored.hold.why == "rules"


@pytest.mark.parametrize("asked", [Rules(), TAGGED], ids=["a merge", "a tag"])
@pytest.mark.parametrize("there", [BadRules("", asks=frozenset({"production"})), BadRules("")])
def test_nor_does_one_that_may_ask_for_something_let_in_who_takes_that_away(
    asked: Rules, there: BadRules
) -> None:
    app = running(PRODUCTION)
    found = verdict(PRODUCTION, app, asked=asked, there=there, tags=(tag("go-1", NEW),), approved=True)
    assert isinstance(found, Held) and found.hold.why == "rules"


def test_where_a_tag_runs_one_that_cannot_be_read_at_all_holds_up_no_other() -> None:
    app = running(PRODUCTION, tags_seen=tags_seen([tag("go-0", OLD)]))
    found = verdict(PRODUCTION, app, asked=TAGGED, there=BadRules(""), tags=(tag("go-1", NEW),))
    assert isinstance(found, Run) and found.commit == NEW


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
    floored = replace(GRANT, floors={"production": Requires.wish(1)})
    for there, grant, out in (
        (ASKING, GRANT, "the rules at what runs there ask for some: `reviewapps deploy production REF"),
        (tagged, floored, "an operator asks for none with `requires = { production = { approvals = 0 } }`"),
    ):
        found = verdict(
            PRODUCTION, running(PRODUCTION), asked=tagged, there=there, grant=grant, tags=(tag("go-1", NEW),)
        )
        assert isinstance(found, Run) and found.commit == OLD and found.held is not None
        told, mend = found.held.reasons
        assert told == "go-1 is a tag, and approvals are counted on a branch" and mend.startswith(out)


def test_what_no_approval_lets_pass_names_who_brings_it_there() -> None:
    app, pushed = running(PRODUCTION), Wanted(replace(SHOP, head=NEW), (), (), None)
    way = Way("main", OLD, NEW, Requires.wish(1))
    moves = (Move(OLD, NEW, merge=False, at=NOW),)
    evidence = Evidence("main", OLD, NEW, True, 1, (Commit(NEW, (OLD,)),), moves=moves)
    known = Known(rules_at={OLD: ASKING}, evidence={way: evidence})
    found = desired(pushed, ASKING, GRANT, Space((app,)), known, NOW).of(PRODUCTION)
    assert isinstance(found, Run) and found.held is not None
    assert found.held.reasons == (
        f"1 commit pushed to main without a pull request: {NEW[:7]}",
        f"only an operator brings it there (`reviewapps rollback production {NEW[:7]}`)",
    )


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


# --- while the default branch's rules cannot be read ---

BROKEN = BadRules("broken")


@pytest.mark.parametrize("over", [NEW, sha(6)], ids=["before", "and something was merged meanwhile"])
def test_who_goes_back_while_the_rules_are_broken_does_so_by_those_at_that_commit(over: str) -> None:
    app = running(PRODUCTION, lock=LOCK, pin=Pin(sha(3), over, "ada"))
    found = verdict(PRODUCTION, app, asked=BROKEN)
    assert isinstance(found, Run) and (found.commit, found.source) == (sha(3), "main")
    assert (found.config, found.by_own_rules) == (GRANT.config(ASKING, PRODUCTION), True)
    assert found.approved == ("chosen by ada",) and len(found.notes) == 2

    there = replace(app, commit=sha(3), wished=sha(3), config="by the rules that broke since")
    found = verdict(PRODUCTION, there, asked=BROKEN)
    assert isinstance(found, Run) and (found.config, found.approved) == (there.config, ("chosen by ada",))


@pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
def test_what_was_gone_back_to_before_another_merge_does_not_come_back(environment: Environment) -> None:
    app = running(environment, commit=sha(3), pin=Pin(sha(3), sha(6), "ada"))
    found = verdict(environment, app, approved=True)
    assert isinstance(found, Run) and found.commit == NEW
    seen: frozenset[str] = found.tags_seen or frozenset()
    merged = as_noted(Actual(environment, (app,)), steps.Remember(found.source, NEW, seen)).app
    assert merged is not None and verdict(environment, merged, asked=BROKEN) == Leave()


@pytest.mark.parametrize(
    ("pin", "wished", "gone"),
    [
        (Pin(sha(3), sha(6), "ada"), NEW, True),
        (Pin(sha(3), sha(6), "ada"), sha(3), False),
        (Pin(ADOPTED, OLD, since=OLD), NEW, False),
        (None, NEW, False),
    ],
)
def test_the_app_is_told_so_with_the_wish_itself(pin: Pin | None, wished: str, *, gone: bool) -> None:
    api, app = Written(), running(PRODUCTION, pin=pin)
    remember(cast(Client, api), steps.Remember("main", wished, frozenset()), Actual(PRODUCTION, (app,)))
    assert (labels.PIN in api.notes) == gone and api.notes.get(labels.PIN) is None


@pytest.mark.parametrize("pin", [None, Pin(ADOPTED, OLD)])
def test_where_nobody_does_all_stays_as_it_is(pin: Pin | None) -> None:
    for app in (None, running(PRODUCTION, pin=pin), running(PRODUCTION, droplet="theirs", wished=sha(3))):
        assert verdict(PRODUCTION, app, asked=BROKEN, approved=True) == Leave()


@pytest.mark.parametrize(
    ("environment", "there", "more", "why"),
    [
        (PRODUCTION, BROKEN, {}, f"the rules at {sha(3)[:7]} cannot be read"),
        (STAGING, Rules(), {}, f"{sha(3)[:7]} has no .reviewapps.yml, and that of main cannot be read"),
        (PRODUCTION, ASKING, {"droplet": "theirs"}, DRIFT),
    ],
)
def test_or_is_told_why_not(
    environment: Environment, there: Rules | BadRules, more: dict[str, Any], why: str
) -> None:
    app = running(environment, pin=Pin(sha(3), NEW, "ada"), **more)
    found = verdict(environment, app, asked=BROKEN, there=there)
    assert isinstance(found, Held) and found.hold.reasons == (why,)


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
