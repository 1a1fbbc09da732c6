"""What is said of a shared environment by hand: what it writes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from reviewapps import steps
from reviewapps.approval import Evidence, Requires
from reviewapps.cloudfoundry import labels
from reviewapps.cloudfoundry.adoption import adopt
from reviewapps.cloudfoundry.client import Client
from reviewapps.desired import has_drifted
from reviewapps.errors import AuthorMustAct, TryLater
from reviewapps.grants import Grant
from reviewapps.model import (
    ADOPTED,
    Actual,
    App,
    Attempt,
    Candidate,
    Environment,
    Lock,
    Override,
    PastDeploy,
    Pin,
    Refusal,
    Space,
    Wanted,
)
from reviewapps.ports import Lease
from reviewapps.reconcile import Governing
from reviewapps.reconcile.adopting import adopted, adoption
from reviewapps.reconcile.by_hand import asked_for, brought_up, redeployed
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.turn import Turn
from reviewapps.rules import FILE
from tests.core import test_deploying as deploying
from tests.core.settling import DAY, NOW, SHOP, sha

A, B = sha(1), sha(2)
DEV, PRODUCTION = Environment(SHOP.id, "dev"), Environment(SHOP.id, "production")
GRANT = Grant(targets={"production": "production", "dev": "dev"}, floors={"production": Requires.wish(1)})


def running(commit: str | None = A, environment: Environment = PRODUCTION, **more: object) -> App:
    """Its app, which is known to serve the commit, and has all that belongs to that."""
    plain = App("a", "shop", environment, "app", True, "d1", commit, "c", NOW - DAY, live_since=NOW - DAY)
    noted = replace(plain, live_droplet="d1", wished=commit if commit != ADOPTED else None)
    return replace(noted, tags_seen=frozenset(), **more)  # type: ignore[arg-type]


def taken_over(**more: object) -> App:
    """The app after A ran, B was merged, and what somebody deployed by hand was adopted."""
    return replace(running(ADOPTED), config=ADOPTED, pin=Pin(ADOPTED, B, since=A), **more)  # type: ignore[arg-type]


class CloudFoundry(deploying.CloudFoundry):
    """One that also writes down what is said by hand."""

    def carry_out(self, step: steps.Step, actual: Actual) -> Actual:
        if not isinstance(step, steps.Govern | steps.Adopt):
            return super().carry_out(step, actual)
        assert actual.app is not None
        said = (
            step
            if isinstance(step, steps.Govern)
            else steps.Govern(pin=Pin(ADOPTED, step.over or "", since=step.since))
        )
        app = replace(
            actual.app, lock=said.lock, pin=said.pin, override=said.override, sign_offs=said.sign_offs
        )
        self.apps[app.guid] = app
        return actual.with_app(app)

    def candidate(self, environment: Environment, name: str) -> Candidate | None:
        app = next(app for app in self.apps.values() if app.name == name)
        return Candidate(app.guid, name, True, True, None, ())


class Odd(CloudFoundry):
    """One where somebody edited what stands on production's app."""

    def look(self) -> Space:
        return replace(
            super().look(), unreadable={PRODUCTION: "shop: the annotation reviewapps-lock cannot be read"}
        )


@dataclass
class GitHub(deploying.GitHub):
    """``main`` is at B; the environment ran what its ``past`` says, newest first."""

    past: tuple[str, ...] = ()
    rules: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    """The rules at commits."""

    def file(self, commit: str, path: str) -> str | None:
        return self.texts.get(commit) if path == FILE else super().file(commit, path)

    def commit(self, ref: str) -> str | None:
        return f"head of {ref}"

    def look(self, *, whole: bool = False) -> Wanted:
        return Wanted(replace(SHOP, head=B), (), (), self.rules)

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        at = [NOW - DAY - timedelta(hours=n) for n in range(len(self.past))]
        return tuple(PastDeploy(one, "success", at, at) for one, at in zip(self.past, at, strict=True))

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        if requires.approvals:
            raise TryLater("GitHub does not tell just now")
        return Evidence(branch, running or "", head)

    def contains(self, commit: str, other: str) -> bool:
        return other in (A, B)


@dataclass
class World:
    """One shared environment, and somebody who says something of it."""

    app: App | None
    past: tuple[str, ...] = ()
    rules: str | None = None
    environment: Environment = PRODUCTION
    texts: Mapping[str, str] = field(default_factory=dict)
    cf: CloudFoundry = field(default_factory=lambda: CloudFoundry(NOW, {}))
    grant: Grant = GRANT

    def __post_init__(self) -> None:
        if self.app is not None:
            self.cf.apps[self.app.guid] = self.app

    @property
    def means(self) -> Means:
        there = deploying.Deploying((), GitHub(past=self.past, rules=self.rules, texts=self.texts))
        there.cf = self.cf
        return replace(there.means, grant=self.grant)

    @property
    def hand(self) -> Governing:
        return Governing(self.means, self.environment, deploying.Held())

    @property
    def pin(self) -> Pin | None:
        app = self.cf.look().actual(self.environment).app
        return app.pin if app is not None else None


