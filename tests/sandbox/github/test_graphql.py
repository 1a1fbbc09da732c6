"""GraphQL, as an approvals check asks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from github.PullRequest import PullRequest
from graphql import build_schema, get_named_type, is_enum_type, is_object_type
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from reviewapps.sandbox.github.graphql.execution import described
from tests.sandbox.github.conftest import Checkout, Hub

CHECK = """
query Approvals($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost remaining limit resetAt }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id number state isDraft merged baseRefName headRefOid reviewDecision mergeable mergeStateStatus
      author { __typename login }
      reviews(first: 10) { totalCount nodes { state author { login } commit { oid } } }
      latestOpinionatedReviews(first: 10, writersOnly: true) { nodes { state author { login } } }
      reviewRequests(first: 10) {
        nodes { asCodeOwner requestedReviewer { __typename ... on User { login } ... on Team { slug } } }
      }
      commits(last: 1) { nodes { commit { oid statusCheckRollup {
        state contexts(first: 10) { nodes { __typename ... on StatusContext { context state } } }
      } } } }
      mergeQueueEntry { position }
    }
  }
}
"""
SHOP = {"owner": "octocat", "name": "shop"}


@pytest.fixture
def pull(hub: Hub, shop: Checkout) -> PullRequest:
    hub.client().get_repo("octocat/shop").add_to_collaborators("stranger", "push")
    theirs = hub.client("stranger-token").get_repo("octocat/shop")
    return theirs.create_pull(base="main", head="feature", title="Greet")


def asked(hub: Hub, query: str, token: str | None = "octocat-token", **variables: Any) -> dict[str, Any]:
    answer = hub.request("POST", "/graphql", token=token, json={"query": query, "variables": variables})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def decision(hub: Hub) -> str | None:
    told = asked(hub, CHECK, **SHOP, number=1)
    found: str | None = told["data"]["repository"]["pullRequest"]["reviewDecision"]
    return found


def test_a_decision_follows_reviews_and_rules(hub: Hub, pull: PullRequest) -> None:
    ours = hub.client("hubot-token").get_repo("octocat/shop").get_pull(1)
    ours.create_review(event="APPROVE")
    assert decision(hub) is None  # nothing requires a review
    branch = hub.client().get_repo("octocat/shop").get_branch("main")
    branch.edit_protection(required_approving_review_count=2)
    assert decision(hub) == "REVIEW_REQUIRED"
    branch.edit_required_pull_request_reviews(required_approving_review_count=1)
    assert decision(hub) == "APPROVED"
    ours.create_review(event="REQUEST_CHANGES", body="No.")
    assert decision(hub) == "CHANGES_REQUESTED"


def test_one_query_tells_all_that_a_check_needs(hub: Hub, shop: Checkout, pull: PullRequest) -> None:
    sha = shop.git("rev-parse", "feature")
    repository = hub.client().get_repo("octocat/shop")
    repository.get_commit(sha).create_status("pending", context="test")
    pull.create_review_request(reviewers=["octocat"])
    hub.client("hubot-token").get_repo("octocat/shop").get_pull(1).create_review(event="APPROVE")
    told = asked(hub, CHECK, **SHOP, number=1)
    assert "errors" not in told and told["data"]["rateLimit"]["limit"] == 5000
    found = told["data"]["repository"]["pullRequest"]
    assert (found["state"], found["isDraft"], found["merged"]) == ("OPEN", False, False)
    assert (found["mergeable"], found["mergeStateStatus"]) == ("MERGEABLE", "UNSTABLE")
    assert found["author"] == {"__typename": "User", "login": "stranger"}
    assert found["reviews"]["nodes"] == [
        {"state": "APPROVED", "author": {"login": "hubot"}, "commit": {"oid": sha}}
    ]
    assert found["reviewRequests"]["nodes"] == [
        {"asCodeOwner": False, "requestedReviewer": {"__typename": "User", "login": "octocat"}}
    ]
    (commit,) = found["commits"]["nodes"]
    assert commit["commit"]["statusCheckRollup"] == {
        "state": "PENDING",
        "contexts": {"nodes": [{"__typename": "StatusContext", "context": "test", "state": "PENDING"}]},
    }
    by_id = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequest { number title } } }"
    assert asked(hub, by_id, ids=[pull.raw_data["node_id"]])["data"]["nodes"] == [
        {"number": 1, "title": "Greet"}
    ]
    associated = """query($oid: GitObjectID!) { repository(owner: "octocat", name: "shop") {
      object(oid: $oid) { ... on Commit { associatedPullRequests(first: 5) { nodes { number } } } } } }"""
    nodes = asked(hub, associated, oid=sha)["data"]["repository"]["object"]["associatedPullRequests"]["nodes"]
    assert nodes == [{"number": 1}]


def test_the_real_client_asks_graphql_too(hub: Hub, pull: PullRequest) -> None:
    query = "query($login: String!) { viewer { login isViewer } user(login: $login) { databaseId } }"
    _, told = hub.client().requester.graphql_query(query, {"login": "hubot"})
    assert told["data"]["viewer"] == {"login": "octocat", "isViewer": True}
    pull.convert_to_draft()
    assert hub.client().get_repo("octocat/shop").get_pull(1).draft


@pytest.mark.parametrize(
    ("query", "kind", "message", "path"),
    [
        (
            'repository(owner: "octocat", name: "nothing") { id }',
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'octocat/nothing'.",
            ["repository"],
        ),
        (
            'repository(owner: "octocat", name: "shop") { pullRequest(number: 9) { id } }',
            "NOT_FOUND",
            "Could not resolve to a PullRequest with the number of 9.",
            ["repository", "pullRequest"],
        ),
        (
            'node(id: "PR_nothing") { id }',
            "NOT_FOUND",
            "Could not resolve to a node with the global id of 'PR_nothing'.",
            ["node"],
        ),
        (
            'repository(owner: "octocat", name: "shop") { pullRequests { totalCount } }',
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `pullRequests` connection.",
            ["repository", "pullRequests"],
        ),
    ],
)
def test_what_is_wrong_is_told_beside_the_data(
    hub: Hub, shop: Checkout, query: str, kind: str, message: str, path: list[str]
) -> None:
    (error,) = asked(hub, f"{{ {query} }}")["errors"]
    assert (error["type"], error["message"], error["path"]) == (kind, message, path)


def test_unknown_fields_and_askers_are_refused(hub: Hub) -> None:
    (error,) = asked(hub, "{ viewer { shoeSize } }")["errors"]
    assert error["message"] == "Field 'shoeSize' doesn't exist on type 'User'"
    assert error["extensions"]["code"] == "undefinedField"
    assert "errors" in asked(hub, "{ viewer {")
    assert hub.request("POST", "/graphql", token=None, json={"query": "{ viewer { id } }"}).status_code == 401
    assert hub.request("POST", "/graphql", json={"question": "?"}).status_code == 400
    hub.server.add_repository("octocat", "secret", private=True)
    hidden = asked(hub, '{ repository(owner: "octocat", name: "secret") { id } }', token="stranger-token")
    assert hidden["errors"][0]["type"] == "NOT_FOUND" and hidden["data"] == {"repository": None}


def test_connections_are_paged_from_both_ends(hub: Hub, shop: Checkout) -> None:
    shop.push_topics([f"topic-{number}" for number in range(1, 6)])
    for number in range(1, 6):
        wanted = {"title": str(number), "base": "main", "head": f"topic-{number}"}
        hub.request("POST", "/repos/octocat/shop/pulls", json=wanted)
    page = """query($first: Int, $after: String, $last: Int) { repository(owner: "octocat", name: "shop") {
      pullRequests(first: $first, after: $after, last: $last, states: OPEN) {
        totalCount nodes { number } pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""

    def numbers(**variables: Any) -> tuple[list[int], dict[str, Any]]:
        found = asked(hub, page, **variables)["data"]["repository"]["pullRequests"]
        assert found["totalCount"] == 5
        return [one["number"] for one in found["nodes"]], found["pageInfo"]

    first, info = numbers(first=2)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == ([1, 2], True, False)
    assert numbers(first=2, after=info["endCursor"])[0] == [3, 4]
    assert numbers(last=2)[0] == [4, 5]


def test_a_file_of_a_commit_is_an_object_too(hub: Hub, shop: Checkout) -> None:
    text = "print('hello')\n"
    head = shop.commit("main", {"hello.py": text})
    page = """query($it: String!) { repository(owner: "octocat", name: "shop") {
      object(expression: $it) { __typename oid ... on Blob { byteSize isBinary isTruncated text } } } }"""

    def found(expression: str) -> Any:
        return asked(hub, page, it=expression)["data"]["repository"]["object"]

    assert found(f"{head}:hello.py") == {
        "__typename": "Blob",
        "oid": shop.git("rev-parse", f"{head}:hello.py"),
        "byteSize": len(text),
        "isBinary": False,
        "isTruncated": False,
        "text": text,
    }
    assert [found(one) for one in (f"{head}:nowhere", f"{'0' * 40}:hello.py", f"{head}:../hello.py")] == [
        None
    ] * 3
    assert found(head)["__typename"] == "Commit"


def test_the_schema_is_a_part_of_githubs() -> None:
    described_by_github = Path(__file__).parents[2] / "contract" / "github-graphql.graphql"
    github = build_schema(described_by_github.read_text())
    ours = described()
    for name, kind in ours.type_map.items():
        if name.startswith("__"):
            continue
        theirs: Any = github.type_map[name]
        if is_enum_type(kind):
            assert set(kind.values) == set(theirs.values)
        if is_object_type(kind) or isinstance(kind, GraphQLInterfaceType):
            _require_part(kind, theirs)


def _require_part(ours: GraphQLObjectType | GraphQLInterfaceType, theirs: Any) -> None:
    for name, field in ours.fields.items():
        assert str(field.type) == str(theirs.fields[name].type), f"{ours.name}.{name}"
        for argument, value in field.args.items():
            assert str(value.type) == str(theirs.fields[name].args[argument].type), f"{ours.name}.{name}"
        assert get_named_type(field.type).name == get_named_type(theirs.fields[name].type).name


def nested(levels: int, leaf: str, size: str = "100") -> str:
    for _ in range(levels):
        leaf = f"repository {{ pullRequests(first: {size}) {{ nodes {{ {leaf} }} }} }}"
    return "{ " + leaf.replace("repository", 'repository(owner: "octocat", name: "shop")', 1) + " }"


def test_graphql_has_points_of_its_own(hub: Hub, shop: Checkout) -> None:
    def limits() -> dict[str, int]:
        resources = hub.request("GET", "/rate_limit").json()["resources"]
        return {name: resources[name]["used"] for name in ("core", "graphql")}

    page = "{ rateLimit { cost nodeCount used remaining } " + nested(2, "number", "100")[1:]
    before, told = limits(), asked(hub, page)["data"]["rateLimit"]
    assert told == {"cost": 1, "nodeCount": 10_100, "used": 1, "remaining": 4999}
    assert asked(hub, page.replace("100", "80"))["data"]["rateLimit"]["nodeCount"] == 6480
    assert asked(hub, page.replace("{ number }", "{ reviews(first: 1) { totalCount } }"))["data"]
    answer = hub.request("POST", "/graphql", json={"query": "{ nonsense"})
    told = {name: answer.headers[f"X-RateLimit-{name}"] for name in ("Resource", "Limit", "Used")}
    assert told == {
        "Resource": "graphql",
        "Limit": "5000",
        "Used": "104",
    }  # a hundredth of 10,101 looks, once
    assert limits() == {"core": before["core"], "graphql": 104}
    assert hub.request("GET", "/rate_limit", token=None).json()["resources"]["graphql"]["limit"] == 0


def test_who_used_up_graphql_is_told_so_beside_200_and_may_ask_the_rest(hub: Hub) -> None:
    spent = {"login": "octocat", "resource": "graphql", "remaining": 1}
    assert hub.request("POST", "/_sandbox/limits", json=spent).json()["remaining"] == 1
    assert asked(hub, "{ viewer { login } }")["data"]
    refused = hub.request("POST", "/graphql", json={"query": "{ viewer { login } }"})
    (error,) = refused.json()["errors"]
    assert (error["type"], error["code"]) == ("RATE_LIMIT", "graphql_rate_limit")
    assert error["message"].startswith("API rate limit already exceeded for user ID ")
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert hub.request("GET", "/user").headers["X-RateLimit-Resource"] == "core"
    assert asked(hub, "{ viewer { login } }", token="hubot-token")["data"]
    hub.request("POST", "/_sandbox/clock", json={"forward": 3601})
    assert asked(hub, "{ viewer { login } }")["data"]


@pytest.mark.parametrize(
    "leaf", ["id", "mergeable additions commits(last: 1) { nodes { commit { message } } }"]
)
def test_a_query_that_takes_too_long_is_given_up_and_others_are_answered(
    hub: Hub, shop: Checkout, leaf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {"repository": "octocat/shop", "count": 40}
    hub.request("POST", "/_sandbox/pulls/many", json=many).raise_for_status()
    monkeypatch.setattr("reviewapps.sandbox.github.graphql.patience.HELD", 0.2)
    answer = hub.request("POST", "/graphql", json={"query": nested(3, leaf, "60")})
    assert (answer.status_code, answer.json()["data"]) == (502, None)
    assert answer.json()["errors"][0]["message"].startswith(
        "Something went wrong while executing your query."
    )
    assert answer.headers["X-GitHub-Request-Id"] in answer.text
    assert hub.request("GET", "/meta").status_code == 200
    assert asked(hub, nested(1, leaf, "5"))["data"]


def test_a_query_has_bounds(hub: Hub, shop: Checkout) -> None:
    (error,) = asked(hub, nested(4, "id"))["errors"]
    told = "This query requests up to 101,010,100 possible nodes which exceeds the maximum limit of 500,000."
    assert (error["type"], error["message"]) == ("MAX_NODE_LIMIT_EXCEEDED", told)
    by_variable = "query($n: Int = 100) " + nested(3, "id", "$n")
    assert "1,010,100 possible nodes" in asked(hub, by_variable)["errors"][0]["message"]
    assert asked(hub, nested(3, "id", "50"))["data"]
    bombs = {
        "aliases": "{" + "".join(f"a{n}: viewer {{ id }} " for n in range(3000)) + "}",
        "depth": "{" * 2000 + "}" * 2000,
        "values": "{ node(id: " + "[" * 2000 + "]" * 2000 + ") { id } }",
        "levels": nested(20, "id", "1"),
        "cycle": "{ ...A } fragment A on Query { viewer { id } ...A }",
        "doubling": "{ ...F0 }"
        + "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
        + "fragment F40 on Query { viewer { id } }",
        "repeated": "{" + "viewer { id } " * 1200 + "}",
    }
    for name, bomb in bombs.items():
        assert asked(hub, bomb)["errors"], name  # and not after the ages that doubling would take
    for size in ("0", "-1", "101"):
        told = asked(hub, nested(1, "id", size))["errors"][0]
        assert told["type"] in ("INVALID_PAGINATION", "EXCESSIVE_PAGINATION")
