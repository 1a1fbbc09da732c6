"""Reviews, and who is asked for them, through the real client."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException
from github.PullRequest import PullRequest

from tests.sandbox.github.conftest import Checkout, Hub

PULL = "/repos/octocat/shop/pulls/1"


@pytest.fixture
def pull(hub: Hub, shop: Checkout) -> PullRequest:
    """Of octocat; hubot may write, reader may read, stranger was given nothing."""
    hub.server.add_user("reader", token="reader-token")
    hub.request("PUT", "/repos/octocat/shop/collaborators/reader", json={"permission": "pull"})
    return hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")


def as_seen(hub: Hub, login: str) -> PullRequest:
    return hub.client(f"{login}-token").get_repo("octocat/shop").get_pull(1)


def refused(hub: Hub, login: str, path: str, body: dict[str, Any], method: str = "POST") -> str:
    answer = hub.request(method, PULL + path, token=f"{login}-token", json=body)
    assert answer.status_code == 422
    errors = answer.json().get("errors")
    return str(errors[0] if errors else answer.json()["message"])


def test_a_review_says_who_thought_what_of_which_commit(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    sha = shop.git("rev-parse", "feature")
    approved = as_seen(hub, "hubot").create_review(event="APPROVE")
    commented = as_seen(hub, "stranger").create_review(event="COMMENT", body="Hm.")
    later = shop.commit("feature", {"app/main.py": "print('three')\n"})
    rejected = as_seen(hub, "hubot").create_review(event="REQUEST_CHANGES", body="No.")
    assert [one.state for one in pull.get_reviews()] == ["APPROVED", "COMMENTED", "CHANGES_REQUESTED"]
    assert (approved.user.login, approved.commit_id, rejected.commit_id) == ("hubot", sha, later)
    assert approved.submitted_at is not None
    raw = {one["id"]: one["author_association"] for one in hub.request("GET", f"{PULL}/reviews").json()}
    assert (raw[approved.id], raw[commented.id]) == ("COLLABORATOR", "NONE")
    assert pull.get_review(rejected.id).body == "No."


def test_an_author_only_comments_on_their_own(hub: Hub, pull: PullRequest) -> None:
    assert refused(hub, "octocat", "/reviews", {"event": "APPROVE"}) == (
        "Review Can not approve your own pull request"
    )
    wanted = {"event": "REQUEST_CHANGES", "body": "No."}
    assert refused(hub, "octocat", "/reviews", wanted).endswith("request changes on your own pull request")
    pull.create_review(event="COMMENT", body="Look here.")
    assert refused(hub, "hubot", "/reviews", {"event": "COMMENT"}) == "Review Can not be blank"
    assert hub.request("POST", f"{PULL}/reviews", json={"event": "LOVE"}).status_code == 422
    assert hub.request("POST", f"{PULL}/reviews", token=None, json={"event": "APPROVE"}).status_code == 401


def test_a_pending_review_is_seen_by_its_author_until_it_is_submitted(hub: Hub, pull: PullRequest) -> None:
    pending = as_seen(hub, "hubot").create_review(body="Thinking")
    assert (pending.state, list(pull.get_reviews())) == ("PENDING", [])
    assert hub.request("GET", f"{PULL}/reviews/{pending.id}").status_code == 404
    assert "one pending review" in refused(hub, "hubot", "/reviews", {"event": "APPROVE"})
    path = f"{PULL}/reviews/{pending.id}"
    submitted = hub.request("POST", f"{path}/events", token="hubot-token", json={"event": "APPROVE"}).json()
    assert (submitted["state"], submitted["body"]) == ("APPROVED", "Thinking")
    edited = hub.request("PUT", path, token="hubot-token", json={"body": "Thought"})
    assert edited.json()["body"] == "Thought"
    assert hub.request("PUT", path, json={"body": "Mine"}).status_code == 403
    assert refused(hub, "hubot", f"/reviews/{pending.id}", {}, "DELETE").startswith(
        "Can not delete a non-pending"
    )
    again = as_seen(hub, "hubot").create_review()
    again.delete()
    assert [one.state for one in as_seen(hub, "hubot").get_reviews()] == ["APPROVED"]


def test_opinions_are_dismissed_by_writers(hub: Hub, pull: PullRequest) -> None:
    review = as_seen(hub, "hubot").create_review(event="APPROVE")
    path = f"{PULL}/reviews/{review.id}/dismissals"
    assert hub.request("PUT", path, token="reader-token", json={"message": "no"}).status_code == 403
    assert hub.request("PUT", path, json={}).status_code == 422
    review = pull.get_review(review.id)
    review.dismiss("Too early")
    assert pull.get_review(review.id).state == "DISMISSED"
    with pytest.raises(GithubException, match="Can not dismiss a dismissed pull request review"):
        review.dismiss("Again")


def test_who_was_asked_leaves_the_list_by_reviewing(hub: Hub, pull: PullRequest) -> None:
    pull.create_review_request(reviewers=["hubot", "reader"])
    (listed,) = hub.request("GET", "/repos/octocat/shop/pulls").json()
    assert [one["login"] for one in listed["requested_reviewers"]] == ["hubot", "reader"]
    as_seen(hub, "hubot").create_review(event="COMMENT", body="Seen.")
    users, teams = pull.get_review_requests()
    assert ([one.login for one in users], list(teams)) == (["reader"], [])
    pull.delete_review_request(reviewers=["reader"])
    assert list(pull.get_review_requests()[0]) == []


def test_only_collaborators_are_asked_and_never_the_author(hub: Hub, pull: PullRequest) -> None:
    path = "/requested_reviewers"
    assert refused(hub, "octocat", path, {"reviewers": ["octocat"]}) == (
        "Review cannot be requested from pull request author."
    )
    for body in ({"reviewers": ["stranger"]}, {"reviewers": ["nobody"]}, {"team_reviewers": ["core"]}):
        assert refused(hub, "octocat", path, body).startswith("Reviews may only be requested from")
    wanted = {"reviewers": ["hubot"]}
    assert hub.request("POST", PULL + path, token="reader-token", json=wanted).status_code == 403


def test_a_closed_pull_request_is_still_reviewed(hub: Hub, pull: PullRequest) -> None:
    pull.edit(state="closed")
    assert as_seen(hub, "hubot").create_review(event="APPROVE").state == "APPROVED"
