"""What counts as approved, what is said to be missing, and what has to hold of any history."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.approval import (
    NOTHING,
    Approved,
    Check,
    Commit,
    Evidence,
    Missing,
    Quorum,
    Requires,
    Review,
    SignOff,
    Team,
    judgement,
    stricter,
)
from reviewapps.approval.tracing import landings
from reviewapps.grants import Grant
from reviewapps.rules.section_values import floor
from tests.core.histories import NOON, Branch, Method, review, yes
from tests.core.worlds import quickly

T = TypeVar("T")
ONE, TWO = Requires.wish(1), Requires.wish(2)
RELEASE = Requires.wish(1, ["acme/release"])
TEAM = Team("acme/release", frozenset({"rob", "ria"}))


def lacks(requires: Requires, evidence: Evidence) -> str:
    """What is missing in one line; nothing where it may go."""
    judged = judgement(requires, evidence)
    return judged.words if isinstance(judged, Missing) else ""


def of_one(*reviews: Review, requires: Requires = ONE, **told: object) -> str:
    """What one merged pull request of ann's lacks."""
    branch = Branch()
    branch.merge(reviews, **told)  # type: ignore[arg-type]
    return lacks(requires, branch.evidence(teams=(TEAM,)))


def test_who_approved_is_named_and_clipped_where_many_did() -> None:
    branch = Branch()
    branch.merge((*yes("bob", "rob"), review("eve", commit="0" * 40)))
    assert judgement(ONE, branch.evidence()) == Approved(("approved: #1 by bob, rob",))
    of_release = judgement(RELEASE, branch.evidence(teams=(TEAM,)))
    assert of_release == Approved(("approved: #1 by rob",))
    branch.merge(yes("cyd"))
    assert judgement(ONE, branch.evidence()) == Approved(("approved: #1 by bob, rob and #2 by cyd",))
    for number in range(3, 9):
        branch.merge(yes(f"reviewer-{number}"))
    (words,) = judgement(ONE, branch.evidence()).why  # type: ignore[union-attr]
    assert words == (
        "approved: #1, #2, #3, #4, #5 and 3 more by bob, cyd, reviewer-3, reviewer-4, reviewer-5 and 4 more"
    )


@pytest.mark.parametrize(
    ("approved", "own", "named"),
    [
        ("bob mallory", {"pushers": frozenset({"ann", "mallory"})}, "bob"),
        ("bob mallory", {"authors": (frozenset({"ann"}), frozenset({"mallory"}))}, "bob"),
        ("ann bob", {}, "bob"),
        # Each for what is the other's.
        ("bob cat", {"authors": (frozenset({"bob"}), frozenset({"cat"}))}, "bob, cat"),
        ("bob cat", {"all_told": False}, "bob, cat"),
    ],
)
def test_who_approved_is_whose_word_counted(approved: str, own: dict[str, object], named: str) -> None:
    branch = Branch()
    branch.merge(yes(*approved.split()), **own)  # type: ignore[arg-type]

    assert judgement(ONE, branch.evidence()) == Approved((f"approved: #1 by {named}",))


OWN = "1 approval (nobody approves what is their own) (#1)"
BOT, DEPENDABOT = "github-actions[bot]", "dependabot[bot]"
OF_A_BOT = f"whoever had {BOT} push it is not known, so one more is needed"
UNTOLD = "GitHub does not tell who pushed it all, so one more is needed"
NO, TAKEN_BACK = review("bob", "changes requested", minute=1), review("bob", "dismissed", minute=1)


