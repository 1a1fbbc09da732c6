"""The merge queue: trials in branches of their own, landed in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from github.PullRequest import PullRequest

from tests.sandbox.github.conftest import Checkout, Hub

SHOP = "/repos/octocat/shop"
QUEUE = "gh-readonly-queue/main/"
PARAMETERS = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 0,
}


@pytest.fixture
def pulls(hub: Hub, shop: Checkout) -> list[PullRequest]:
    """Two pull requests into main, which has a queue and requires `test`."""
    checks = {"required_status_checks": [{"context": "test"}], "strict_required_status_checks_policy": False}
    wanted = {
        "name": "queue",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
        "rules": [
            {"type": "merge_queue", "parameters": PARAMETERS},
            {"type": "required_status_checks", "parameters": checks},
        ],
    }
    hub.request("POST", f"{SHOP}/rulesets", json=wanted).raise_for_status()
    shop.commit("second", {"second": "file\n"})
    repository = hub.client().get_repo("octocat/shop")
    opened = [repository.create_pull(base="main", head=head, title=head) for head in ("feature", "second")]
    for pull in opened:
        repository.get_commit(pull.head.sha).create_status("success", context="test")
    return opened


def enqueue(hub: Hub, pull: PullRequest) -> dict[str, Any]:
    mutation = """mutation($id: ID!) { enqueuePullRequest(input: {pullRequestId: $id, clientMutationId: "x"}) {
      clientMutationId
      mergeQueueEntry { id position state headCommit { oid } pullRequest { isInMergeQueue } } } }"""
    asked = {"query": mutation, "variables": {"id": pull.raw_data["node_id"]}}
    told: dict[str, Any] = hub.request("POST", "/graphql", json=asked).json()
    return told


def trials(hub: Hub) -> list[str]:
    names = [branch["name"] for branch in hub.request("GET", f"{SHOP}/branches").json()]
    return [name.removeprefix(QUEUE) for name in names if name.startswith(QUEUE)]


def head(hub: Hub, branch: str) -> str:
    return str(hub.request("GET", f"{SHOP}/git/ref/heads/{branch}").json()["object"]["sha"])


def report(hub: Hub, branch: str, state: str) -> None:
    path = f"{SHOP}/statuses/{head(hub, branch)}"
    hub.request("POST", path, json={"state": state, "context": "test"}).raise_for_status()


def test_what_is_green_lands_in_order(hub: Hub, shop: Checkout, pulls: list[PullRequest]) -> None:
    main = head(hub, "main")
    refused = hub.request("PUT", f"{SHOP}/pulls/1/merge", json={})
    assert "Changes must be made through the merge queue" in refused.json()["message"]
    first = enqueue(hub, pulls[0])["data"]["enqueuePullRequest"]
    assert first["clientMutationId"] == "x" and first["mergeQueueEntry"]["state"] == "AWAITING_CHECKS"
    second = enqueue(hub, pulls[1])["data"]["enqueuePullRequest"]["mergeQueueEntry"]
    assert (second["position"], second["pullRequest"]["isInMergeQueue"]) == (2, True)
    trial = first["mergeQueueEntry"]["headCommit"]["oid"]
    assert trials(hub) == [f"pr-1-{main}", f"pr-2-{trial}"]
    shop.git("fetch", "--quiet", "origin", f"{QUEUE}pr-2-{trial}")
    assert shop.git("ls-tree", "--name-only", "FETCH_HEAD") == "README.md\napp\nsecond"
    report(hub, f"{QUEUE}pr-2-{trial}", "success")
    assert head(hub, "main") == main  # the first is not green yet
    report(hub, f"{QUEUE}pr-1-{main}", "success")
    assert (head(hub, "main"), trials(hub)) == (second["headCommit"]["oid"], [])
    merged = [hub.request("GET", f"{SHOP}/pulls/{number}").json() for number in (1, 2)]
    assert [one["merge_commit_sha"] for one in merged] == [trial, second["headCommit"]["oid"]]
    assert all(one["merged"] for one in merged)


def test_what_fails_or_is_pushed_to_leaves_and_the_rest_is_tried_anew(
    hub: Hub, shop: Checkout, pulls: list[PullRequest]
) -> None:
    main = head(hub, "main")
    for pull in pulls:
        enqueue(hub, pull)
    report(hub, f"{QUEUE}pr-1-{main}", "failure")
    assert trials(hub) == [f"pr-2-{main}"]
    assert hub.request("GET", f"{SHOP}/pulls/1").json()["state"] == "open"
    shop.commit("second", {"second": "again\n"})
    assert trials(hub) == []
    told = enqueue(hub, pulls[1])["errors"][0]
    assert (told["type"], "is expected" in told["message"]) == ("UNPROCESSABLE", True)


def test_a_person_takes_one_out_and_the_sandbox_lets_one_land(hub: Hub, pulls: list[PullRequest]) -> None:
    enqueue(hub, pulls[0])
    assert enqueue(hub, pulls[0])["errors"][0]["message"] == "Pull request is already in the queue"
    asked = {
        "query": "mutation($id: ID!) { dequeuePullRequest(input: {id: $id}) { mergeQueueEntry { position } } }",
        "variables": {"id": pulls[0].raw_data["node_id"]},
    }
    assert "errors" not in hub.request("POST", "/graphql", json=asked).json()
    assert trials(hub) == []
    enqueue(hub, pulls[1])
    wanted = {"repository": "octocat/shop", "number": 2}
    hub.request("POST", "/_sandbox/merge_queue/land", json=wanted).raise_for_status()
    assert hub.request("GET", f"{SHOP}/pulls/2").json()["merged"]
    assert hub.request("POST", "/_sandbox/merge_queue/land", json=wanted).status_code == 404


def test_the_queue_goes_on_by_whatever_way_one_leaves_it(
    hub: Hub, shop: Checkout, pulls: list[PullRequest]
) -> None:
    main = head(hub, "main")
    for pull in pulls:
        enqueue(hub, pull)
    hub.request("POST", "/octocat/shop/pull/1/close", token=None)  # by its page
    assert trials(hub) == [f"pr-2-{main}"]
    pulls[1].convert_to_draft()  # by GraphQL
    assert trials(hub) == []
    hub.request("POST", "/octocat/shop/pull/1/reopen", token=None)
    pulls[1].mark_ready_for_review()
    for pull in pulls:
        enqueue(hub, pull)
    report(hub, QUEUE + trials(hub)[1], "success")
    wanted = {"repository": "octocat/shop", "number": 1}
    hub.request("POST", "/_sandbox/merge_queue/land", json=wanted).raise_for_status()
    assert hub.request("GET", f"{SHOP}/pulls/2").json()["merged"]  # it was green, and waited for the first
    assert trials(hub) == []


def test_a_push_to_a_fork_takes_its_pull_request_out_of_the_queue(hub: Hub, pulls: list[PullRequest]) -> None:
    stranger, ours = (
        hub.client(f"{login}-token").get_repo("octocat/shop") for login in ("stranger", "octocat")
    )
    stranger.create_fork()
    theirs = hub.clone("stranger/shop", "stranger-token")
    theirs.commit("idea", {"IDEA": "one\n"})
    third = stranger.create_pull(base="main", head="stranger:idea", title="An idea")
    ours.get_commit(third.head.sha).create_status("success", context="test")
    enqueue(hub, third)
    assert len(trials(hub)) == 1
    theirs.commit("idea", {"IDEA": "two\n"})
    assert trials(hub) == []


def test_many_who_ask_at_once_neither_break_the_queue_nor_are_broken_by_it(
    hub: Hub, shop: Checkout, pulls: list[PullRequest]
) -> None:
    repository = hub.client().get_repo("octocat/shop")
    shop.push_topics(["third", "fourth"])
    for name in ("third", "fourth"):
        pulls.append(repository.create_pull(base="main", head=name, title=name))
        repository.get_commit(name).create_status("success", context="test")
    for pull in pulls:
        enqueue(hub, pull)

    def asked(number: int, sha: str) -> list[requests.Response]:
        labels, status = {"labels": [f"{number}"]}, {"state": "success", "context": "test"}
        return [
            hub.request("POST", f"{SHOP}/issues/{number}/labels", json=labels),
            hub.request("POST", f"{SHOP}/statuses/{sha}", json=status),
        ]

    answers: list[requests.Response] = []
    with ThreadPoolExecutor(12) as many:
        for _ in range(4):
            shas = [head(hub, QUEUE + name) for name in trials(hub)]
            asking = [many.submit(asked, number, sha) for number in range(1, 5) for sha in shas]
            answers += [answer for one in asking for answer in one.result()]
    assert {answer.status_code for answer in answers} == {200, 201}
    assert trials(hub) == []
    assert all(hub.request("GET", f"{SHOP}/pulls/{number}").json()["merged"] for number in range(1, 5))


def test_who_goes_into_another_branch_leaves_the_queue_with_its_trial(
    hub: Hub, shop: Checkout, pulls: list[PullRequest]
) -> None:
    shop.git("push", "--quiet", "origin", "main:stable")
    enqueue(hub, pulls[0])
    hub.request("PATCH", f"{SHOP}/pulls/1", json={"base": "stable"}).raise_for_status()
    assert trials(hub) == []
    hub.request("PATCH", f"{SHOP}/pulls/1", json={"base": "main"}).raise_for_status()
    assert "errors" not in enqueue(hub, pulls[0])
