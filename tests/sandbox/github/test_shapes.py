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
        ("POST", f"{SHOP}/rulesets", {"name": "x", "rules": [None]}, "null is not an object"),
        ("PUT", f"{SHOP}/environments/x", {"reviewers": [None]}, "null is not an object"),
        ("POST", f"{SHOP}/statuses/main", {"state": "success", "context": ["x"]}, '["x"] is not a string'),
        ("POST", f"{SHOP}/deployments", {"ref": "main", "environment": {}}, "{} is not a string"),
        ("POST", f"{SHOP}/deployments", {"ref": "main", "description": 5}, "5 is not a string"),
        ("POST", f"{SHOP}/deployments", {"ref": "main", "required_contexts": [[]]}, "[] is not a string"),
        ("POST", f"{SHOP}/forks", {"organization": ["x"]}, '["x"] is not a string'),
        ("POST", "/user/repos", {"name": "x", "default_branch": 5}, "5 is not a string"),
    ]
    for method, path, body, told in every:
        answer = hub.request(method, path, json=body)
        assert (answer.status_code, told in answer.json()["message"]) == (422, True), (path, answer.text)
    assert hub.request("GET", f"{SHOP}/commits/main/statuses").json() == []
    assert hub.request("GET", f"{MAIN}").status_code == 404  # nothing was done


def test_what_is_no_number_no_text_or_no_name_is_refused_and_spoils_nothing(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    stolen, sha = hub.folder / "stolen", shop.git("rev-parse", "main")
    written = {"repository": "octocat/shop", "number": 1}
    every: list[tuple[str, str, Any, int]] = [
        ("GET", f"{SHOP}/pulls/²", None, 404),
        ("GET", f"{SHOP}/pulls/{'9' * 5000}", None, 404),
        ("GET", "/repositories/x/pulls", None, 404),
        ("GET", f"{SHOP}/contents/%00", None, 404),
        ("GET", f"{SHOP}/contents/..%2Fx", None, 404),
        ("GET", f"{SHOP}/pulls?page=²", None, 200),
        ("GET", f"{SHOP}/commits?path=%00", None, 400),
        ("GET", f"{SHOP}/git/commits/--output={stolen}", None, 404),
        ("PATCH", f"{SHOP}/git/refs/heads/feature", {"sha": "-d", "force": True}, 422),
        ("POST", f"{SHOP}/labels", {"name": "\0"}, 400),
        ("POST", f"{SHOP}/hooks", {"config": {"url": "http://x", "secret": "\ud800"}}, 400),
        ("POST", f"{SHOP}/issues/1/labels", {"labels": 5}, 422),
        ("POST", f"{SHOP}/deployments", {"ref": "main", "required_contexts": [None]}, 422),
        ("PATCH", SHOP, {"name": None, "description": 5}, 422),
        ("POST", "/user/repos", {"name": "x", "default_branch": "a\nb"}, 422),
        ("POST", "/_sandbox/users", {"login": "mona", "type": 5}, 422),
        ("POST", "/_sandbox/users", {"login": "mo/na"}, 422),
        ("POST", "/_sandbox/pulls", written | {"created_at": 5}, 422),
        ("POST", "/_sandbox/pulls", written | {"updated_at": "soon"}, 422),
        ("POST", "/_sandbox/pulls", written | {"number": "x"}, 422),
    ]
    for method, path, body, status in every:
        answer = hub.request(method, path, json=body)
        assert answer.status_code == status, (path, body, answer.text)
    assert not stolen.exists()
    assert hub.request("GET", f"{SHOP}/git/ref/heads/main").json()["object"]["sha"] == sha
    assert [one["number"] for one in hub.request("GET", f"{SHOP}/pulls").json()] == [1]
    long = {"commit_title": "\x1e\x1f", "commit_message": "x" * 200_000}
    assert hub.request("PUT", f"{SHOP}/pulls/1/merge", json=long).status_code == 200
    assert len(hub.request("GET", f"{SHOP}/commits/main").json()["commit"]["message"]) == 200_004