# --- what was adopted ---


def test_adopting_keeps_what_was_permitted_there_last() -> None:
    there = World(running(droplet="theirs"))
    adopted(there.means, adoption(there.means, PRODUCTION, "shop"), deploying.Held())
    assert there.pin == Pin(ADOPTED, B, since=A)


@dataclass
class Written:
    """What is written onto an app."""

    instance: str = "acme"
    notes: Mapping[str, str | None] = field(default_factory=dict)

    def annotate(
        self, guid: str, notes: Mapping[str, str | None], marks: Mapping[str, str | None] | None = None
    ) -> Any:
        self.notes, marks = notes, marks or labels.owner(self.instance, PRODUCTION)
        metadata = {"annotations": {k: v for k, v in notes.items() if v}, "labels": dict(marks)}
        return {
            "guid": guid,
            "name": "shop",
            "state": "STARTED",
            "created_at": "2026-03-02T12:00:00Z",
            "metadata": metadata,
            "relationships": {},
        }


@pytest.mark.parametrize(
    ("over", "since", "pin"),
    [(B, A, Pin(ADOPTED, B, since=A)), (B, None, Pin(ADOPTED, B)), (None, A, Pin(ADOPTED, "", since=A))],
)
def test_that_stands_on_the_app(over: str | None, since: str | None, pin: Pin) -> None:
    api = Written()
    adopt(cast(Client, api), steps.Adopt("a", frozenset(), True, over, since), Actual(PRODUCTION))
    assert labels.pin_of({key: text for key, text in api.notes.items() if text}) == pin


def test_whoever_unlocks_what_was_adopted_takes_only_the_lock_away() -> None:
    there = World(taken_over(lock=Lock("ada", "a demo", NOW + DAY)))
    assert there.hand.unlock() == ("no longer locked by ada",)
    app = there.cf.apps["a"]
    assert (app.lock, app.pin) == (None, Pin(ADOPTED, B, since=A))


def test_whoever_goes_back_from_what_was_adopted_takes_no_judgement_away() -> None:
    there = World(taken_over(), past=(A, sha(9)))
    assert there.hand.go_back("ada", None) == A  # and not what ran before that
    assert there.pin == Pin(A, B, "ada", since=A)
    assert there.hand.unlock() == (f"no longer kept at {A[:7]} by ada, and keeps what was adopted",)
    assert there.pin == Pin(ADOPTED, B, since=A)


def test_whoever_went_back_and_does_so_again_is_not_brought_to_what_was_left() -> None:
    there = World(running(pin=Pin(A, B, "ada")), past=(A, B, sha(9)))
    assert there.hand.go_back("ada", None) == sha(9)
    assert there.hand.unlock() == (f"no longer kept at {sha(9)[:7]} by ada, and follows its branch again",)
    assert there.pin is None and there.hand.unlock() == ()


@pytest.mark.parametrize(
    ("rules", "there", "asked"),
    [
        (None, None, ""),
        ("{approvals: 1, from: [bob]}", None, ""),
        ("{sign_off: [Ada, acme/release]}", None, "acme/release ada"),
        ("{sign_off: [ada]}", "{sign_off: [bob]}", "ada bob"),
        (None, "{sign_off: [bob]}", "bob"),
    ],
)
def test_whose_sign_off_is_asked_for_is_known_before_anybody_gives_one(
    rules: str | None, there: str | None, asked: str
) -> None:
    texts = [one and f"environments: {{production: {{requires: {one}}}}}" for one in (rules, there)]
    world = World(running(), rules=texts[0], texts={A: texts[1]} if texts[1] else {})
    assert " ".join(sorted(world.hand.signers)) == asked
    assert World(None, rules=texts[0]).hand.unlock() == ()


# --- before the first deploy ---


def test_what_was_held_before_a_first_deploy_is_released_by_hand() -> None:
    there = World(None)
    assert there.hand.go_back("ada", B) == B
    assert there.pin == Pin(B, B, "ada")


def test_also_where_the_app_was_made_to_be_locked() -> None:
    there = World(None)
    there.hand.lock("ada", "a demo", NOW + DAY)
    assert there.hand.go_back("ada", B) == B
    with pytest.raises(AuthorMustAct, match="there is nothing to deploy again"):
        redeployed(there.means, PRODUCTION, deploying.Held())


