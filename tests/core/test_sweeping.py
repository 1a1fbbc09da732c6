"""What is left over, and what only seems to be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reviewapps.desired import Absent
from reviewapps.model import Environment
from reviewapps.sweeping.leftovers import Kept, against
from tests.core.settling import NOW, SHOP

PR_1 = Environment(SHOP.id, "pr-1")
AGO = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("verdict", "minutes", "stays"),
    [
        (Absent("merged", AGO, kept_for="production"), 0, True),
        (Absent("merged", AGO), 10, True),
        (Absent("closed", AGO), 10, True),
        (Absent("merged", AGO), 4, False),
        (Absent("closed", AGO), 0, False),
        (Absent("expired"), 10, False),
    ],
)
def test_a_build_that_is_kept_is_not_left_over(verdict: Absent, minutes: int, stays: bool) -> None:
    keeps = dict.fromkeys(("merged", "closed"), timedelta(minutes=minutes))
    shop = Kept("acme/shop", {"review": frozenset({"apps"})}, lambda environment: verdict, keeps, NOW)
    assert (against("apps", PR_1, {SHOP.id: shop}) is None) == stays