@pytest.mark.parametrize(
    ("reviews", "how", "missing"),
    [
        ((), {}, "1 approval (#1)"),
        (yes("bob"), {}, ""),
        (yes("bob"), {"requires": TWO}, "1 approval (#1)"),
        (yes("bob", "cat"), {"requires": TWO}, ""),
        # Whose word it is.
        ([review("bot", counts=False)], {}, "1 approval (bot may not approve here) (#1)"),
        (yes("ann"), {}, OWN),
        (yes("ann"), {"requires": Requires.wish(1, self_approval=True)}, ""),
        (yes("bob"), {"authors": (frozenset({"ann"}), frozenset({"ann", "bob"}))}, OWN),
        (yes("bob", "cat"), {"authors": (frozenset({"bob"}), frozenset({"cat"}))}, ""),
        (yes("bob"), {"pushers": frozenset({"bob"})}, OWN),
        (yes("bob", "cat"), {"pushers": frozenset({"bob"})}, ""),
        (yes("bob"), {"all_told": False}, f"1 approval ({UNTOLD}) (#1)"),
        (yes("bob", "cat"), {"all_told": False}, ""),
        # A bot pushes for whoever tells it to, unless it thinks of it by itself.
        (yes("bob"), {"pushers": frozenset({"ann", BOT})}, f"1 approval ({OF_A_BOT}) (#1)"),
        (yes("bob", "cat"), {"pushers": frozenset({"ann", BOT})}, ""),
        (yes("bob"), {"author": BOT, "pushers": frozenset({BOT})}, f"1 approval ({OF_A_BOT}) (#1)"),
        (yes("bob"), {"author": DEPENDABOT, "pushers": frozenset({DEPENDABOT})}, ""),
        (yes("bob"), {"author": DEPENDABOT, "pushers": frozenset({DEPENDABOT, "bob"})}, OWN),
        (
            yes("bob"),
            {"author": DEPENDABOT, "pushers": frozenset({DEPENDABOT, BOT})},
            f"1 approval ({OF_A_BOT}) (#1)",
        ),
        (
            yes("bob"),
            {"pushers": frozenset({"ann", DEPENDABOT})},
            f"1 approval ({OF_A_BOT.replace(BOT, DEPENDABOT)}) (#1)",
        ),
        # Who is named.
        (yes("bob"), {"requires": RELEASE}, "1 approval of acme/release (#1)"),
        (yes("rob"), {"requires": RELEASE}, ""),
        (yes("rob"), {"requires": stricter(TWO, RELEASE)}, "1 approval (#1)"),
        (yes("bob", "cat"), {"requires": stricter(TWO, RELEASE)}, "1 approval of acme/release (#1)"),
        (yes("rob", "cat"), {"requires": stricter(TWO, RELEASE)}, ""),
        (yes("dan"), {"requires": Requires.wish(1, ["Dan", "acme/release"])}, ""),
        # What it was said of, and whether it still holds.
        (
            [review("bob", commit="a" * 40)],
            {},
            "1 approval (bob approved aaaaaaa, and 0000003 was merged) (#1)",
        ),
        ([review("bob"), review("bob", commit="a" * 40, minute=1)], {}, ""),
        (yes("bob"), {"retargeted_at": NOON}, "1 approval (bob approved another base) (#1)"),
        (yes("bob"), {"retargeted_at": NOON - timedelta(minutes=1)}, ""),
        ([*yes("bob"), TAKEN_BACK], {}, "1 approval (#1)"),
        ([*yes("bob"), TAKEN_BACK, review("bob", minute=2)], {}, ""),
        ([*yes("bob", "cat"), NO], {}, "bob asked for changes (#1)"),
        ([*yes("bob"), NO, review("bob", minute=2)], {}, ""),
        ([review("bob", minute=2), NO], {}, ""),
        ([*yes("bob", "cat"), NO, review("bob", "dismissed", minute=2)], {}, ""),
        ([*yes("cat"), review("bot", "changes requested", counts=False)], {}, ""),
        # GitHub's own decision, which knows code owners, is asked for besides, and never instead.
        (yes("bob"), {"decision": "approved"}, ""),
        ((), {"decision": "approved"}, "1 approval (#1)"),
        (
            yes("bob"),
            {"decision": "review required"},
            "one more review, as its branch's rules or its code owners want it (#1)",
        ),
        ((), {"decision": "review required"}, "1 approval (#1)"),
        (yes("bob"), {"decision": "changes requested"}, "changes were asked for (#1)"),
    ],
)
def test_a_pull_request_is_approved_or_says_what_it_lacks(
    reviews: tuple[Review, ...], how: dict[str, object], missing: str
) -> None:
    assert of_one(*reviews, **how) == missing  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_an_unapproved_merge_waits_also_under_an_approved_one(how: Method) -> None:
    branch = Branch()
    branch.merge((), how)
    branch.merge(yes("bob"), how)

    assert lacks(ONE, branch.evidence()) == "1 approval (#1)"
    assert lacks(ONE, branch.evidence(moves=None)) == "1 approval (#1)"


