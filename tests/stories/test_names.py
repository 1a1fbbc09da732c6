"""Names that somebody else has, and what people do to our apps by hand."""

from __future__ import annotations

import re

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import headline
from tests.stories.slack import Slack
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_a_strangers_app_of_our_name_is_left_alone_and_ours_gets_six_digits(town: Town) -> None:
    town.operator.create_app("shop-pr-1")
    url = town.until_live(town.open("blue"))
    assert page(url).headline == "blue"
    ours, strangers = sorted(set(town.apps), key=len, reverse=True)
    assert strangers == "shop-pr-1"
    assert re.fullmatch(r"shop-pr-1-[0-9a-f]{6}", ours)
    assert town.operator.app("shop-pr-1").labels == {}


def test_a_strangers_host_of_our_name_is_left_alone_and_ours_gets_six_digits(town: Town) -> None:
    town.operator.create_route("shop-pr-1")
    url = town.until_live(number := town.open("blue"))
    assert re.search(r"shop-pr-1-[0-9a-f]{6}\.", url)
    assert page(url).headline == "blue"
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    assert town.hosts == ["shop-pr-1"]


def test_a_strangers_app_in_the_place_of_the_dev_app_is_told_and_not_overwritten(quiet_town: Town) -> None:
    town = quiet_town
    town.operator.create_app("shop-dev")
    with Slack() as slack:
        town.employ(SLACK_WEBHOOK=slack.url)
        town.hubot.tag("dev-1", town.on_main(headline("one")))
        said = town.until("a word to the operator", lambda: slack.line("shop-dev"))
        town.look_once()
    assert "somebody else" in said
    assert town.operator.app("shop-dev").labels == {}
    assert (town.apps, town.builds) == (["shop-dev"], 0)
    town.until("the deployment's state", lambda: town.onlooker.deployment_states("dev") == ["error"])


def test_the_dev_app_comes_once_the_operator_has_freed_its_name(town: Town) -> None:
    town.operator.create_app("shop-dev")
    town.hubot.tag("dev-1", town.on_main(headline("one")))
    town.until("its refusal", lambda: town.onlooker.deployment_states("dev") == ["error"])
    town.operator.delete("shop-dev")
    town.until("the dev app", lambda: town.page("shop-dev").headline == "one")
    town.until("its deployment", lambda: town.onlooker.deployment_states("dev") == ["success"])


def test_an_app_that_was_deleted_by_hand_comes_back(town: Town) -> None:
    url = town.until_live(town.open("blue"))
    town.until_idle()
    town.operator.delete("shop-pr-1")
    town.until("its end", lambda: page(url).status == 404)
    town.until("its return", lambda: page(url).headline == "blue")
    town.until_idle()
    assert len(town.onlooker.comments(1)) == 1


def test_an_app_that_was_stopped_by_hand_is_started_again(town: Town) -> None:
    url = town.until_live(town.open("blue"))
    town.until_idle()
    town.operator.stop("shop-pr-1")
    town.until("its end", lambda: page(url).status != 200)
    town.until("its return", lambda: page(url).headline == "blue")
    town.until_idle()
    assert town.builds == 1
    assert town.heading(1) == f"Preview: live at {url}"


def test_a_comment_that_was_deleted_comes_back_at_most_once(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.until_idle()
    town.delete_comments(number)
    town.look_afresh(2)
    assert len(town.onlooker.comments(number)) == 1
    town.push("blue", headline("green"))
    town.until_live(number)
    town.until_idle()
    assert len(town.onlooker.comments(number)) == 1


def test_a_comment_with_our_marker_by_somebody_else_is_not_ours(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    (said,) = town.onlooker.comments(number)
    path = f"/repos/{town.repository}/issues/{number}/comments"
    forged = town.stranger.api("POST", path, {"body": said})
    town.push("blue", headline("green"))
    town.until_live(number)
    town.look_afresh()
    assert (
        town.stranger.api("GET", f"/repos/{town.repository}/issues/comments/{forged['id']}")["body"] == said
    )
    assert len(town.onlooker.comments(number)) == 1
