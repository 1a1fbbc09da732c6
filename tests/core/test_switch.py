"""Whose droplet it is that an app has, which is not the one that went live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewapps import steps
from reviewapps.desired import has_drifted
from reviewapps.model import Actual, App, Attempt, Deployment, Environment, Refusal
from reviewapps.plan import Terms
from reviewapps.plan.returning import with_what_is_left
from reviewapps.plan.switch import kept_away
from tests.core.settling import DAY, NOW, SHOP, sha

PRODUCTION = Environment(SHOP.id, "production")
TERMS = Terms(("shop-production",), "example.gov", "2.1", NOW)


@pytest.mark.parametrize(
    ("droplet", "newest", "ours"),
    [
        ("new", Deployment("d", False, False, True, "new", "1.2"), True),
        ("new", Deployment("d", False, False, True, "new", None), False),
        ("theirs", Deployment("d", False, False, True, "new", "1.2"), False),
        ("new", Deployment("d", False, False, False, "new", "1.2"), False),
        ("new", Deployment("d", False, False, True, "new", "1.2", created_at=NOW), True),
        ("new", Deployment("d", False, False, True, "new", "1.2", created_at=NOW - 2 * DAY), False),
        ("new", None, False),
    ],
    ids=["switched", "by hand", "by hand since", "called off", "new", "of an earlier day", "none"],
)
def test_what_an_attempt_switched_to_that_another_one_was_written_over_is_nobody_elses(
    droplet: str, newest: Deployment | None, ours: bool
) -> None:
    """The request that writes an attempt down was given up, and done after the next one had switched already."""
    late = Attempt("1.1", sha(2), "c", NOW)
    app = App("a", "shop", PRODUCTION, "app", True, droplet, sha(1), "c", NOW, late, live_droplet="old")
    app = replace(app, live_since=NOW - DAY)
    called_off = Deployment("e", False, False, False, "old", "1.2.back")
    known = Actual(PRODUCTION, (app,), deployments=() if newest is None else (called_off, newest))
    assert isinstance(kept_away(late, known, TERMS), steps.Refuse) is not ours

    refusal = with_what_is_left(Refusal("build", "no buildpack matched", NOW), known)
    refused = replace(app, attempt=replace(late, refusal=refusal))
    assert has_drifted(refused) is not ours


def test_what_serves_is_no_switch_to_be_undone() -> None:
    attempt = Attempt("1.3", sha(2), "c", NOW)
    app = App("a", "shop", PRODUCTION, "app", True, "old", sha(1), "c", NOW, attempt, live_droplet="old")
    served = Deployment("d", False, False, True, "old", "1.2")
    known = Actual(PRODUCTION, (app,), deployments=(served,))
    assert with_what_is_left(Refusal("build", "no buildpack matched", NOW), known).left is None