def test_a_push_is_held_whatever_comes_after_it() -> None:
    branch = Branch()
    branch.merge(yes("bob"))
    branch.push(7)
    branch.merge(yes("bob"), "squash")

    told = "7 commits pushed to main without a pull request: "
    told += "0000005, 0000006, 0000007, 0000008, 0000009 and 2 more"
    assert lacks(ONE, branch.evidence()) == told
    assert lacks(ONE, branch.evidence(moves=None)) == told


def test_more_than_the_approved_head_in_a_merge_is_a_push() -> None:
    branch = Branch()
    pull = branch.merge(yes("bob"))
    branch.pulls = [replace(pull, head="f" * 40, reviews=(review("bob", commit="f" * 40),))]

    assert lacks(ONE, branch.evidence()).startswith(
        "3 commits of which GitHub does not tell yet how they came"
    )
    assert lacks(ONE, branch.evidence(moves=None)).startswith(
        "3 commits pushed to main without a pull request"
    )


def test_a_pull_request_that_merely_has_a_commit_does_not_speak_for_it() -> None:
    """As GitHub tells it of branches that are not the default one."""
    branch = Branch()
    branch.merge((), "squash", 1)
    unapproved = branch.head
    branch.merge(yes("bob"), "squash")
    branch.associated.append((unapproved, 2))

    assert lacks(ONE, branch.evidence()) == "1 approval (#1)"


def test_a_merge_that_was_pushed_is_a_push_though_github_calls_it_merged() -> None:
    branch = Branch()
    branch.merge(yes("bob"))
    pushed = replace(branch.moves[0], merge=False)

    told = "3 commits pushed to main without a pull request: 0000004, 0000003, 0000002"
    assert lacks(ONE, branch.evidence(moves=(pushed,))) == told
    assert (
        lacks(ONE, branch.evidence(moves=(pushed, *branch.moves))) == ""
    )  # pushed once more, which changes nothing


E, F = "e" * 40, "f" * 40
FORTH, BACK = ("0" * 40, E, -10, True), (E, "0" * 40, 10, False)
OTHER_BASE = "1 approval (bob approved another base) (#1)"


@pytest.mark.parametrize(
    ("moves", "again", "missing"),
    [
        # `e` was there when bob saw the difference to it, and was taken away before the merge.
        ([FORTH, BACK], None, OTHER_BASE),
        ([FORTH, (E, F, 10, False), (F, "0" * 40, 11, True)], None, OTHER_BASE),
        ([FORTH, BACK], 10, OTHER_BASE),
        ([FORTH, BACK], 11, ""),
        ([FORTH, BACK], 50, ""),
        # It was deleted and made anew.
        ([FORTH, (E, F, 5, False), ("0" * 40, "0" * 40, 6, False)], None, OTHER_BASE),
        # Nothing is told of what took `e` away: before the merge it did not go.
        ([FORTH], None, OTHER_BASE),
        ([FORTH], 12, OTHER_BASE),
        ([FORTH], 50, ""),
        # It went forward alone, or was something else before anybody looked.
        ([], None, ""),
        ([(F, "0" * 40, 10, True)], None, ""),
        ([(F, E, -12, True), (E, "0" * 40, -10, False)], None, ""),
    ],
)
@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_an_approval_is_of_a_base_that_went_forward_alone_until_the_merge(
    moves: list[tuple[str, str, int, bool]], again: int | None, missing: str, how: Method
) -> None:
    branch = Branch()
    for before, after, minute, forward in moves:
        branch.move(before, after, minute, forward=forward)
    given = [*yes("bob"), *([review("bob", minute=again)] if again is not None else [])]
    branch.merge(given, how)
    branch.move(branch.head, E, 40, forward=True)  # whatever becomes of it afterwards
    branch.move(E, branch.head, 41, forward=False)

    assert lacks(ONE, branch.evidence()) == missing


