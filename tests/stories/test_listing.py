"""Nothing is deleted on silence: half an answer of GitHub's is no answer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.branches import push_aged
from tests.stories.slack import Slack
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story

SECOND_PAGE = "/pulls.*[?&]page=2"

HALF_ANSWERS: dict[str, dict[str, Any]] = {
    "502": {"status": 502},
    "403": {
        "status": 403,
        "body": '{"message": "You have exceeded a secondary rate limit."}',
        "headers": {"Retry-After": "1"},
    },
    "304 without a body": {"status": 304},
    "cut body": {"kind": "cut"},
    "nothing at all": {"status": 200, "body": ""},
}


def test_of_101_pull_requests_with_half_a_listing_nothing_is_deleted(quiet_town: Town) -> None:
    town = quiet_town
    bot = town.hire_bot("renovate[bot]")
    names = [f"bump-{number}" for number in range(98)]
    push_aged(town, names)
    for name in names:
        bot.open(name, f"Bump {name}")
    town.employ()
    numbers = [town.open(colour) for colour in ("blue", "green", "red")]
    assert numbers == [99, 100, 101]
    urls = [town.until_live(number) for number in numbers]
    town.until_idle()
    for name, how in HALF_ANSWERS.items():
        town.fail("GET", SECOND_PAGE, times=1000, **how)
        asked = town.look_once() + town.look_once()
        town.mend()
        assert any(re.search(SECOND_PAGE, call.path) for call in asked), f"{name}: never struck"
        assert writes(asked) == [], name
    town.look_afresh()
    assert [page(url).headline for url in urls] == ["blue", "green", "red"]


def test_a_pull_request_that_vanishes_is_believed_gone_after_two_looks(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.until_idle()
    town.lose(number)
    town.look_once()
    assert town.apps == ["shop-pr-1"]
    town.until("its end", lambda: town.apps == town.hosts == [])


def test_more_than_five_that_vanish_at_once_are_left_alone_and_told(quiet_town: Town) -> None:
    town = quiet_town
    with Slack() as slack:
        town.employ(LIMIT="6", SLACK_WEBHOOK=slack.url)
        numbers = open_on_one_commit(town, 6)
        town.until_idle()
        town.lose(*numbers)
        town.orchestrators[0].forget()
        said = town.until("a word to the operator", lambda: slack.line("needs somebody", "6 pull requests"))
        town.orchestrators[0].forget()
        town.until_idle()
    assert all(f"#{number}" in said for number in numbers)
    assert len(town.apps) == 6


def test_six_honest_merges_at_once_just_go(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(LIMIT="6")
    numbers = open_on_one_commit(town, 6)
    town.until_idle()
    for number in numbers:
        town.octocat.close(number)
    town.until("the end of all", lambda: town.apps == town.hosts == [])
    for number in numbers:
        town.until_comment(number, "Preview: removed")


def open_on_one_commit(town: Town, count: int) -> list[int]:
    """Live pull requests that share one commit, so that one build does for all."""
    first = town.open("colour-1")
    commit = town.head(first)
    for number in range(2, count + 1):
        town.branch(f"colour-{number}", commit)
    others = [town.octocat.open(f"colour-{n}", f"Colour {n}") for n in range(2, count + 1)]
    numbers = [first, *others]
    for number in numbers:
        town.until_live(number, commit)
    assert len(town.apps) == count
    return numbers


def test_an_unreadable_repository_is_no_empty_one(town: Town) -> None:
    url = town.until_live(town.open("blue"))
    town.until_idle()
    town.fail("GET", "^/repo(sitorie)?s/", status=404, body='{"message": "Not Found"}', times=1000)
    asked = town.look_once() + town.look_once() + town.look_once()
    town.mend()
    assert asked
    assert writes(asked) == []
    assert page(url).headline == "blue"


def test_a_space_that_cannot_be_listed_is_no_empty_one(town: Town) -> None:
    url = town.until_live(town.open("blue"))
    town.until_idle()
    for path in ("^/v3/apps", "^/v3/routes"):
        town.fail("GET", path, kind="cut", times=1000)
    asked = town.look_once() + town.look_once()
    town.mend()
    town.look_afresh()
    assert asked
    assert writes(asked) == []
    assert page(url).headline == "blue"