# --- going back from what does not come to rest by itself ---

UNDER_WAY = Attempt("0.1", B, "c", NOW)
REFUSED = replace(UNDER_WAY, refusal=Refusal("crash", "Exited with status 1", NOW))


@pytest.mark.parametrize(("commit", "back"), [(None, sha(9)), (A, A), (B, B)])
def test_whoever_goes_back_while_a_deploy_is_under_way_calls_it_off(commit: str | None, back: str) -> None:
    there = World(running(attempt=UNDER_WAY, wished=B), past=(A, sha(9)))
    assert there.hand.go_back("ada", commit) == back
    app = there.cf.apps["a"]
    assert (app.pin, app.attempt) == (Pin(back, B, "ada"), UNDER_WAY)


def test_whoever_goes_to_what_was_refused_has_it_tried_anew() -> None:
    there = World(running(attempt=REFUSED, wished=B), past=(A,))
    assert there.hand.go_back("ada", B) == B
    attempt = there.cf.apps["a"].attempt
    assert attempt is not None and (attempt.commit, attempt.config, attempt.refusal) == (B, "c", None)
    with pytest.raises(AuthorMustAct, match="runs 0000000 already"):
        World(running(attempt=REFUSED, wished=B)).hand.go_back("ada", A)


@pytest.mark.parametrize(
    "app", [running(None, wished=B), running(B)], ids=["nothing runs", "it serves still"]
)
def test_nobody_is_told_that_it_runs_what_was_refused(app: App) -> None:
    there = World(replace(app, attempt=REFUSED))
    assert there.hand.go_back("ada", B) == B
    attempt = there.cf.apps["a"].attempt
    assert attempt is not None and (attempt.commit, attempt.refusal) == (B, None)


def test_nor_what_was_stopped_before_it_came_up() -> None:
    there = World(running(None, wished=B, started=False))
    assert there.hand.go_back("ada", B) == B
    assert there.pin == Pin(B, B, "ada")
    with pytest.raises(AuthorMustAct, match="runs 0000000 already"):
        World(running(B)).hand.go_back("ada", B)


LOCKED = Lock("bob", "a demo", NOW + DAY)


@pytest.mark.parametrize("ask", [redeployed, brought_up])
@pytest.mark.parametrize("environment", [PRODUCTION, DEV])
def test_what_was_refused_is_not_tried_anew_past_a_lock(
    environment: Environment, ask: Callable[[Means, Environment, Lease], object]
) -> None:
    app = running(environment=environment, attempt=REFUSED, wished=B, lock=LOCKED)
    there = World(app, environment=environment)
    with pytest.raises(
        AuthorMustAct, match=r"was refused, and may not go there again: locked by bob .* --override"
    ):
        ask(there.means, environment, deploying.Held())
    assert there.cf.apps["a"].attempt == REFUSED


def test_what_runs_is_deployed_once_more_whatever_holds_others() -> None:
    there = World(running(lock=LOCKED))
    assert redeployed(there.means, PRODUCTION, deploying.Held()) == A


def test_nor_past_an_approval_that_is_not_known_any_more() -> None:
    there = World(running(attempt=REFUSED, wished=B))
    with pytest.raises(AuthorMustAct, match="GitHub does not tell how 0000000 came to main"):
        redeployed(there.means, PRODUCTION, deploying.Held())
    assert there.cf.apps["a"].attempt == REFUSED


def test_whoever_sends_what_was_refused_past_a_lock_has_it_tried_anew() -> None:
    there = World(running(environment=DEV, attempt=REFUSED, wished=B, lock=LOCKED), environment=DEV)
    there.hand.send(B, B, "ada", override=True)
    attempt = there.cf.apps["a"].attempt
    assert attempt is not None and (attempt.commit, attempt.refusal) == (B, None)


def test_what_spoke_for_a_tag_is_still_told_once_somebody_sends_it_again() -> None:
    there = World(running(environment=DEV, wished=B, approved=("green: ci",)), environment=DEV)
    there.hand.send(B, B, "ada")
    assert there.cf.apps["a"].approved == ("green: ci",)

    there.hand.send(A, A, "ada", override=True)
    assert there.cf.apps["a"].approved == ("overridden by ada",)


