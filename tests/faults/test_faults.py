"""Some bad days. (``make faults`` has all of them.)"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.faults.campaign import STORIES, Play
from tests.faults.requests import Kind, Request

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("faults")]

SCENE = "pushed to"
A_ROLLING_SWITCH = Request("cloudfoundry", "POST", "^/v3/deployments$", 1)
A_TASK = Request("cloudfoundry", "POST", "^/v3/apps/[^/]+/tasks$", 1)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Play]:
    """Each story, played once as far as the scene that these days begin with."""
    return cache(lambda story: Play(tmp_path_factory.mktemp("play"), STORIES[story], until=SCENE))


@pytest.mark.parametrize(
    ("story", "struck", "kind"),
    [
        ("an app", A_ROLLING_SWITCH, "lost"),
        ("an app", A_ROLLING_SWITCH, "stopped"),
        ("a database", A_TASK, "timeout"),
        ("a database", A_TASK, "emptied"),
    ],
)
def test_a_day_on_which_one_request_goes_wrong_ends_no_worse(
    story: str, struck: Request, kind: Kind, plays: Callable[[str], Play]
) -> None:
    went = plays(story).day(SCENE, struck, kind)
    assert went.odd == ()
    assert went.struck
