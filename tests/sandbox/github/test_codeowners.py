"""CODEOWNERS: its patterns, its mistakes, and what it makes of a pull request."""

from __future__ import annotations

import pytest

from reviewapps.sandbox.github.approvals.codeowners import parsed
from tests.sandbox.github.conftest import Checkout, Hub

SHOP = "/repos/octocat/shop"


@pytest.mark.parametrize(
    ("pattern", "covered", "passed_over"),
    [
        ("*", ["a", "b/c.py"], []),
        ("*.js", ["a.js", "b/c/d.js"], ["a.jsx"]),
        ("/build/logs/", ["build/logs/a", "build/logs/b/c"], ["x/build/logs/a"]),
        ("docs/*", ["docs/a.md"], ["docs/b/a.md", "x/docs/a.md"]),
        ("/*", ["README.md"], ["docs/a.md"]),
        ("apps/", ["apps/a", "x/apps/b/c"], ["apps.md"]),
        ("**/logs", ["logs", "build/logs", "a/b/logs/c"], ["logs.txt"]),
        ("/apps/github", ["apps/github", "apps/github/a"], ["x/apps/github"]),
        ("a\\ b.md", ["a b.md"], ["a"]),
    ],
)
def test_a_pattern_covers_what_it_does_on_github(
    pattern: str, covered: list[str], passed_over: list[str]
) -> None:
    owners = parsed(f"{pattern} @octocat  # and nobody else\n")
    assert [path for path in covered if not owners.of(path)] == []
    assert [path for path in passed_over if owners.of(path)] == []


def test_the_last_match_wins_and_may_name_nobody() -> None:
    owners = parsed("# all\n*  @octocat dev@example.org\n\n*.md @acme/docs\n/free.md\n")
    assert owners.of("app.py") == ("@octocat", "dev@example.org")
    assert (owners.of("a/README.md"), owners.of("free.md")) == (("@acme/docs",), ())
    assert owners.mistakes == ()


def test_what_cannot_be_understood_is_passed_over_and_told() -> None:
    owners = parsed("* @octocat\n!a.md @octocat\n*.py user\n[ab] @octocat\n/ @octocat\n")
    assert owners.of("a.py") == ("@octocat",)
    assert [(one.line, one.column, one.kind) for one in owners.mistakes] == [
        (2, 1, "Invalid pattern"),
        (3, 6, "Invalid owner"),
        (4, 1, "Invalid pattern"),
        (5, 1, "Invalid pattern"),
    ]
    assert owners.mistakes[1].message == "Invalid owner on line 3:\n\n  *.py user\n       ^"


def test_mistakes_are_listed_with_owners_who_may_not_write(hub: Hub, shop: Checkout) -> None:
    assert hub.request("GET", f"{SHOP}/codeowners/errors").status_code == 404
    shop.commit("main", {"docs/CODEOWNERS": "* @hubot\n", ".github/CODEOWNERS": "* @hubot\n*.py @stranger\n"})
    (error,) = hub.request("GET", f"{SHOP}/codeowners/errors").json()["errors"]
    assert (error["line"], error["column"], error["kind"]) == (2, 6, "Unknown owner")
    assert (error["path"], error["source"]) == (".github/CODEOWNERS", "*.py @stranger")
    assert error["suggestion"] == "make sure @stranger exists and has write access to the repository"
    assert hub.request("GET", f"{SHOP}/codeowners/errors?ref=feature").status_code == 404


def test_owners_are_asked_once_a_pull_request_is_ready(hub: Hub, shop: Checkout) -> None:
    shop.commit("main", {"CODEOWNERS": "*.py @hubot @octocat\n*.md @stranger\n"})
    shop.git("checkout", "--quiet", "feature")
    shop.commit("feature", {"README.md": "the shop\n"})
    wanted = {"title": "Greet", "base": "main", "head": "feature", "draft": True}
    hub.request("POST", f"{SHOP}/pulls", json=wanted)
    pull = hub.client().get_repo("octocat/shop").get_pull(1)
    assert pull.requested_reviewers == []
    pull.mark_ready_for_review()
    assert [one.login for one in pull.get_review_requests()[0]] == ["hubot"]  # not its author, not a reader


def test_any_owner_of_each_group_must_approve(hub: Hub, shop: Checkout) -> None:
    wanted = {"login": "acme", "type": "Organization", "owners": ["octocat"]}
    hub.request("POST", "/_sandbox/users", json=wanted)
    hub.request("POST", "/orgs/acme/repos", json={"name": "web"})
    hub.request("POST", "/orgs/acme/teams", json={"name": "core"})
    for login, role in (("hubot", "core"), ("stranger", None)):
        hub.request("PUT", f"/repos/acme/web/collaborators/{login}", json={"permission": "push"})
        if role:
            hub.request("PUT", f"/orgs/acme/teams/{role}/memberships/{login}", json={})
    hub.request("PUT", "/orgs/acme/teams/core/repos/acme/web", json={"permission": "push"})
    shop.commit("main", {".github/CODEOWNERS": "* @acme/core @octocat\n/app/ @stranger\n"})
    shop.git("push", "--quiet", hub.remote("acme/web"), "main", "feature")
    web = hub.client().get_repo("acme/web")
    pull = web.create_pull(base="main", head="feature", title="Greet")
    web.get_branch("main").edit_protection(require_code_owner_reviews=True, enforce_admins=True)
    assert [one.login for one in pull.get_review_requests()[0]] == ["stranger"]
    hub.client("hubot-token").get_repo("acme/web").get_pull(1).create_review(event="APPROVE")
    refused = hub.request("PUT", "/repos/acme/web/pulls/1/merge", json={})
    assert refused.json()["message"] == "Waiting on code owner review from stranger."
    shop.git("checkout", "--quiet", "feature")
    shop.change("feature", {"README.md": "the shop\n"}, "Say more")
    shop.git("push", "--quiet", hub.remote("acme/web", "stranger-token"), "feature")
    assert [one.slug for one in pull.get_review_requests()[1]] == []  # somebody of the team has spoken
    hub.client("stranger-token").get_repo("acme/web").get_pull(1).create_review(event="APPROVE")
    assert hub.request("PUT", "/repos/acme/web/pulls/1/merge", json={}).json()["merged"]
