"""What the team's channel is told, and that nothing depends on it."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import BROKEN_BUILD, headline
from tests.stories.slack import Slack
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_the_channel_hears_of_deployed_failed_and_removed_once_each(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        url = town.until_live(number := town.open("blue"))
        town.push("blue", BROKEN_BUILD)
        town.until_comment(number, "Preview: build failed")
        town.octocat.close(number)
        town.until_comment(number, "Preview: removed")
        town.look_afresh()
    deployed, failed, removed = slack.lines
    assert "acme/shop#1" in deployed and "deployed" in deployed and url in deployed
    assert "build failed" in failed
    assert "removed (closed)" in removed


def test_the_dev_app_is_named_with_its_tag(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        town.hubot.tag("dev-1", town.on_main(headline("one")))
        town.until("a line", lambda: slack.line("acme/shop:dev", "deployed", "dev-1"))


@pytest.mark.parametrize("broken", [True, False], ids=["refusing", "gone"])
def test_without_slack_everything_goes_its_way(quiet_town: Town, broken: bool) -> None:
    town = quiet_town
    with Slack(broken=True) as slack:
        if not broken:
            slack.url = "http://127.0.0.1:9/services/T0/B0/x0x0secret"
        town.employ(SLACK_WEBHOOK=slack.url)
        url = town.until_live(number := town.open("blue"))
        assert page(url).headline == "blue"
        town.octocat.close(number)
        town.until_comment(number, "Preview: removed")
    assert "x0x0secret" not in town.log.read_text()
