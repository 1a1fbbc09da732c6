"""What Slack missed while it was away, as GitHub's deployments tell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reviewapps.model import PastDeploy, Said
from reviewapps.reconcile.catching_up import missed
from tests.core.settling import NOW, sha

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("past", "told", "owed"),
    [
        ("4 success, 3 success, 2 failure, 1 success", Said("a", "live", sha(1)), [2, 3]),
        ("4 in_progress, 3 success, 2 failure, 1 success", Said("a", "failed build", sha(2)), [3]),
        ("4 success, 3 success", Said("a", "live", sha(3)), []),
        ("4 success, 3 failure, 2 success", Said("a", "started", sha(3)), [3]),  # begun, and never ended
        ("4 success, 3 queued, 2 inactive, 1 success", Said("a", "live", sha(1)), []),  # nothing ended
        ("4 success, 3 success, 4 success", Said("a", "live", sha(4)), [3]),  # went back meanwhile
        ("5 success, 4 error", Said(), [4]),  # nothing was ever told
        ("4 queued, 3 success", Said("a", "live", sha(9)), [3]),  # what was told is long ago
        ("4 success, 90 success, 89 success", Said("a", "live", sha(1)), []),  # and so is what was missed
        ("4 success, 3 success", Said("a", "held lock", sha(4)), []),  # it waited, and that was told
        ("4 success, 3 success, 4 inactive", Said("a", "held lock", sha(4)), [3]),  # that was the time before
        ("", Said("a", "live", sha(1)), []),
    ],
)
def test_what_ended_since_it_heard_something_last_is_owed(past: str, told: Said, owed: list[int]) -> None:
    """Deploys, newest first, by the number of their commit; 90 and 89 were long ago."""
    deploys = []
    for hours, one in enumerate(filter(None, past.split(", "))):
        number, state = one.split()
        at = NOW - hours * HOUR - (100 * HOUR if int(number) > 80 else 0 * HOUR)
        deploys.append(PastDeploy(sha(int(number)), state, at, at))
    found = missed(deploys, told, deploys[0].commit if deploys else "", NOW - 72 * HOUR)
    assert [one.commit for one in found] == [sha(number) for number in owed]
