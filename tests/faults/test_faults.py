"""Two bad days. (``make faults`` has all of them.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import Trial, day
from tests.faults.days import STORIES
from tests.faults.requests import Kind, Request

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("faults")]

A_ROLLING_SWITCH = Request("cloudfoundry", "POST", "^/v3/deployments$", 1)
A_TASK = Request("cloudfoundry", "POST", "^/v3/apps/[^/]+/tasks$", 1)


@pytest.mark.parametrize(
    ("story", "struck", "kind"),
    [("an app", A_ROLLING_SWITCH, "lost"), ("a database", A_TASK, "timeout")],
)
def test_a_day_on_which_one_request_goes_wrong_ends_no_worse(
    story: str, struck: Request, kind: Kind, tmp_path: Path
) -> None:
    assert story in STORIES
    went = day(tmp_path / "shop", story, struck, kind)
    assert went.odd == (), str(Trial(story, struck, kind))
    assert went.struck