def test_what_the_base_did_before_the_moves_that_were_read_may_be_anything() -> None:
    branch = Branch()
    branch.move(F, "0" * 40, 5)
    branch.merge(yes("bob"))

    assert lacks(ONE, branch.evidence(all_moves=False)) == OTHER_BASE
    branch.moves[0] = replace(branch.moves[0], at=NOON - timedelta(minutes=1))
    assert lacks(ONE, branch.evidence(all_moves=False)) == ""


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_moves_of_one_second_are_told_in_any_order(order: tuple[int, ...]) -> None:
    branch = Branch()
    branch.move(F, "0" * 40, 5)
    for _ in range(3):
        branch.merge(yes("bob"))
    branch.moves = [replace(branch.moves[n], at=NOON + timedelta(minutes=5)) for n in order]

    assert lacks(ONE, branch.evidence()) == ""


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_what_breaks_among_the_moves_of_one_second_is_seen_in_any_order(order: tuple[int, ...]) -> None:
    branch = Branch()
    branch.move(F, E, 5)
    branch.move(E, "0" * 40, 5, forward=False)
    for _ in range(2):
        branch.merge(yes("bob"))
    branch.moves = [replace(branch.moves[n], at=NOON + timedelta(minutes=5)) for n in order]

    assert lacks(ONE, branch.evidence()) == OTHER_BASE.replace("(#1)", "(#1, #2)")


def test_what_came_with_a_pull_request_unlisted_was_shown_to_nobody() -> None:
    lacking = of_one(*yes("bob", "cat"), unlisted=(E, F))
    assert lacking == "GitHub does not list all that came with it: eeeeeee, fffffff (#1)"


def test_what_github_does_not_tell_yet_is_waited_for() -> None:
    branch = Branch()
    branch.merge(yes("bob"), "squash")
    branch.merge(yes("bob"))

    told = "1 commit of which GitHub does not tell yet how it came to main: 0000004"
    assert lacks(ONE, branch.evidence(moves=tuple(branch.moves[1:]))) == told
    assert lacks(ONE, branch.evidence(associated=tuple(branch.associated[3:]))) == told


def test_a_rewritten_branch_and_too_many_commits_are_the_operators() -> None:
    rewritten = Evidence("main", "a" * 40, "b" * 40, straight=False)
    many = Evidence("main", "a" * 40, "b" * 40, total=1200)

    for evidence, words in (
        (rewritten, "main was rewritten: aaaaaaa, which runs, is not part of bbbbbbb"),
        (many, "1200 commits came to main at once; at most 1000 are traced"),
    ):
        judged = judgement(ONE, evidence)
        assert isinstance(judged, Missing)
        assert judged.words == words
        assert [reason.operator for reason in judged.reasons] == [True]


def test_a_team_that_nobody_sees_is_the_operators_and_hinders_nobody_who_is_named_beside_it() -> None:
    branch = Branch()
    branch.merge(yes("bob"))
    evidence = branch.evidence(teams=(Team("acme/release", None),))

    judged = judgement(RELEASE, evidence)
    assert isinstance(judged, Missing)
    assert [reason.operator for reason in judged.reasons] == [False, True]
    assert lacks(Requires.wish(1, ["acme/release", "bob"]), evidence) == ""


