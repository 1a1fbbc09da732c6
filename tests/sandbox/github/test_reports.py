"""What is told about commits: deployments, statuses, check runs, comments."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException
from github.Deployment import Deployment
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub

DEPLOYMENTS = "/repos/octocat/shop/deployments"


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


def deployed(repository: Repository, environment: str, **options: Any) -> Deployment:
    made = repository.create_deployment(
        "feature", auto_merge=False, required_contexts=[], environment=environment, **options
    )
    made.create_status("success", environment_url="https://shop.example", auto_inactive=True)
    return made


def states(deployment: Deployment) -> list[str]:
    return [status.state for status in deployment.get_statuses()]


def test_a_deployment_goes_through_its_states(shop: Checkout, repository: Repository) -> None:
    sha = shop.git("rev-parse", "feature")
    payload = {"pull_request": 1}
    made = repository.create_deployment(
        sha,
        auto_merge=False,
        required_contexts=[],
        environment="review",
        payload=payload,
        transient_environment=True,
        description="preview",
    )
    for state in ("queued", "in_progress", "success"):
        made.create_status(
            state, environment_url="https://shop-pr-1.example", target_url="https://log.example"
        )
    assert states(made) == ["success", "in_progress", "queued"]
    (found,) = repository.get_deployments(environment="review")
    assert (found.sha, found.payload, found.transient_environment) == (sha, payload, True)
    assert found.get_statuses()[0].environment_url == "https://shop-pr-1.example"
    assert repository.get_deployments(environment="other").totalCount == 0


def test_a_success_retires_earlier_ones_of_lasting_environments_alone(repository: Repository) -> None:
    first, second = deployed(repository, "staging"), deployed(repository, "staging")
    assert (states(first), states(second)) == (["inactive", "success"], ["success"])
    preview = deployed(repository, "review", transient_environment=True)
    deployed(repository, "review", transient_environment=True)
    production = deployed(repository, "production", production_environment=True)
    deployed(repository, "production", production_environment=True)
    assert states(preview) == states(production) == ["success"]


def test_only_an_inactive_deployment_or_the_only_one_is_deleted(hub: Hub, repository: Repository) -> None:
    first, second = deployed(repository, "review"), deployed(repository, "other")
    assert hub.request("DELETE", f"{DEPLOYMENTS}/{first.id}").status_code == 422
    first.create_status("inactive")
    assert hub.request("DELETE", f"{DEPLOYMENTS}/{first.id}").status_code == 204
    assert hub.request("DELETE", f"{DEPLOYMENTS}/{second.id}").status_code == 204
    assert hub.request("GET", DEPLOYMENTS).json() == []


def test_a_deployment_minds_statuses_and_a_branch_that_is_behind_unless_told_not_to(
    hub: Hub, shop: Checkout, repository: Repository
) -> None:
    shop.commit("main", {"README.md": "ahead\n"})
    answer = hub.request("POST", DEPLOYMENTS, json={"ref": "feature"})
    assert (answer.status_code, "Auto-merged" in answer.text) == (202, True)
    repository.get_commit("feature").create_status("pending", context="test")
    assert hub.request("POST", DEPLOYMENTS, json={"ref": "feature"}).status_code == 409
    assert (
        hub.request("POST", DEPLOYMENTS, json={"ref": "feature", "required_contexts": []}).status_code == 201
    )


def test_a_deployment_takes_a_payload_in_words_and_no_unknown_ref(hub: Hub, shop: Checkout) -> None:
    wanted = {"ref": "main", "payload": "words"}
    assert hub.request("POST", DEPLOYMENTS, json=wanted).json()["payload"] == "words"
    refused = hub.request("POST", DEPLOYMENTS, json={"ref": "nowhere"})
    assert refused.json()["message"] == "No ref found for: nowhere"
    long = hub.request("POST", DEPLOYMENTS, json={"ref": "main", "description": "x" * 141})
    assert long.status_code == 422
    stranger = hub.request("POST", DEPLOYMENTS, token="stranger-token", json=wanted)
    assert stranger.status_code == 403


def test_the_newest_status_of_each_context_counts(repository: Repository) -> None:
    commit = repository.get_commit("feature")
    assert commit.get_combined_status().state == "pending"
    commit.create_status("pending", context="review-app", description="building")
    commit.create_status("success", context="review-app", target_url="https://shop.example")
    assert commit.get_combined_status().state == "success"
    commit.create_status("error", context="test")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("failure", 2)
    assert [one.state for one in commit.get_statuses()] == ["error", "success", "pending"]
    with pytest.raises(GithubException, match="422"):
        commit.create_status("fine")


def test_check_runs_are_made_by_apps_and_listed_latest_by_name(
    hub: Hub, shop: Checkout, repository: Repository
) -> None:
    sha = shop.git("rev-parse", "feature")
    app = hub.client(hub.token(hub.register())).get_repo("octocat/shop")
    app.create_check_run("test", sha, conclusion="failure")
    run = app.create_check_run("test", sha, status="in_progress")
    with pytest.raises(GithubException, match="You must authenticate via a GitHub App"):
        repository.create_check_run("test", sha)
    run.edit(conclusion="success", output={"title": "Fine", "summary": "All of it"})
    (latest,) = repository.get_commit("feature").get_check_runs()
    assert (latest.id, latest.status, latest.conclusion) == (run.id, "completed", "success")
    assert repository.get_commit("feature").get_check_runs(filter="all").totalCount == 2


def test_a_check_run_ends_with_a_conclusion_and_may_begin_anew(
    hub: Hub, shop: Checkout, repository: Repository
) -> None:
    sha, path = shop.git("rev-parse", "feature"), "/repos/octocat/shop/check-runs"
    token = hub.token(hub.register())
    for wrong in ({"status": "completed"}, {"status": "done"}, {"conclusion": "fine"}, {"output": 5}):
        answer = hub.request("POST", path, token=token, json={"name": "test", "head_sha": sha, **wrong})
        assert answer.status_code == 422
    run = hub.client(token).get_repo("octocat/shop").create_check_run("test", sha, conclusion="neutral")
    assert (run.status, run.completed_at is None) == ("completed", False)
    run.edit(status="in_progress")
    assert run.status == "in_progress" and not run.conclusion and run.completed_at is None
    assert repository.get_commit(sha).get_check_runs(status="completed").totalCount == 0


def test_comments_are_edited_by_their_author_and_by_writers_alone(hub: Hub, repository: Repository) -> None:
    repository.create_pull(base="main", head="feature", title="Greet")
    stranger, hubot = hub.client("stranger-token"), hub.client("hubot-token")
    said = stranger.get_repo("octocat/shop").get_issue(1).create_comment("<!-- marker --> hello")
    said.edit("<!-- marker --> hello again")
    hubot.get_repo("octocat/shop").get_issue(1).get_comment(said.id).edit("moderated")
    ours = repository.get_issue(1).create_comment("ours")
    with pytest.raises(GithubException, match="403"):
        stranger.get_repo("octocat/shop").get_issue(1).get_comment(ours.id).edit("mine")
    assert [one.body for one in repository.get_issue(1).get_comments()] == ["moderated", "ours"]
    assert [one.user.login for one in repository.get_issues_comments()] == ["stranger", "octocat"]
    ours.delete()
    assert repository.get_issue(1).comments == 1


def test_a_comment_that_is_too_long_is_refused(repository: Repository) -> None:
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    with pytest.raises(GithubException, match="too long"):
        pull.create_issue_comment("x" * 65_537)
