"""What GitHub does not answer holds a shared environment, and people are told that it does and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from reviewapps.approval import Evidence, Requires
from reviewapps.desired import Held, Hold, Leave
from reviewapps.errors import NotAuthorised, OperatorMustAct, ReviewAppsError, TryLater
from reviewapps.overview import decision
from reviewapps.reconcile import Reconciler
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.view import judged, rules_of
from reviewapps.rules import FILE
from tests.core import test_governing as governing
from tests.core.settling import SHOP
from tests.core.test_governing import DEV, PRODUCTION, A, B, running

REFUSED = NotAuthorised("the App may not read checks")
AWAY = TryLater("it took too long")
WAY = f"GitHub does not tell how {B[:7]} came to main: "
RULES = f"GitHub does not tell the rules at {A[:7]}: "


@dataclass
class GitHub(governing.GitHub):
    """One that does not answer."""

    wrong: ReviewAppsError = field(default_factory=lambda: REFUSED)
    of: str = "ways"

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        raise self.wrong

    def file(self, commit: str, path: str) -> str | None:
        if self.of == "rules" and path == FILE and commit != SHOP.head:
            raise self.wrong
        return super().file(commit, path)


def unanswered(wrong: ReviewAppsError, of: str) -> Means:
    """Production runs A, and wants an approval for B."""
    there = governing.World(running())
    return replace(there.means, github=GitHub(wrong=wrong, of=of))


@pytest.mark.parametrize(
    ("wrong", "of", "told"),
    [
        (REFUSED, "ways", Held(Hold(B, "approval", (f"{WAY}{REFUSED}",)))),
        (AWAY, "ways", Leave(f"{WAY}{AWAY}")),
        (REFUSED, "rules", Leave(f"{RULES}{REFUSED}")),
        (AWAY, "rules", Leave(f"{RULES}{AWAY}")),
    ],
)
def test_it_is_told_what_github_does_not_answer(wrong: ReviewAppsError, of: str, told: Held | Leave) -> None:
    means = unanswered(wrong, of)
    wanted, space = means.github.look(), means.cloudfoundry.look()
    found, known = judged(means, wanted, space)
    assert found.of(PRODUCTION) == told and found.asks  # it is asked again
    assert getattr(found.of(PRODUCTION), "why", "") == getattr(told, "why", "")
    assert getattr(found.of(DEV), "why", "") == ""
    asked = rules_of(wanted)
    why = decision(PRODUCTION, wanted, asked, means.grant, space, known, means.now(), found)
    assert why.answers[-1].question == "nothing holds the newest commit back" and not why.answers[-1].holds
    assert str(wrong) in why.follows


@pytest.mark.parametrize(("of", "words"), [("ways", WAY), ("rules", RULES)])
def test_an_operator_is_called_where_it_does_not_pass_by_itself(of: str, words: str) -> None:
    with pytest.raises(OperatorMustAct, match=f"{words}{REFUSED}"):
        Reconciler(unanswered(REFUSED, of)).look(lambda environment, removal: None)
    Reconciler(unanswered(AWAY, of)).look(lambda environment, removal: None)