def turn_in(there: World) -> Turn:
    wanted, actual = there.means.github.look(), there.cf.look().actual(PRODUCTION)
    return Turn(there.means, PRODUCTION, deploying.Held(), wanted, actual)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ({"override": Override(B, "ada")}, ("green: ci", "overridden by ada")),
        ({"pin": Pin(B, B, "ada")}, ("green: ci", "chosen by ada")),
        ({"override": Override(A, "ada")}, ("green: ci",)),
    ],
)
def test_an_attempt_that_somebody_asks_for_is_told_with_what_speaks_for_it(
    by: dict[str, Any], told: tuple[str, ...]
) -> None:
    there = World(running(attempt=REFUSED, wished=B, approved=("green: ci",), **by))
    assert asked_for(turn_in(there), B, "c").approved == told


def test_what_was_refused_is_told_with_what_speaks_for_it_now_if_somebody_asks_for_it_again() -> None:
    """The word that sent it there was taken back by a lock, which is over."""
    app = running(attempt=REFUSED, wished=B, approved=("overridden by ada",))
    there = World(app, rules=SIGNED, texts={A: SIGNED}, grant=Grant(targets=GRANT.targets))
    there.hand.sign_off("ada", B)
    redeployed(there.means, PRODUCTION, deploying.Held())
    attempt = there.cf.apps["a"].attempt
    assert attempt is not None and (attempt.refusal, attempt.approved) == (None, ("signed off by ada",))


def test_a_word_that_is_over_is_not_told() -> None:
    over = Override(B, "ada", NOW - timedelta(minutes=1))
    there = World(running(attempt=REFUSED, wished=B, override=over))
    assert asked_for(turn_in(there), B, "c").approved == ()


def test_whoever_sends_it_is_told_that_nobody_knows_yet_what_it_waits_for() -> None:
    there = World(running(lock=LOCKED))
    (why,) = there.hand.send(B, B, "ada", override=True)
    assert "GitHub does not tell how" in why


def test_but_not_past_an_approval_where_a_branch_is_followed() -> None:
    there = World(running(attempt=REFUSED, wished=B, lock=LOCKED))
    with pytest.raises(TryLater, match="what speaks for the commit"):
        there.hand.send(B, B, "ada", override=True)
    app = there.cf.apps["a"]
    assert (app.attempt, app.override) == (REFUSED, Override(B, "ada", NOW + DAY))


@pytest.mark.parametrize(
    ("wished", "attempt", "still"),
    [(A, None, False), (B, REFUSED, False), (B, UNDER_WAY, True), (B, None, True)],
    ids=["held", "refused", "begun", "about to begin"],
)
def test_a_lock_holds_also_what_was_sent_past_an_earlier_one(
    wished: str, attempt: Attempt | None, still: bool
) -> None:
    there = World(running(wished=wished, attempt=attempt, override=Override(B, "ada")))
    there.hand.lock("bob", "a demo", NOW + DAY)
    app = there.cf.apps["a"]
    assert (app.lock, app.override is not None) == (LOCKED, still)


@pytest.mark.parametrize(
    ("app", "why"),
    [
        (running(pin=Pin(A, B, "ada")), "keeps 0000000, chosen by ada, until the next merge; `unlock` comes"),
        (taken_over(), "keeps what was adopted, until the next merge; `rollback` comes first"),
    ],
)
def test_nobody_is_told_that_it_goes_where_another_commit_is_kept(app: App, why: str) -> None:
    there = World(app)
    with pytest.raises(AuthorMustAct, match=why):
        there.hand.send(B, B, "bob", override=True)
    assert there.cf.apps["a"] == app
    running_head = World(running(pin=Pin(B, B, "ada"), lock=LOCKED))
    running_head.hand.send(B, B, "bob", override=True)
    assert running_head.cf.apps["a"].override == Override(B, "bob", NOW + DAY)


SIGNED = "environments: {production: {requires: {sign_off: [ada]}}}"


def test_and_is_told_what_holds_it_still() -> None:
    app = running(attempt=REFUSED, wished=B, lock=LOCKED)
    there = World(app, rules=SIGNED, texts={A: SIGNED}, grant=Grant(targets=GRANT.targets))
    with pytest.raises(AuthorMustAct, match=r"may not go there again: the word of ada for 0000000$"):
        there.hand.send(B, B, "bob", override=True)
    assert there.cf.apps["a"].attempt == REFUSED
    there.hand.sign_off("ada", B)
    there.hand.send(B, B, "bob", override=True)
    attempt = there.cf.apps["a"].attempt
    assert attempt is not None and (attempt.commit, attempt.refusal) == (B, None)


def test_also_where_it_was_never_tried() -> None:
    there = World(running(lock=LOCKED), rules=SIGNED, texts={A: SIGNED}, grant=Grant(targets=GRANT.targets))
    assert there.hand.send(B, B, "bob", override=True) == ("the word of ada for 0000000",)
    there.hand.sign_off("ada", B)
    assert there.hand.send(B, B, "bob", override=True) == ()


