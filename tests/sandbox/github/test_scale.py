"""Thousands of pull requests, and a world that can be put away."""

from __future__ import annotations

import pickle

from tests.sandbox.github.conftest import Checkout, Hub

PULLS = "/repos/octocat/shop/pulls"


def test_thousands_of_pull_requests_are_opened_at_once_and_listed_whole(hub: Hub) -> None:
    wanted = {"repository": "octocat/shop", "count": 2000}
    opened = hub.request("POST", "/_sandbox/pulls/many", json=wanted).json()["numbers"]
    assert opened == list(range(1, 2001))
    pages = [hub.request("GET", f"{PULLS}?per_page=100&page={page}") for page in range(1, 21)]
    assert sorted(one["number"] for page in pages for one in page.json()) == opened
    assert "next" not in pages[-1].links
    checkout = hub.clone("octocat/shop")
    assert checkout.git("ls-tree", "--name-only", "origin/topic-2000") == "topics"
    sha = checkout.git("rev-parse", "origin/topic-7")
    held = hub.request("GET", f"/repos/octocat/shop/commits/{sha}/pulls").json()
    assert [one["number"] for one in held] == [7]
    checkout.git("checkout", "--quiet", "topic-7")
    checkout.commit("topic-7", {"more": "of it\n"})
    assert hub.request("GET", f"{PULLS}/7").json()["commits"] == 2


def test_seeded_pull_requests_are_as_any_others(hub: Hub, shop: Checkout) -> None:
    wanted = {"repository": "octocat/shop", "count": 2, "base": "feature"}
    hub.request("POST", "/_sandbox/pulls/many", json=wanted)
    pull = hub.client().get_repo("octocat/shop").get_pull(2)
    assert (pull.base.ref, pull.commits, pull.mergeable_state) == ("feature", 1, "clean")
    assert pull.merge().merged
    elsewhere = wanted | {"base": "nowhere"}
    assert hub.request("POST", "/_sandbox/pulls/many", json=elsewhere).status_code == 422


def test_the_world_can_be_pickled(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    pull.create_issue_comment("hello").create_reaction("heart")
    hub.client("hubot-token").get_repo("octocat/shop").get_pull(1).create_review(event="APPROVE")
    repository.get_branch("main").edit_protection(required_approving_review_count=1, contexts=["test"])
    repository.create_deployment("main", environment="production", auto_merge=False, required_contexts=[])
    world = pickle.loads(pickle.dumps(hub.server.world))
    (again,) = world.pull_requests()
    assert [review.state for review in again.reviews.values()] == ["APPROVED"]
    assert again.repository.protections["main"].reviews.count == 1
    assert world.tokens["octocat-token"] is world.user("octocat")
