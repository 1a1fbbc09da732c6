"""Which environments want attention."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from reviewapps.desired import Absent, Desired, Destroyed, Fork, Leave, NoRoom, Run, Verdict
from reviewapps.marker import UNHEARD
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Comment,
    Environment,
    Space,
)
from reviewapps.plan import (
    attention,
    fingerprint,
    unfinished,
)
from reviewapps.reconcile import Reconciler
from tests.core.one_preview import LIVE, PR_1, PUSHED
from tests.core.settling import NOW, SHOP, sha
from tests.core.test_deploying import Deploying, GitHub, Held
from tests.core.test_speaking import Redis

AFTER = Attempt("i", sha(1), "c", NOW + timedelta(minutes=1))
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


@dataclass
class Commented(GitHub):
    """It shows these comments."""

    comments_there: tuple[Comment, ...] = ()

    def comments(self) -> tuple[Comment, ...]:
        return self.comments_there


def test_whose_comment_stands_twice_is_woken_by_each_whole_look_and_nobody_else() -> None:
    github, memory, woken = Commented(), Redis(), dict[Environment, bool]()
    there = Deploying((), github, memory=memory)
    reconciler = Reconciler(there.means)
    while reconciler.settle(PR_1, Held()) is not None:
        there.cf.pass_time()
    first = Comment(1, PR_1, "live")
    for comments in ((first,), (first, replace(first, id=2))):
        github.comments_there = comments
        memory.pop("acme/shop:whole", None)
        reconciler.look(woken.__setitem__, afresh=True)
        assert woken == ({PR_1: False} if len(comments) == 2 else {})


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