def test_a_way_past_a_lock_is_only_told_where_there_is_one() -> None:
    refused = replace(REFUSED, commit=sha(7))
    there = World(running(attempt=refused, wished=sha(7), lock=LOCKED))  # B was merged since
    with pytest.raises(AuthorMustAct, match=r"locked by bob until .*: a demo$"):
        redeployed(there.means, PRODUCTION, deploying.Held())


@pytest.mark.parametrize(("commit", "back"), [(None, A), (sha(9), sha(9))])
def test_whoever_goes_back_from_what_somebody_else_deployed_has_ours_again(
    commit: str | None, back: str
) -> None:
    there = World(running(droplet="theirs"), past=(A, sha(9)))
    assert there.hand.go_back("ada", commit) == back
    app = there.cf.apps["a"]
    assert app.pin == Pin(back, B, "ada")
    assert app.attempt is not None and (app.attempt.commit, app.attempt.replaces) == (back, "theirs")
    assert not has_drifted(app)


# --- what cannot be done ---


def test_a_lock_lasts_no_longer_than_is_read_again() -> None:
    there, longest = World(running()), NOW + timedelta(days=366)
    with pytest.raises(AuthorMustAct, match="a lock lasts 366 days at most"):
        there.hand.lock("ada", "a demo", NOW + timedelta(days=99_999))
    there.hand.lock("ada", "a demo", longest)
    lock = there.cf.apps["a"].lock
    assert lock is not None and labels.lock_of({labels.LOCK: labels.lock_text(lock) or ""}) == lock


def test_nobody_governs_what_cannot_be_read_and_why_is_told() -> None:
    there = World(None, cf=Odd(NOW, {}))
    with pytest.raises(AuthorMustAct, match="shop: the annotation reviewapps-lock cannot be read"):
        there.hand.unlock()
    assert not there.cf.apps


def test_what_was_adopted_is_not_deployed_once_more() -> None:
    there = World(taken_over())
    with pytest.raises(AuthorMustAct, match="runs what was adopted"):
        redeployed(there.means, PRODUCTION, deploying.Held())
    assert there.cf.apps["a"].attempt is None


def test_nor_is_anything_while_nothing_says_what_should_be_there() -> None:
    there = World(running(), rules="environments: 7")
    with pytest.raises(AuthorMustAct, match="the rules on main cannot be read: line 1: `environments` takes"):
        redeployed(there.means, PRODUCTION, deploying.Held())
    assert there.cf.apps["a"].attempt is None
    with pytest.raises(AuthorMustAct, match="the rules on main cannot be read"):
        there.hand.send("main", B, "ada", override=True)


# --- while the default branch's rules cannot be read ---

BROKEN = "environments: 7"
NEXT = "environments: {production: {follows: {branch: next}}}"


@pytest.mark.parametrize(("texts", "over"), [({}, B), ({A: NEXT}, "head of heads/next")])
def test_whoever_has_to_go_back_may_by_the_rules_where_it_runs(texts: dict[str, str], over: str) -> None:
    there = World(running(), past=(A, sha(9)), rules=BROKEN, texts=texts)
    there.hand.lock("ada", "a demo", NOW + DAY)
    assert there.hand.go_back("ada", None) == sha(9)
    assert there.pin == Pin(sha(9), over, "ada")
    there.hand.unlock()
    app = there.cf.apps["a"]
    assert (app.pin, app.lock) == (None, None)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({sha(9): BROKEN}, f"the rules at {sha(9)[:7]} cannot be read: name another commit"),
        ({A: BROKEN}, "the rules on main cannot be read"),
    ],
)
def test_or_is_told_what_is_in_the_way(texts: dict[str, str], why: str) -> None:
    there = World(running(), past=(A, sha(9)), rules=BROKEN, texts=texts)
    with pytest.raises(AuthorMustAct, match=why):
        there.hand.go_back("ada", None)
    assert there.pin is None


@pytest.mark.parametrize("environment", [PRODUCTION, DEV])
def test_nobody_is_promised_a_commit_that_drift_holds(environment: Environment) -> None:
    there = World(running(environment=environment, droplet="theirs"), environment=environment)
    with pytest.raises(AuthorMustAct, match="is held by drift"):
        there.hand.send("main", B, "ada", override=True)
    with pytest.raises(AuthorMustAct, match="somebody else deployed to its app"):
        brought_up(there.means, environment, deploying.Held())
    app = there.cf.apps["a"]
    assert (app.pin, app.wished) == (None, A)
