"""Labels and reactions."""

from __future__ import annotations

import pytest
from github import GithubException
from github.PullRequest import PullRequest

from tests.sandbox.github.conftest import Checkout, Hub


@pytest.fixture
def pull(hub: Hub, shop: Checkout) -> PullRequest:
    return hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")


def test_labels_are_made_changed_put_on_and_taken_off(hub: Hub, pull: PullRequest) -> None:
    repository = hub.client().get_repo("octocat/shop")
    preview = repository.create_label("preview", "00ff00", "Has a preview")
    with pytest.raises(GithubException, match="already_exists"):
        repository.create_label("Preview", "00ff00")
    with pytest.raises(GithubException, match="422"):
        repository.create_label("other", "green")
    pull.set_labels("preview", "new/one")
    assert [one.name for one in pull.get_labels()] == ["preview", "new/one"]
    preview.edit("shown", "0000ff")
    assert [one.name for one in repository.get_pull(1).labels] == ["shown", "new/one"]
    assert (repository.get_label("shown").color, repository.get_label("new/one").color) == (
        "0000ff",
        "ededed",
    )
    pull.remove_from_labels("shown")
    with pytest.raises(GithubException, match="Label does not exist"):
        pull.remove_from_labels("shown")
    repository.get_label("new/one").delete()
    assert list(pull.get_labels()) == [] and [one.name for one in repository.get_labels()] == ["shown"]
    pull.add_to_labels("shown")
    pull.delete_labels()
    assert list(pull.get_labels()) == []


def test_a_person_reacts_once_in_each_way(hub: Hub, pull: PullRequest) -> None:
    comment = pull.create_issue_comment("/deploy")
    path = f"/repos/octocat/shop/issues/comments/{comment.id}/reactions"
    answers = [hub.request("POST", path, json={"content": "eyes"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    theirs = hub.client("hubot-token").get_repo("octocat/shop").get_issue(1).get_comment(comment.id)
    theirs.create_reaction("rocket")
    assert [(one.user.login, one.content) for one in comment.get_reactions()] == [
        ("octocat", "eyes"),
        ("hubot", "rocket"),
    ]
    rollup = hub.request("GET", path.removesuffix("/reactions")).json()["reactions"]
    assert (rollup["total_count"], rollup["eyes"], rollup["heart"]) == (2, 1, 0)
    assert hub.request("POST", path, json={"content": "yawn"}).status_code == 422
    mine = answers[0].json()["id"]
    assert hub.request("DELETE", f"{path}/{mine}", token="hubot-token").status_code == 403
    assert comment.delete_reaction(mine) and len(hub.request("GET", f"{path}?content=eyes").json()) == 0


def test_people_react_to_a_pull_request_itself(hub: Hub, shop: Checkout) -> None:
    pull = hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    issue, path = pull.as_issue(), "/repos/octocat/shop/issues/1/reactions"
    made = issue.create_reaction("heart")
    assert issue.create_reaction("heart").id == made.id
    again = hub.request("POST", path, json={"content": "heart"})
    assert (again.status_code, again.json()["id"]) == (200, made.id)
    hub.request("POST", path, token="stranger-token", json={"content": "eyes"}).raise_for_status()
    assert [(one.user.login, one.content) for one in issue.get_reactions()] == [
        ("octocat", "heart"),
        ("stranger", "eyes"),
    ]
    rollup = hub.request("GET", path.removesuffix("/reactions")).json()["reactions"]
    assert (rollup["total_count"], rollup["heart"], rollup["eyes"]) == (2, 1, 1)
    assert hub.request("DELETE", f"{path}/{made.id}", token="stranger-token").status_code == 403
    assert issue.delete_reaction(made.id)
    assert [one["content"] for one in hub.request("GET", path).json()] == ["eyes"]
    assert hub.request("POST", path, json={"content": "shrug"}).status_code == 422
