"""Tags move the one shared dev app, and nothing else does."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import Visitors, page
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story


def says(town: Town, words: str) -> str:
    """The URL of the dev app, once its page says these words and everything is settled."""
    town.until(f"{words} on the dev app", lambda: town.page("shop-dev").headline == words)
    town.until_idle()
    return town.url("shop-dev")


def commit(town: Town, words: str) -> str:
    """A new commit on main."""
    return town.on_main(headline(words))


def on_dev(town: Town, sha: str) -> tuple[str, str]:
    """What a commit is told about the dev app, among its checks."""
    found = town.octocat.api("GET", f"/repos/{town.repository}/commits/{sha}/status")["statuses"]
    (status,) = (one for one in found if one["context"].endswith("/dev"))
    return status["state"], status["description"]


def test_a_tag_brings_its_commit_to_the_dev_app(town: Town) -> None:
    tagged = commit(town, "one")
    town.hubot.tag("dev-1", tagged)
    url = says(town, "one")
    (deployment,) = town.deployments("dev")
    assert (deployment["sha"], deployment["transient_environment"]) == (tagged, False)
    assert town.status(deployment)["environment_url"] == url


def test_a_moved_tag_moves_the_dev_app_and_no_visitor_notices(town: Town) -> None:
    town.hubot.tag("dev", commit(town, "one"))
    with Visitors(says(town, "one")) as visitors:
        town.hubot.tag("dev", commit(town, "two"))
        says(town, "two")
    assert visitors.failed == []
    assert town.onlooker.deployment_states("dev") == ["success", "inactive"]


def test_a_deleted_tag_deploys_nothing_until_it_is_pushed_again(town: Town) -> None:
    first, second = commit(town, "one"), commit(town, "two")
    town.hubot.tag("dev-1", first)
    says(town, "one")
    town.hubot.tag("dev-2", second)
    says(town, "two")
    town.hubot.untag("dev-2")
    town.look_afresh()
    assert town.page("shop-dev").headline == "two"
    town.hubot.untag("dev-1")
    town.look_afresh()
    assert town.page("shop-dev").headline == "two"
    town.hubot.tag("dev-1", first)
    says(town, "one")
    assert town.builds == 2


def test_an_annotated_tag_means_the_commit_it_points_at(town: Town) -> None:
    tagged = commit(town, "one")
    town.hubot.tag("dev-1", tagged, message="The first")
    says(town, "one")
    assert town.deployments("dev")[0]["sha"] == tagged


def test_of_four_tags_at_once_the_newest_is_deployed_alone(town: Town) -> None:
    tagged = commit(town, "one")
    town.hubot.tag("dev-0", tagged)
    says(town, "one")
    lost = {number: commit(town, f"work {number}") for number in (8, 9, 10, 11)}
    for number, sha in lost.items():
        town.hubot.tag(f"dev-{number}", sha)
    says(town, "work 11")
    assert town.builds == 2
    assert len(town.deployments("dev")) == 2
    newest = f"dev-11 ({lost.pop(11)[:7]})"
    for number, sha in lost.items():
        assert on_dev(town, sha) == (
            "failure",
            f"dev-{number}: not on dev, {newest} seen at once came over it",
        )
    state, words = on_dev(town, tagged)
    assert state == "success" and words.startswith(f"dev-0: replaced on dev, {newest} came over it, ")
    said = town.status(town.deployments("dev")[0])["description"]
    assert "dev-11 over dev-10, dev-9 and dev-8, seen at once, and dev-0, " in said


def test_of_tags_on_one_commit_the_naturally_last_name_is_told(quiet_town: Town) -> None:
    town = quiet_town
    tagged = commit(town, "one")
    for name in ("dev-9", "dev-10", "dev-2"):
        town.hubot.tag(name, tagged)
    town.employ()
    says(town, "one")
    (deployment,) = town.deployments("dev")
    assert "dev-10" in town.status(deployment)["description"]


def test_an_older_commit_that_is_tagged_later_is_deployed(town: Town) -> None:
    older, newer = commit(town, "older"), commit(town, "newer")
    town.hubot.tag("dev-1", newer)
    says(town, "newer")
    town.hubot.tag("dev-2", older)
    says(town, "older")
    assert on_dev(town, newer)[1].startswith("dev-1: replaced on dev, dev-2 (")
    town.hubot.tag("dev-3", newer)
    says(town, "newer")
    assert on_dev(town, newer)[1].startswith("Live: ")


def test_a_tag_of_what_a_pull_request_built_is_not_built_again(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.hubot.tag("dev-1", town.head(number))
    says(town, "blue")
    assert town.builds == 1
    assert page(town.url("shop-pr-1")).headline == "blue"


def test_another_tag_is_no_business_of_ours(town: Town) -> None:
    tagged = commit(town, "one")
    for name in ("v1", "devel", "production"):
        town.hubot.tag(name, tagged)
    town.look_afresh()
    assert (town.apps, town.builds) == ([], 0)


def test_the_dev_app_outlives_every_tag_and_pull_request(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.hubot.tag("dev-1", town.head(number))
    says(town, "blue")
    town.octocat.merge(number)
    town.until_comment(number, "Preview: removed")
    town.hubot.untag("dev-1")
    town.look_afresh(2)
    assert town.page("shop-dev").headline == "blue"
    assert town.apps == town.hosts == ["shop-dev"]


def test_a_tag_that_cannot_be_built_leaves_the_dev_app_as_it_is(town: Town) -> None:
    town.hubot.tag("dev-1", commit(town, "one"))
    url = says(town, "one")
    broken = town.on_main({"bin/pre_compile": "exit 14\n", **headline("two")})
    with Visitors(url) as visitors:
        town.hubot.tag("dev-2", broken)
        town.until("its failure", lambda: town.onlooker.deployment_states("dev")[0] == "failure")
        town.until_idle()
    assert visitors.failed == []
    assert visitors.headlines == {"one"}
