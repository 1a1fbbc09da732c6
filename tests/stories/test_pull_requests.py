"""Open, push, close, merge, reopen: what becomes of a pull request's app."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewapps.demo.onlooker import Visitors, page
from tests.stories.samples import Gate, headline
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_a_pull_request_gets_an_app_and_one_comment_with_its_url(town: Town) -> None:
    number = town.open("blue")
    url = town.until_live(number)
    assert page(url).headline == "blue"
    assert town.apps == town.hosts == ["shop-pr-1"]
    town.until_idle()
    assert town.heading(number) == f"Preview: live at {url}"


def test_github_shows_where_it_is_deployed(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.until_idle()
    (deployment,) = town.deployments()
    status = town.status(deployment)
    assert (status["state"], status["environment_url"]) == ("success", url)
    assert deployment["environment"] == "review"
    assert deployment["transient_environment"] is True
    assert deployment["sha"] == town.head(number)


def test_a_push_shows_at_the_same_url_and_no_visitor_notices(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    with Visitors(url) as visitors:
        town.push("blue", headline("green"))
        assert town.until_live(number) == url
        town.until_idle()
    assert visitors.failed == []
    assert visitors.headlines == {"blue", "green"}
    assert page(url).headline == "green"
    assert town.heading(number) == f"Preview: live at {url}"


def test_after_a_push_only_the_newest_deployment_is_active(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.push("blue", headline("green"))
    town.until_live(number)
    town.until_idle()
    assert town.onlooker.deployment_states("review") == ["success", "inactive"]


@pytest.mark.parametrize("how", ["close", "merge", "squash"])
def test_everything_goes_with_the_pull_request(town: Town, how: str) -> None:
    url = town.until_live(number := town.open("blue"))
    if how == "close":
        town.octocat.close(number)
    else:
        town.octocat.merge(number, how)
    town.until_comment(number, "Preview: removed", "Closed" if how == "close" else "Merged")
    assert page(url).unrouted
    assert page(url).status == 404
    assert (town.apps, town.hosts, town.world.labelled("pr-1")) == ([], [], [])
    town.until_idle()
    assert town.onlooker.deployment_states("review") == ["inactive"]
    assert len(town.onlooker.comments(number)) == 1


def test_a_reopened_pull_request_gets_its_app_back(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    town.octocat.reopen(number)
    assert town.until_live(number) == url
    assert page(url).headline == "blue"
    town.until_idle()
    assert len(town.onlooker.comments(number)) == 1
    assert town.onlooker.deployment_states("review").count("success") == 1


def test_a_draft_gets_one_too(quiet_town: Town) -> None:
    number = quiet_town.open("blue")
    quiet_town.rewrite(number, draft=True)
    quiet_town.employ()
    assert page(quiet_town.until_live(number)).headline == "blue"


def test_two_pull_requests_at_once_get_an_app_each(quiet_town: Town) -> None:
    blue, green = quiet_town.open("blue"), quiet_town.open("green", by=quiet_town.hubot)
    quiet_town.employ()
    assert page(quiet_town.until_live(blue)).headline == "blue"
    assert page(quiet_town.until_live(green)).headline == "green"
    assert quiet_town.apps == ["shop-pr-1", "shop-pr-2"]


def test_two_pull_requests_may_share_a_commit(quiet_town: Town) -> None:
    first = quiet_town.open("blue")
    quiet_town.branch("azure", quiet_town.head(first))
    second = quiet_town.octocat.open("azure", "The same in other words")
    quiet_town.employ()
    urls = {quiet_town.until_live(first), quiet_town.until_live(second)}
    quiet_town.until_idle()
    assert len(urls) == 2
    assert len(quiet_town.deployments()) == 2
    assert quiet_town.head(first) == quiet_town.head(second)
    assert quiet_town.builds == 1
    quiet_town.octocat.close(first)
    quiet_town.until_comment(first, "Preview: removed")
    assert quiet_town.heading(second).startswith("Preview: live at")
    assert sorted(quiet_town.onlooker.deployment_states("review")) == ["inactive", "success"]


def test_a_pull_request_closed_during_its_first_build_leaves_nothing(town: Town, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    number = town.open("blue", gate.files)
    town.until("the build", lambda: gate.is_reached)
    town.octocat.close(number)
    town.until("the end of the app", lambda: town.apps == town.hosts == [])
    gate.open()
    town.until_comment(number, "Preview: removed", "Closed")
    town.look_afresh()
    assert (town.apps, town.hosts, town.world.labelled("pr-1")) == ([], [], [])
    assert town.heading(number) == "Preview: removed"
    assert set(town.onlooker.deployment_states("review")) == {"inactive"}


def test_of_pushes_during_a_build_the_newest_wins(town: Town, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    number = town.open("blue", gate.files)
    town.until("the build", lambda: gate.is_reached)
    for colour in ("green", "yellow", "red"):
        town.push("blue", headline(colour))
        town.orchestrators[0].look()
        town.beat()
    gate.open()
    assert page(town.until_live(number)).headline == "red"
    town.until_idle()
    assert town.builds == 2


def test_a_force_push_back_shows_the_older_commit_again_without_a_build(town: Town) -> None:
    number = town.open("blue")
    first = town.head(number)
    town.until_live(number)
    town.push("blue", headline("green"))
    url = town.until_live(number)
    town.force("blue", first)
    assert town.until_live(number, first) == url
    assert page(url).headline == "blue"
    assert town.builds == 2
