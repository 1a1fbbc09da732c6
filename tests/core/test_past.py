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
        ("queued in_progress queued success", [("success", 2, 4)]),
        ("in_progress success failure", [("failure", 0, 3)]),  # it crashed afterwards
        ("success inactive", [("success", 0, 1)]),
        ("success inactive success", [("success", 0, 1), ("success", 3, 3)]),  # somebody went back
        ("success inactive in_progress success", [("success", 0, 1), ("success", 3, 4)]),
        ("success in_progress failure", [("success", 0, 1), ("failure", 2, 3)]),  # deployed once more
        ("failure in_progress success", [("failure", 0, 1), ("success", 2, 3)]),  # and tried again
        ("queued inactive queued success", [("success", 4, 4)]),  # it only waited
        ("queued queued", [("queued", 0, 2)]),
        ("in_progress queued inactive in_progress success", [("success", 4, 5)]),  # begun, and called off
        ("success queued in_progress success", [("success", 0, 1), ("success", 3, 4)]),  # and waited
    ],
)
def test_what_begins_again_after_its_end_is_another_deploy(
    said: str, was: list[tuple[str, int, int]]
) -> None:
    """What was said, a word a minute; each deploy's state, when it began, and when that was said."""
    words = [DeploymentStatus(word, "", "", NOW + at * MINUTE) for at, word in enumerate(said.split(), 1)]
    found = past_deploys(Deployed(1, {}, sha(1), NOW), words[::-1])
    assert [(one.state, (one.began_at - NOW) / MINUTE, (one.at - NOW) / MINUTE) for one in found] == was


def test_what_waited_while_somebody_went_back_came_after_that() -> None:
    """It would be gone back from to what was gone back from already."""
    said = {1: "success inactive", 2: "queued", 3: "success"}  # 1 is bad; 2 waits; back to 3; then 2 goes
    began = {}
    for number, words in said.items():
        at = NOW + number * 10 * MINUTE
        told = [
            DeploymentStatus(word, "", "", at + minute * MINUTE)
            for minute, word in enumerate(words.split(), 1)
        ]
        if number == 2:
            told += [DeploymentStatus(word, "", "", NOW + 50 * MINUTE) for word in ("in_progress", "success")]
        (one,) = past_deploys(Deployed(number, {}, sha(number), at), told[::-1])
        began[number] = one.began_at
    assert sorted(began, key=lambda number: began[number]) == [1, 3, 2]
