"""A pull request that GitHub does not know any more."""

from __future__ import annotations

from datetime import timedelta

from reviewapps.desired import Absent, Leave, Verdict
from reviewapps.reconcile.means import Pace
from reviewapps.reconcile.settling import settled
from reviewapps.reconcile.turn import Turn
from tests.core.test_capacity import Remembering
from tests.core.test_deploying import PR_1, RUN, Deploying

MISSING = Absent("missing")


def test_its_preview_goes_where_two_looks_in_a_row_miss_it() -> None:
    there = Deploying((), memory=Remembering())
    there.turn()

    def judged(verdict: Verdict) -> None:
        there.cf.now += timedelta(seconds=Pace().quiet)
        settled(
            Turn(there.means, PR_1, there.lease, there.github.look(), there.cf.look().actual(PR_1)), verdict
        )

    for verdict in (MISSING, RUN, MISSING, Leave()):
        judged(verdict)
        assert there.cf.apps, verdict
    judged(MISSING)
    assert not there.cf.apps
