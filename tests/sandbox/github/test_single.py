"""What is asked for by itself, and what follows from it."""

from __future__ import annotations

import pytest
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub
from tests.sandbox.github.receiver import Receiver
from tests.sandbox.github.test_apps import installation, signed

SHOP = "/repos/octocat/shop"


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


def test_an_app_puts_itself_to_sleep_and_takes_its_leave(hub: Hub, shop: Checkout) -> None:
    app = hub.register()
    mine, token = installation(hub, app), hub.token(app)

    def as_app(method: str, path: str) -> int:
        return hub.request(method, path, token=None, headers=signed(app)).status_code

    def as_bot() -> int:
        return hub.request("GET", SHOP, token=token).status_code

    assert as_bot() == 200
    assert as_app("PUT", f"{mine}/suspended") == 204
    assert as_bot() == 403
    assert as_app("DELETE", f"{mine}/suspended") == 204
    assert as_bot() == 200
    assert as_app("DELETE", mine) == 204
    assert (as_bot(), as_app("GET", mine)) == (401, 404)


def test_a_check_run_is_read_and_asked_for_again(hub: Hub, repository: Repository) -> None:
    token = hub.token(hub.register())
    wanted = {"name": "test", "head_sha": repository.get_commit("feature").sha}
    run = hub.request("POST", f"{SHOP}/check-runs", token=token, json=wanted).json()["id"]

    assert hub.request("GET", f"{SHOP}/check-runs/{run}").json()["name"] == "test"
    assert hub.request("POST", f"{SHOP}/check-runs/{run}/rerequest").status_code == 201
    assert (
        hub.request("POST", f"{SHOP}/check-runs/{run}/rerequest", token="stranger-token").status_code == 403
    )


def test_a_hook_leads_elsewhere_and_is_tried(hub: Hub, repository: Repository, receiver: Receiver) -> None:
    hook = repository.create_hook("web", {"url": "http://127.0.0.1:1/"}, ["push"], active=True)
    path = f"{SHOP}/hooks/{hook.id}"

    hub.request("PATCH", f"{path}/config", json={"url": receiver.url}).raise_for_status()

    assert hub.request("GET", f"{path}/config").json()["url"] == receiver.url
    assert hub.request("POST", f"{path}/test").status_code == 204
    receiver.until("push")


def test_a_team_lets_go_of_what_it_was_given(hub: Hub) -> None:
    hub.server.add_repository("acme", "web")
    hub.request("POST", "/_sandbox/users", json={"login": "mona", "token": "mona-token"})
    hub.server.add_owner("acme", "mona")
    mona = hub.client("mona-token").get_organization("acme")
    web = mona.create_repo("shop-window")
    mona.create_team("core", privacy="closed")
    given = f"/orgs/acme/teams/core/repos/{web.full_name}"
    hub.request("PUT", given, token="mona-token", json={"permission": "push"}).raise_for_status()
    assert [team.slug for team in web.get_teams()] == ["core"]

    assert hub.request("DELETE", given, token="mona-token").status_code == 204

    assert list(web.get_teams()) == []


def test_an_organization_gets_an_app_by_a_form(hub: Hub) -> None:
    hub.server.add_repository("acme", "web")
    manifest = '{"name": "Ours", "url": "https://example.org", "redirect_url": "http://127.0.0.1:1/"}'

    sent = hub.request("POST", "/organizations/acme/settings/apps/new", data={"manifest": manifest})

    code = sent.headers["Location"].partition("code=")[2]
    made = hub.request("POST", f"/app-manifests/{code}/conversions", token=None).json()
    assert made["owner"]["login"] == "acme"