@pytest.mark.parametrize(
    ("checks", "missing"),
    [
        ([("test", "green"), ("scan", "green"), ("lint", "red")], ""),
        ([("test", "green")], "check scan did not run on 0000000 yet"),
        ([("test", "running"), ("scan", "green")], "check test is running on 0000000"),
        (
            [("test", "green"), ("test", "red"), ("scan", "skipped")],
            "check scan is skipped on 0000000 · check test is red on 0000000",
        ),
    ],
)
def test_named_checks_are_green_or_said(checks: list[tuple[str, str]], missing: str) -> None:
    evidence = Branch().evidence(checks=tuple(Check(*one) for one in checks))

    assert lacks(Requires.wish(checks=["test", "scan"]), evidence) == missing


def test_the_word_of_a_named_person_is_for_one_commit() -> None:
    requires = Requires.wish(sign_off=["Rob"])
    branch = Branch()

    assert lacks(requires, branch.evidence()) == "the word of rob for 0000000"
    for person, commit in (("bob", branch.head), ("rob", "a" * 40)):
        assert lacks(requires, branch.evidence(sign_offs=(SignOff(person, commit),)))
    said = (SignOff("rob", branch.head), SignOff("mallory", branch.head))  # whom nobody asked
    assert judgement(requires, branch.evidence(sign_offs=said)) == Approved(("signed off by rob",))


def test_a_word_for_a_release_is_no_review_and_counts_for_what_is_ones_own() -> None:
    branch = Branch()
    branch.merge(yes("ann"), authors=(frozenset({"ann"}),))
    said = (SignOff("ann", branch.head),)

    assert lacks(Requires.wish(sign_off=["ann"]), branch.evidence(sign_offs=said)) == ""
    assert lacks(Requires.wish(1, sign_off=["ann"]), branch.evidence(sign_offs=said)) == OWN


def test_a_floor_is_joined_with_a_wish_and_never_lowered() -> None:
    least = Requires(frozenset({Quorum(1)}), self_approval=False)

    assert stricter(least, NOTHING) == least
    assert stricter(least, Requires.wish(0, self_approval=True)) == least
    assert stricter(least, Requires.wish(2, ["acme/release"])) == Requires.wish(2, ["acme/release"])
    assert stricter(least, Requires.wish(checks=["test"])).checks == {"test"}


@pytest.mark.parametrize(
    ("asked", "wished", "allowed"),
    [
        # Somebody who asks for approvals has to allow it, and nobody who does to forbid it.
        ({"approvals": 1}, NOTHING, False),
        ({"from": ["bob"]}, NOTHING, False),
        ({"approvals": 1}, Requires.wish(1, self_approval=True), False),
        ({"approvals": 1, "self_approval": True}, NOTHING, True),
        ({"approvals": 1, "self_approval": True}, Requires.wish(1), False),
        ({"approvals": 1, "self_approval": True}, Requires.wish(1, self_approval=True), True),
        ({"checks": ["test"]}, Requires.wish(1), False),
        ({"checks": ["test"]}, Requires.wish(1, self_approval=True), True),
        ({"checks": ["test"], "self_approval": False}, Requires.wish(1, self_approval=True), False),
    ],
)
def test_nobody_approves_their_own_by_what_nobody_wrote(
    asked: dict[str, object], wished: Requires, allowed: bool
) -> None:
    """bob pushed to what ann opened."""
    held = Grant(floors={"production": floor(asked)}).requires("production", wished)
    lacking = of_one(*yes("bob"), pushers=frozenset({"ann", "bob"}), requires=held)

    assert (lacking == "") == allowed and ("nobody approves what is their own" in lacking) != allowed


# --- of any history ---

PEOPLE = ["ann", "bob", "cat", "rob"]
OPINIONS = st.sampled_from(["approved", "approved", "changes requested", "dismissed"])
REVIEWS = st.lists(
    st.builds(
        review,
        st.sampled_from(PEOPLE),
        OPINIONS,
        st.sampled_from(["", "", "", "a" * 40]),
        st.integers(0, 9),
        counts=st.sampled_from([True, True, True, False]),
    ),
    max_size=5,
    unique_by=lambda one: one.id,
)
SOME = st.frozensets(st.sampled_from(PEOPLE), max_size=2)
WISHES = st.builds(
    Requires.wish,
    st.integers(0, 2),
    st.sampled_from([(), (), ("acme/release",), ("bob",), ("bob", "cat")]),
    self_approval=st.booleans(),
    checks=st.sampled_from([(), ("test",), ("scan",)]),
)


