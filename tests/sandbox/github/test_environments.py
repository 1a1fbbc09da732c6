"""Environments: made by deployments, protected by admins."""

from __future__ import annotations

import pytest
from github import GithubException
from github.EnvironmentProtectionRuleReviewer import ReviewerParams

from tests.sandbox.github.conftest import Checkout, Hub

ENVIRONMENTS = "/repos/octocat/shop/environments"


def test_a_deployment_makes_its_environment(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    for name in ("review/pr-1", "Review/PR-1", "staging"):
        repository.create_deployment("main", environment=name, auto_merge=False, required_contexts=[])
    assert [one.name for one in repository.get_environments()] == ["review/pr-1", "staging"]
    assert hub.request("GET", f"{ENVIRONMENTS}/review%2Fpr-1").json()["protection_rules"] == []
    assert hub.request("GET", f"{ENVIRONMENTS}/production").status_code == 404


def test_protection_is_written_whole_by_admins_alone(hub: Hub, shop: Checkout) -> None:
    repository, hubot = hub.client().get_repo("octocat/shop"), hub.client().get_user("hubot")
    made = repository.create_environment(
        "production", wait_timer=5, prevent_self_review=True, reviewers=[ReviewerParams("User", hubot.id)]
    )
    wait, reviewers = made.protection_rules
    assert (wait.type, wait.wait_timer) == ("wait_timer", 5)
    (reviewer,) = hub.request("GET", f"{ENVIRONMENTS}/production").json()["protection_rules"][1]["reviewers"]
    assert (reviewers.type, reviewer["reviewer"]["login"]) == ("required_reviewers", "hubot")
    assert repository.create_environment("production").protection_rules == []  # the client sends nothing
    theirs = hub.client("hubot-token").get_repo("octocat/shop")
    with pytest.raises(GithubException, match="403"):
        theirs.create_environment("other")
    with pytest.raises(GithubException, match="403"):
        theirs.delete_environment("production")
    repository.delete_environment("production")
    assert list(repository.get_environments()) == []
    assert hub.request("PUT", f"{ENVIRONMENTS}/x", json={"wait_timer": 50_000}).status_code == 422
