"""What is asked for by itself, and what follows from it."""

from __future__ import annotations

import pytest
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


def test_what_was_told_of_a_commit_is_found_again_by_its_id(repository: Repository) -> None:
    commit = repository.get_commit("feature")
    deployment = repository.create_deployment("feature", auto_merge=False, required_contexts=[])
    commit.create_status("pending", context="review-app")

    assert repository.get_deployment(deployment.id).sha == commit.sha
    assert [one.context for one in repository.get_commit(commit.sha).get_statuses()] == ["review-app"]


def test_all_statuses_of_a_commit_are_listed_newest_first(hub: Hub, repository: Repository) -> None:
    commit = repository.get_commit("feature")
    for state in ("pending", "success"):
        commit.create_status(state, context="review-app")

    told = hub.request("GET", f"/repos/octocat/shop/commits/{commit.sha}/statuses").json()

    assert [one["state"] for one in told] == ["success", "pending"]


def test_a_pull_request_says_whether_it_is_merged_and_which_labels_it_has(repository: Repository) -> None:
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    pull.add_to_labels("preview", "urgent")

    assert [label.name for label in pull.get_labels()] == ["preview", "urgent"]
    assert pull.is_merged() is False
    pull.merge()
    assert pull.is_merged() is True


def test_who_is_no_collaborator_any_more_writes_no_more(hub: Hub, repository: Repository) -> None:
    repository.add_to_collaborators("stranger")
    assert hub.client("stranger-token").get_repo("octocat/shop").permissions.push is True

    repository.remove_from_collaborators("stranger")

    assert hub.client("stranger-token").get_repo("octocat/shop").permissions.push is False
    assert repository.get_collaborator_permission("stranger") == "read"