@st.composite
def branches(draw: st.DrawFn, pushes: bool = True) -> Branch:
    branch = Branch()
    kinds = ["merge", "squash", "rebase", *(["push"] if pushes else [])]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        size = draw(st.integers(1, 3))
        if kind == "push":
            branch.push(size)
            continue
        branch.merge(
            draw(REVIEWS),
            kind,  # type: ignore[arg-type]
            size,
            authors=tuple(draw(SOME) for _ in range(size)),
            pushers=draw(SOME),
            all_told=draw(st.sampled_from([True, True, False])),
        )
    return branch


def shown(branch: Branch) -> Evidence:
    return branch.evidence(teams=(TEAM,))


@given(branches(), WISHES, st.data())
@quickly
def test_one_more_approval_never_takes_an_approval_away(
    branch: Branch, wish: Requires, data: st.DataObject
) -> None:
    before = lacks(wish, shown(branch))
    if branch.pulls:
        at = data.draw(st.integers(0, len(branch.pulls) - 1))
        pull, minute = branch.pulls[at], data.draw(st.integers(0, 9))
        more = replace(review(data.draw(st.sampled_from(PEOPLE)), commit=pull.head, minute=minute), id=9999)
        branch.pulls[at] = replace(pull, reviews=(*pull.reviews, more))

    assert before or not lacks(wish, shown(branch))


@given(branches(), WISHES, st.randoms(use_true_random=False))
@quickly
def test_the_order_of_an_answer_does_not_matter(
    branch: Branch, wish: Requires, chance: random.Random
) -> None:
    evidence = shown(branch)

    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(chance.sample(values, len(values)))

    pulls = [replace(p, reviews=shuffled(p.reviews), authors=shuffled(p.authors)) for p in evidence.pulls]
    other = replace(
        evidence,
        pulls=shuffled(tuple(pulls)),
        commits=shuffled(evidence.commits),
        associated=shuffled(evidence.associated),
    )

    assert judgement(wish, other) == judgement(wish, evidence)


@given(branches(), WISHES, WISHES)
@quickly
def test_who_asks_for_more_never_approves_more(branch: Branch, one: Requires, other: Requires) -> None:
    evidence, both = shown(branch), stricter(one, other)

    assert both == stricter(other, one) == stricter(both, one)
    assert lacks(both, evidence) or not (lacks(one, evidence) or lacks(other, evidence))


@given(branches())
@quickly
def test_every_commit_came_in_one_way_and_none_without_an_approved_pull_request(branch: Branch) -> None:
    evidence = shown(branch)
    found = landings(evidence)

    assert sorted(c.sha for landing in found for c in landing.commits) == sorted(
        c.sha for c in evidence.commits
    )
    assert [landing.pull for landing in found if landing.pull] == branch.pulls
    if any(not move.merge for move in branch.moves):
        assert "without a pull request" in lacks(ONE, evidence)


@given(branches(pushes=False))
@quickly
def test_whoever_is_alone_in_approving_did_not_write_or_push_it(branch: Branch) -> None:
    evidence = shown(branch)
    if lacks(ONE, evidence):
        return
    for pull in evidence.pulls:
        agreed = {one.reviewer for one in pull.reviews if one.opinion == "approved" and one.counts}
        for own in (*pull.authors, pull.pushers):
            assert agreed - own - {"ann"} or len(agreed) > 1


def test_commits_that_lead_nowhere_are_not_passed_over() -> None:
    branch = Branch()
    branch.merge(yes("bob"))
    branch.commits.append(Commit("e" * 40, ("d" * 40,)))

    assert lacks(ONE, branch.evidence()) == "1 commit pushed to main without a pull request: eeeeeee"
