"""How branches moved, and what else tells who did what: as an approvals check asks it."""

from __future__ import annotations

from typing import Any

from tests.sandbox.github.conftest import Checkout, Hub
from tests.sandbox.github.test_graphql import SHOP, asked


def moves(hub: Hub, query: str = "") -> list[tuple[str, str]]:
    found = hub.request("GET", f"/repos/octocat/shop/activity?{query}").json()
    return [(one["activity_type"], one["ref"].removeprefix("refs/heads/")) for one in found]


def test_pushes_merges_and_what_becomes_of_branches_are_told_newest_first(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    repository.create_pull(base="main", head="feature", title="Greet").merge()
    shop.git("checkout", "--quiet", "feature")
    shop.git("commit", "--quiet", "--amend", "--message", "Anew")
    shop.git("push", "--quiet", "--force", hub.remote("octocat/shop", "hubot-token"), "feature")
    merged = shop.commit("feature", {"more": ""})
    shop.git("fetch", "--quiet", "origin", "main")
    shop.git("push", "--quiet", "origin", ":feature", "FETCH_HEAD:refs/heads/other")

    assert moves(hub) == [
        ("branch_creation", "other"),
        ("branch_deletion", "feature"),
        ("push", "feature"),
        ("force_push", "feature"),
        ("pr_merge", "main"),
        ("branch_creation", "main"),
        ("branch_creation", "feature"),
    ]
    assert (
        moves(hub, "ref=refs/heads/main")
        == moves(hub, "ref=main")
        == [
            ("pr_merge", "main"),
            ("branch_creation", "main"),
        ]
    )
    assert moves(hub, "actor=hubot&direction=asc") == [("force_push", "feature")]
    pushed = hub.request("GET", "/repos/octocat/shop/activity?activity_type=push").json()
    assert [(one["after"], one["actor"]["login"]) for one in pushed] == [(merged, "octocat")]


def test_the_list_goes_on_behind_a_cursor(hub: Hub, shop: Checkout) -> None:
    seen: list[tuple[str, str]] = []
    path: str | None = "/repos/octocat/shop/activity?per_page=1"
    while path is not None:
        answer = hub.request("GET", path)
        seen += [(one["activity_type"], one["ref"]) for one in answer.json()]
        path = answer.links["next"]["url"].removeprefix(hub.url) if "next" in answer.links else None

    assert len(seen) == len(moves(hub)) == len(set(seen)) == 2


def test_commits_tell_who_wrote_them_and_pull_requests_where_they_were_to_go(
    hub: Hub, shop: Checkout
) -> None:
    message = "Greet\n\nCo-authored-by: Hu Bot <2+hubot@users.noreply.github.com>"
    shop.commit("topic", {"a": "a"}, message)
    shop.git("push", "--quiet", "origin", "main:other")
    pull = hub.client().get_repo("octocat/shop").create_pull(base="other", head="topic", title="Greet")
    pull.edit(base="main")
    query = """query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
      pullRequest(number: 1) {
        timelineItems(last: 1, itemTypes: [BASE_REF_CHANGED_EVENT]) { nodes {
          ... on BaseRefChangedEvent { previousRefName currentRefName actor { login } } } }
        commits(last: 1) { nodes { commit {
          author { name user { login } }
          authors(first: 5) { totalCount nodes { name email user { login } } } } } }
      } } }"""

    found: dict[str, Any] = asked(hub, query, **SHOP)["data"]["repository"]["pullRequest"]

    assert found["timelineItems"]["nodes"] == [
        {"previousRefName": "other", "currentRefName": "main", "actor": {"login": "octocat"}}
    ]
    (commit,) = found["commits"]["nodes"]
    assert commit["commit"]["author"] == {"name": "Dev", "user": None}
    assert commit["commit"]["authors"] == {
        "totalCount": 2,
        "nodes": [
            {"name": "Dev", "email": "dev@example.org", "user": None},
            {"name": "Hu Bot", "email": "2+hubot@users.noreply.github.com", "user": {"login": "hubot"}},
        ],
    }


def test_a_comparison_has_pages_of_commits_and_its_files_on_the_first(hub: Hub, shop: Checkout) -> None:
    for number in range(3):
        shop.change("topic", {f"file-{number}": ""}, "more")
    shop.git("push", "--quiet", "origin", "topic")
    path = "/repos/octocat/shop/compare/main...topic"
    whole = hub.request("GET", path).json()
    pages = [hub.request("GET", f"{path}?per_page=2&page={number}").json() for number in (1, 2)]

    assert whole["total_commits"] == pages[1]["total_commits"] == 4
    assert [*pages[0]["commits"], *pages[1]["commits"]] == whole["commits"]
    assert [len(page["files"]) for page in pages] == [len(whole["files"]), 0]
