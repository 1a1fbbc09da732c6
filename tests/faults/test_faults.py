"""Six bad days, spread over all that a pull request asks for. (``python -m tests.faults`` has all days.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import WRITES_GO_WRONG, Day, day

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("faults")]

SAMPLE = 6


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A day on which nothing goes wrong."""
    return day(tmp_path_factory.mktemp("healthy") / "shop")


def test_a_day_without_faults_ends_well_and_builds_each_commit_once(healthy: Day) -> None:
    assert healthy.odd == ()
    assert healthy.builds == 2
    assert len(healthy.writes) >= 4 * SAMPLE


@pytest.mark.parametrize("part", range(SAMPLE))
def test_a_day_on_which_one_request_goes_wrong_ends_no_worse(healthy: Day, part: int, tmp_path: Path) -> None:
    struck = healthy.writes[part * len(healthy.writes) // SAMPLE]
    kind = WRITES_GO_WRONG[part % len(WRITES_GO_WRONG)]
    went = day(tmp_path / "shop", struck, kind)
    assert went.odd == (), f"{kind} on {struck}"
