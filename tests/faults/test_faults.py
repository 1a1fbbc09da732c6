"""Some bad days. (``make faults`` has all of them.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import STORIES, Play
from tests.faults.requests import Kind, Request

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("faults")]

A_ROLLING_SWITCH = Request("cloudfoundry", "POST", "^/v3/deployments$", 1)
A_TASK = Request("cloudfoundry", "POST", "^/v3/apps/[^/]+/tasks$", 1)


@pytest.mark.parametrize(
    ("story", "scene", "struck", "kind"),
    [
        ("an app", "pushed to", A_ROLLING_SWITCH, "lost"),
        ("an app", "pushed to", A_ROLLING_SWITCH, "stopped"),
        ("a database", "pushed to", A_TASK, "timeout"),
        ("a database", "pushed to", A_TASK, "emptied"),
    ],
)
def test_a_day_on_which_one_request_goes_wrong_ends_no_worse(
    story: str, scene: str, struck: Request, kind: Kind, tmp_path: Path
) -> None:
    went = Play(tmp_path, STORIES[story], until=scene).day(scene, struck, kind)
    assert went.odd == ()
    assert went.struck
