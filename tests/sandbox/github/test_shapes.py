"""Bodies of the wrong type, refused in GitHub's words and not with a broken server."""

from __future__ import annotations

from typing import Any

from tests.sandbox.github.conftest import Checkout, Hub

SHOP = "/repos/octocat/shop"
MAIN = f"{SHOP}/branches/main/protection"
EMPTY = {"required_status_checks": None, "required_pull_request_reviews": None, "restrictions": None}


def test_wrong_types_are_named(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    pull = f"{SHOP}/pulls/1"
    every: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", f"{pull}/reviews", {"event": 5}, "'properties/event', 5 is not a string"),
        ("POST", f"{pull}/requested_reviewers", {"reviewers": "hubot"}, '"hubot" is not an array'),
        ("POST", f"{pull}/requested_reviewers", {"reviewers": [1]}, "'properties/reviewers/items', 1"),
        ("PUT", MAIN, EMPTY | {"enforce_admins": "yes"}, '"yes" is not a boolean'),
        ("PUT", MAIN, EMPTY | {"required_status_checks": 5, "enforce_admins": None}, "5 is not an object"),
        ("POST", f"{SHOP}/rulesets", {"name": "x", "rules": [5]}, "5 is not an object"),
        ("PUT", f"{SHOP}/environments/x", {"reviewers": [{"id": True}]}, "true is not an integer"),
        ("POST", f"{SHOP}/hooks", {"config": 5}, "5 is not an object"),
        ("POST", f"{SHOP}/labels", {"name": "x", "color": 5}, "5 is not a string"),
        ("POST", "/graphql", {"query": "{ viewer { id } }", "variables": [1]}, "[1] is not an object"),
    ]
    for method, path, body, told in every:
        answer = hub.request(method, path, json=body)
        assert (answer.status_code, told in answer.json()["message"]) == (422, True), (path, answer.text)
    assert hub.request("GET", f"{MAIN}").status_code == 404  # nothing was done
