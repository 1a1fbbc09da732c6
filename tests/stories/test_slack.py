"""What the team's channels are told, and that nothing depends on it."""

from __future__ import annotations

from functools import partial

import pytest

from reviewapps.demo.onlooker import page
from reviewapps.marker import UNHEARD
from tests.stories.samples import BROKEN_BUILD, CRASHES_AT_START, headline
from tests.stories.shared import until_says
from tests.stories.slack import TOKEN, Slack
from tests.stories.test_operators_file import operators_file
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_the_channel_hears_of_live_failed_and_removed_once_each(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        url = town.until_live(number := town.open("blue"))
        town.push("blue", BROKEN_BUILD)
        town.until_comment(number, "Preview: build failed")
        town.until_idle()
        town.look_afresh()
        town.octocat.close(number)
        town.until("the last line", lambda: slack.line("removed (closed)"))
        town.look_afresh()
    live, failed, _ = slack.lines
    assert "acme/shop#1" in live and "live at" in live and url in live
    assert "build failed" in failed and "Still live" in failed


def test_the_dev_app_is_named_with_its_tag_and_what_became_of_it(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        town.hubot.tag("dev-1", town.on_main(headline("one")))
        town.until("a line", lambda: slack.line("acme/shop:dev", "live at", "dev-1"))
        town.until_idle()
        town.operator.stop("shop-dev")
        town.until("what drifted", lambda: slack.line("acme/shop:dev: drift, its app had been stopped"))
        town.until_idle()

        slack.broken = True
        for words in ("two", "three"):
            town.hubot.tag(f"dev-{words}", town.on_main(headline(words)))
            until_says(town, "dev", words)
        town.orchestrators[0].forget()
        slack.broken = False
        town.look_afresh()
        town.until("what it missed", lambda: slack.line("acme/shop:dev: earlier", "Live", "dev-two"))
        town.until("the last end", lambda: slack.line("acme/shop:dev", "live at", "dev-three"))
        town.look_afresh(2)
    assert [sum(words in line for line in slack.lines) for words in (": earlier, ", "dev-three")] == [1, 1]


def test_a_bot_has_one_message_for_each_deploy_and_edits_it(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(**slack.bot)
        town.until_live(number := town.open("blue"))
        town.push("blue", CRASHES_AT_START)
        town.until_comment(number, "Preview: crashed")
        town.until("its end", lambda: slack.line("rolled back to"))
        before = len(slack.messages)
        town.push("blue", headline("green"))
        town.until("a deploy under way", lambda: len(slack.messages) > before)
        town.octocat.close(number)
        town.until("its end", lambda: slack.line("removed (closed)"))
        town.look_afresh()
    first, second = slack.messages[:2]
    assert ["started" in text for text in first.texts] == [True, False] and "live at" in first.text
    assert ["started" in text for text in second.texts] == [True, False]
    assert not [message for message in slack.messages if "started" in message.text]


def test_channels_are_the_operators_choice(quiet_town: Town) -> None:
    town = quiet_town
    with Slack(channels=("#shop", "#dev", "#alarms")) as slack:
        channels = 'channels = { failed = "#alarms", review = "", dev = { live = "#dev" } }'
        told = f'[slack]\nurl = "{slack.api}"\nchannel = "#shop"\n{channels}'
        file = operators_file(town, '{ review = "review", dev = "shared" }', told)
        town.employ_by_file(file, SECRET_SLACK=TOKEN)
        town.until_live(town.open("blue"))
        town.push("blue", BROKEN_BUILD)
        town.until("what failed", lambda: slack.line("build failed"))
        town.hubot.tag("dev-1", town.on_main(headline("one")))
        town.until("the dev app", lambda: slack.line("acme/shop:dev", "live at"))
        town.until_idle()
    names = {there: name for name, there in slack.channels.items()}
    assert [names[m.channel] for m in slack.messages if "acme/shop#" in m.text] == ["#alarms"]
    of_dev = [(names[m.channel], len(m.texts)) for m in slack.messages if "live at" in m.text]
    assert of_dev == [
        ("#shop", 2),
        ("#dev", 1),
    ]  # what was begun in one channel comes to its end there as well


@pytest.mark.parametrize("bot", [True, False], ids=["bot", "webhook"])
def test_what_slack_missed_is_told_once_it_is_back_whatever_redis_forgot(quiet_town: Town, bot: bool) -> None:
    town = quiet_town
    with Slack(broken=True) as slack:
        town.employ(**(slack.bot if bot else {"SLACK_WEBHOOK": slack.url}))
        url = town.until_live(number := town.open("blue"))
        assert page(url).headline == "blue"
        town.until_idle()
        town.orchestrators[0].forget()
        slack.broken = False
        town.look_afresh()
        town.until("the end of the deploy", lambda: slack.line("live at", f"#{number}"))
        town.look_afresh(2)
    assert len(slack.lines) == 1


def test_what_slack_missed_of_a_preview_that_moved_on_and_went_is_told_once(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        town.until_live(number := town.open("blue"))
        town.until("its end", lambda: slack.line("live at"))
        slack.broken = True
        missed = [town.push("blue", headline("green"))]
        town.until_live(number)
        missed.append(town.push("blue", headline("red")))
        town.until_live(number)
        town.until_idle()
        town.orchestrators[0].forget()
        slack.broken = False
        town.look_afresh()
        for commit in missed:
            town.until("what it missed", partial(slack.line, commit[:7]))

        slack.broken = True
        town.octocat.close(number)
        town.until_comment(number, "Preview: removed", UNHEARD)
        town.until_idle()
        town.orchestrators[0].forget()
        slack.broken = False
        town.look_afresh()
        town.until("the removal", lambda: slack.line("removed (closed)"))
        town.look_afresh(3)
        town.until_comment(number, "#1 removed -->")
    assert [sum(words in line for line in slack.lines) for words in ("earlier", "live at", "removed")] == [
        1,
        2,
        1,
    ]


def test_without_slack_everything_goes_its_way(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(SLACK_WEBHOOK="http://127.0.0.1:9/services/T0/B0/x0x0secret")
    town.until_live(number := town.open("blue"))
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    town.until_idle()
    assert "x0x0secret" not in town.log.read_text()
