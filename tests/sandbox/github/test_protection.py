"""Protected branches: what keeps a pull request out, and what keeps a push out."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException
from github.Branch import Branch
from github.PullRequest import PullRequest
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub

MAIN = "/repos/octocat/shop/branches/main"
PULL = "/repos/octocat/shop/pulls/1"


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


@pytest.fixture
def pull(hub: Hub, repository: Repository) -> PullRequest:
    """Of stranger, from a branch that octocat pushed; hubot may write."""
    repository.add_to_collaborators("stranger", "push")
    theirs = hub.client("stranger-token").get_repo("octocat/shop")
    return theirs.create_pull(base="main", head="feature", title="Greet")


def protect(repository: Repository, **options: Any) -> Branch:
    branch = repository.get_branch("main")
    branch.edit_protection(**{"enforce_admins": True, **options})
    return branch


def review(hub: Hub, login: str, event: str = "APPROVE") -> None:
    hub.client(f"{login}-token").get_repo("octocat/shop").get_pull(1).create_review(
        event=event, body="I see."
    )


def state(hub: Hub) -> str:
    found: str = hub.request("GET", PULL).json()["mergeable_state"]
    return found


def unmerged(hub: Hub, login: str = "octocat") -> str:
    answer = hub.request("PUT", f"{PULL}/merge", token=f"{login}-token", json={})
    assert answer.status_code == 405
    return str(answer.json()["message"])


def test_protection_is_written_and_read_by_admins_alone(hub: Hub, repository: Repository) -> None:
    assert hub.request("GET", f"{MAIN}/protection").json()["message"] == "Branch not protected"
    branch = protect(
        repository,
        strict=True,
        contexts=["test"],
        required_approving_review_count=2,
        dismiss_stale_reviews=True,
        require_code_owner_reviews=True,
        enforce_admins=False,
    )
    found = branch.get_protection()
    assert (found.required_status_checks.strict, found.required_status_checks.contexts) == (True, ["test"])
    reviews = found.required_pull_request_reviews
    assert (reviews.required_approving_review_count, reviews.dismiss_stale_reviews) == (2, True)
    branch.set_admin_enforcement()
    branch.edit_required_pull_request_reviews(required_approving_review_count=1)
    branch.edit_required_status_checks(contexts=["test", "lint"])
    assert branch.get_admin_enforcement() and branch.get_required_status_checks().contexts == ["test", "lint"]
    assert branch.get_required_pull_request_reviews().required_approving_review_count == 1
    branch.remove_admin_enforcement()
    branch.remove_required_pull_request_reviews()
    branch.remove_required_status_checks()
    assert hub.request("GET", f"{MAIN}/protection", token="hubot-token").status_code == 404
    seen = hub.request("GET", MAIN, token="hubot-token").json()
    assert seen["protected"] and seen["protection"]["enabled"]
    assert [one.name for one in repository.get_branches() if one.protected] == ["main"]
    incomplete = hub.request("PUT", f"{MAIN}/protection", json={"enforce_admins": True})
    assert incomplete.json()["message"].endswith(
        '"required_status_checks", "required_pull_request_reviews", "restrictions" weren\'t supplied.'
    )
    branch.remove_protection()
    assert hub.request("GET", f"{MAIN}/protection").status_code == 404


def test_approvals_of_writers_open_the_gate(hub: Hub, repository: Repository, pull: PullRequest) -> None:
    protect(repository, required_approving_review_count=2)
    hub.server.add_user("reader", token="reader-token")
    review(hub, "reader")
    assert state(hub) == "blocked"
    assert unmerged(hub) == "At least 2 approving reviews are required by reviewers with write access."
    review(hub, "hubot")
    review(hub, "octocat", "REQUEST_CHANGES")
    assert "Changes have been requested." in unmerged(hub)
    review(hub, "octocat")
    assert state(hub) == "clean"
    assert repository.get_pull(1).merge().merged


def test_a_push_makes_approvals_stale_where_the_branch_says_so(
    hub: Hub, shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    branch = protect(repository, required_approving_review_count=1)
    review(hub, "hubot")
    shop.commit("feature", {"app/main.py": "print('three')\n"})
    assert state(hub) == "clean"
    branch.edit_required_pull_request_reviews(dismiss_stale_reviews=True)
    shop.commit("feature", {"app/main.py": "print('four')\n"})
    assert [one.state for one in pull.get_reviews()] == ["DISMISSED"]
    assert state(hub) == "blocked"


def test_the_last_push_needs_somebody_elses_approval(
    hub: Hub, shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    protect(repository, required_approving_review_count=1, require_last_push_approval=True)
    shop.commit("feature", {"app/main.py": "print('three')\n"})  # by octocat
    review(hub, "octocat")
    assert unmerged(hub) == (
        "New changes require approval from someone other than octocat because they were the last pusher."
    )
    review(hub, "hubot")
    assert state(hub) == "clean"


def test_required_statuses_and_check_runs_are_waited_for(
    hub: Hub, shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    branch = protect(repository, contexts=["test"], strict=True)
    commit = repository.get_commit(shop.git("rev-parse", "feature"))
    assert unmerged(hub) == 'Required status check "test" is expected.'
    commit.create_status("failure", context="test")
    assert unmerged(hub) == 'Required status check "test" is failing.'
    branch.edit_required_status_checks(contexts=["test", "lint"])
    assert unmerged(hub).endswith("have not succeeded: 1 failing and 1 expected.")
    branch.edit_required_status_checks(contexts=["test"])
    commit.create_status("success", context="test")
    commit.create_status("pending", context="coverage")
    assert state(hub) == "unstable"
    branch.remove_protection()
    shop.git("checkout", "--quiet", "main")
    shop.commit("main", {"other": "file\n"})
    protect(repository, contexts=["test"], strict=True)
    assert state(hub) == "behind"
    behind = hub.request("PUT", f"{PULL}/merge", json={})
    assert (behind.status_code, behind.json()["message"][:26]) == (409, "Head branch is out of date")


def test_admins_pass_unless_it_is_enforced(hub: Hub, repository: Repository, pull: PullRequest) -> None:
    protect(repository, required_approving_review_count=1, enforce_admins=False)
    assert "At least 1 approving review is required" in unmerged(hub, "hubot")
    assert state(hub) == "blocked"
    assert repository.get_pull(1).merge().merged


def test_a_direct_push_is_turned_away_in_githubs_words(
    hub: Hub, shop: Checkout, repository: Repository
) -> None:
    protect(repository, required_approving_review_count=1, enforce_admins=False)
    ours = hub.clone("octocat/shop", "hubot-token")
    ours.change("main", {"README.md": "pushed\n"}, "Push")
    ours.git("branch", "free")
    with pytest.raises(AssertionError) as refused:
        ours.git("push", "origin", "main", "free")
    told = str(refused.value)
    assert "remote: error: GH006: Protected branch update failed for refs/heads/main." in told
    assert "remote: - Changes must be made through a pull request." in told
    assert "! [remote rejected] main -> main (protected branch hook declined)" in told
    assert [one.name for one in repository.get_branches()] == ["feature", "free", "main"]
    shop.git("checkout", "--quiet", "main")
    shop.commit("main", {"README.md": "by an admin\n"})  # exempt
    shop.git("commit", "--quiet", "--amend", "-m", "Rewritten")
    with pytest.raises(AssertionError, match="Cannot force-push to this branch"):
        shop.git("push", "--force", "origin", "main")
    repository.get_branch("free").edit_protection(enforce_admins=True)
    with pytest.raises(AssertionError, match="Cannot delete this branch"):
        shop.git("push", "origin", "--delete", "free")
    moved = hub.request(
        "PATCH",
        "/repos/octocat/shop/git/refs/heads/main",
        token="hubot-token",
        json={"sha": repository.get_branch("free").commit.sha, "force": True},
    )
    assert (moved.status_code, "through a pull request" in moved.json()["message"]) == (422, True)
    with pytest.raises(GithubException, match="Cannot delete this branch"):
        repository.get_git_ref("heads/free").delete()


def test_rulesets_bind_too_and_everybody_may_read_them(
    hub: Hub, shop: Checkout, repository: Repository, pull: PullRequest
) -> None:
    parameters = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    wanted = {
        "name": "main is careful",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH", "refs/heads/release/*"], "exclude": []}},
        "rules": [{"type": "pull_request", "parameters": parameters}, {"type": "deletion"}],
    }
    path = "/repos/octocat/shop/rulesets"
    made = hub.request("POST", path, json=wanted).json()
    assert [one["id"] for one in hub.request("GET", path).json()] == [made["id"]]
    (first, second) = hub.request("GET", "/repos/octocat/shop/rules/branches/main", token=None).json()
    assert first["parameters"] == parameters and second["type"] == "deletion"
    assert (first["ruleset_source"], first["ruleset_id"]) == ("octocat/shop", made["id"])
    for branch, rules in (("release/1", 2), ("feature", 0)):
        assert len(hub.request("GET", f"/repos/octocat/shop/rules/branches/{branch}").json()) == rules
    assert unmerged(hub) == (
        "Repository rule violations found\n\n"
        "At least 1 approving review is required by reviewers with write access.\n\n"
    )
    shop.git("checkout", "--quiet", "main")
    with pytest.raises(AssertionError, match="GH013: Repository rule violations found for refs/heads/main"):
        shop.commit("main", {"README.md": "pushed\n"})
    bypass = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    hub.request("PUT", f"{path}/{made['id']}", json={"bypass_actors": bypass}).raise_for_status()
    assert repository.get_pull(1).merge().merged
    assert hub.request("POST", path, json=wanted | {"rules": [{"type": "pull_request"}]}).status_code == 422
    assert hub.request("DELETE", f"{path}/{made['id']}").status_code == 204
