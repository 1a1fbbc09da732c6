"""What GitHub remembers of one commit's deployment, as the deploys that it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reviewapps.github.parse_told import Deployed, DeploymentStatus
from reviewapps.github.past import past_deploys
from tests.core.settling import NOW, sha

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("said", "was"),
    [
        ("", [("inactive", 0, 0)]),
        ("inactive", [("inactive", 0, 0)]),
        ("in_progress success success", [("success", 0, 3)]),
        ("queued in_progress queued success", [("success", 0, 4)]),
        ("in_progress success failure", [("failure", 0, 3)]),  # it crashed afterwards
        ("success inactive", [("success", 0, 1)]),
        ("success inactive success", [("success", 0, 1), ("success", 3, 3)]),  # somebody went back
        ("success inactive in_progress success", [("success", 0, 1), ("success", 3, 4)]),
        ("success in_progress failure", [("success", 0, 1), ("failure", 2, 3)]),  # deployed once more
        ("failure in_progress success", [("failure", 0, 1), ("success", 2, 3)]),  # and tried again
        ("queued inactive queued success", [("success", 0, 4)]),  # it only waited
    ],
)
def test_what_begins_again_after_its_end_is_another_deploy(
    said: str, was: list[tuple[str, int, int]]
) -> None:
    """What was said, a word a minute; each deploy's state, when it began, and when that was said."""
    words = [DeploymentStatus(word, "", "", NOW + at * MINUTE) for at, word in enumerate(said.split(), 1)]
    found = past_deploys(Deployed(1, {}, sha(1), NOW), words[::-1])
    assert [(one.state, (one.began_at - NOW) / MINUTE, (one.at - NOW) / MINUTE) for one in found] == was
