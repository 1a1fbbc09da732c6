"""What one pull request, commit or comment does must not be felt by the others."""

from __future__ import annotations

import pytest

from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_a_commit_that_github_cannot_show_holds_up_no_other_pull_request(town: Town) -> None:
    stuck = town.push("stuck", headline("stuck"))
    town.fail("GET", f"/git/commits/{stuck}", times=10_000, status=500)
    town.open("stuck")
    other = town.open("other", headline("other"))

    town.until_live(other)


def test_a_pasted_marker_that_is_no_number_stops_nobody(town: Town) -> None:
    number = town.open("blue", headline("blue"))
    town.until_live(number)
    pasted = f"<!-- reviewapps 1 x {'1' * 5000} #1 live -->"
    town.hubot.api("POST", f"/repos/{town.world.repository}/issues/{number}/comments", {"body": pasted})
    town.look_afresh()
    town.until_live(number, town.push("blue", headline("green")))

    assert len(town.onlooker.comments(number)) == 1


def test_the_second_build_of_a_preview_is_shared_too(town: Town) -> None:
    number = town.open("blue", headline("blue"))
    town.until_live(number)
    commit = town.push("blue", headline("green"))
    town.until_live(number, commit)
    town.hubot.tag("dev-1", commit)
    town.until("dev runs it", lambda: town.page("shop-dev").headline == "green")

    assert town.builds == 2
