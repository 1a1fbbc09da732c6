"""What cannot be built or does not stay up: who is told what, and what serves meanwhile."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import Visitors, page
from tests.stories.samples import BROKEN_BUILD, CRASHES_AT_START, WORKING_APP, headline
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_a_failed_build_is_told_and_not_tried_again(town: Town) -> None:
    number = town.open("blue", BROKEN_BUILD)
    commit = town.head(number)
    town.until_comment(number, "Preview: build failed", f"`{commit[:7]}`", "reviewapps redeploy acme/shop#1")
    town.until_idle()
    town.look_afresh()
    assert town.builds == 1
    assert len(town.onlooker.comments(number)) == 1
    (deployment,) = town.deployments()
    assert town.status(deployment)["state"] == "failure"


def test_no_log_line_is_shown_in_a_public_repository(town: Town) -> None:
    number = town.open("blue", BROKEN_BUILD)
    assert "stylesheet" not in town.until_comment(number, "Preview: build failed")


def test_a_private_repository_sees_the_last_lines_of_the_build(quiet_town: Town) -> None:
    quiet_town.make_private()
    quiet_town.employ()
    number = quiet_town.open("blue", BROKEN_BUILD)
    quiet_town.until_comment(number, "Preview: build failed", "the stylesheet ends in the middle")


def test_a_push_of_a_fix_is_built(town: Town) -> None:
    number = town.open("blue", {**BROKEN_BUILD, **headline("blue")})
    town.until_comment(number, "Preview: build failed")
    town.push("blue", {"bin/pre_compile": None})
    assert page(town.until_live(number)).headline == "blue"
    town.until_idle()
    assert town.onlooker.deployment_states("review") == ["success", "inactive"]
    assert len(town.onlooker.comments(number)) == 1


def test_a_build_that_fails_after_a_push_leaves_the_older_version_serving(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    served = town.head(number)
    with Visitors(url) as visitors:
        town.push("blue", {**BROKEN_BUILD, **headline("green")})
        town.until_comment(number, "Preview: build failed", "Still live", f"`{served[:7]}`", url)
        town.until_idle()
    assert visitors.failed == []
    assert visitors.headlines == {"blue"}


def test_an_app_that_crashes_at_its_first_start_is_told_and_stopped(town: Town) -> None:
    number = town.open("blue", CRASHES_AT_START)
    town.until_comment(number, "Preview: crashed at start", "status 3")
    town.until_idle()
    assert "Still live" not in town.onlooker.comments(number)[0]
    assert town.operator.app("shop-pr-1").state == "STOPPED"
    (deployment,) = town.deployments()
    assert town.status(deployment)["state"] == "failure"
    calls = len(town.calls("POST"))
    town.look_afresh()
    assert [call.path for call in town.calls("POST")[calls:] if call.path.startswith("/v3")] == []


def test_a_crash_after_a_push_is_undone_and_a_fix_goes_live(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    with Visitors(url) as visitors:
        town.push("blue", CRASHES_AT_START)
        crashed = town.head(number)
        town.until_comment(number, "Preview: crashed at start", f"`{crashed[:7]}`", "Still live", url)
        town.until_idle()
        town.push("blue", {**WORKING_APP, **headline("green")})
        assert town.until_live(number) == url
    assert visitors.failed == []
    assert visitors.headlines == {"blue", "green"}


def test_a_failed_build_is_built_anew_when_asked_for(town: Town) -> None:
    number = town.open("blue", BROKEN_BUILD)
    town.until_comment(number, "Preview: build failed")
    town.until_idle()
    assert town.orchestrators[0].redeploy("pr-1") == town.head(number)
    town.until("another build", lambda: town.builds == 2)
    town.until_idle()
    assert town.heading(number) == "Preview: build failed"


def test_a_live_commit_is_built_anew_when_asked_for(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.until_idle()
    with Visitors(url) as visitors:
        assert town.orchestrators[0].redeploy("pr-1") == town.head(number)
        town.until("another build", lambda: town.builds == 2)
        town.until_idle()
    assert visitors.failed == []
    assert town.heading(number) == f"Preview: live at {url}"
    assert town.onlooker.deployment_states("review") == ["success"]


def test_what_the_platform_does_wrong_is_tried_again(town: Town) -> None:
    town.fail("POST", "^/v3/builds$", status=503, times=2)
    number = town.open("blue")
    assert page(town.until_live(number)).headline == "blue"
    assert len(town.onlooker.comments(number)) == 1
