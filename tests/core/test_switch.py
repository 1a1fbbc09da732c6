"""Whose droplet it is that an app has, which is not the one that went live."""

from __future__ import annotations

import pytest

from reviewapps import steps
from reviewapps.model import Actual, App, Attempt, Deployment, Environment
from reviewapps.plan import Terms
from reviewapps.plan.switch import kept_away
from tests.core.settling import NOW, SHOP, sha

PRODUCTION = Environment(SHOP.id, "production")
TERMS = Terms(("shop-production",), "example.gov", "2.1", NOW)


@pytest.mark.parametrize(
    ("droplet", "newest", "ours"),
    [
        ("new", Deployment("d", False, False, True, "new", "1.2"), True),
        ("new", Deployment("d", False, False, True, "new", None), False),
        ("theirs", Deployment("d", False, False, True, "new", "1.2"), False),
        ("new", Deployment("d", False, False, False, "new", "1.2"), False),
        ("new", None, False),
    ],
    ids=["switched", "by hand", "by hand since", "called off", "without a deployment"],
)
def test_what_an_attempt_switched_to_that_another_one_was_written_over_is_nobody_elses(
    droplet: str, newest: Deployment | None, ours: bool
) -> None:
    """The request that writes an attempt down was given up, and done after the next one had switched already."""
    late = Attempt("1.1", sha(2), "c", NOW)
    app = App("a", "shop", PRODUCTION, "app", True, droplet, sha(1), "c", NOW, late, live_droplet="old")
    known = Actual(PRODUCTION, (app,), deployments=() if newest is None else (newest,))
    assert isinstance(kept_away(late, known, TERMS), steps.Refuse) is not ours
