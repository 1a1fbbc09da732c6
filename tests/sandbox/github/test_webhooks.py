"""Webhooks: made, told, signed, remembered, sent again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from github import GithubException
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub, Loop
from tests.sandbox.github.receiver import Receiver, wait

HOOKS = "/repos/octocat/shop/hooks"
ALL = ["*"]


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


def listen(repository: Repository, receiver: Receiver, events: list[str] | None = None, **config: str) -> int:
    """The id of a hook that leads to the receiver, which has been pinged."""
    wanted = {"url": receiver.url, "content_type": "json", **config}
    hook = repository.create_hook("web", wanted, events or ALL, active=True)
    receiver.until("ping")
    receiver.heard.clear()
    return hook.id


def delivered(hub: Hub, hook: int, count: int, query: str = "") -> list[Any]:
    """The list of deliveries, once it has so many."""
    found: list[Any] = []

    def complete() -> bool:
        found[:] = hub.request("GET", f"{HOOKS}/{hook}/deliveries{query}").json()
        return len(found) >= count

    wait(complete, lambda: found)
    return found


def test_a_hook_is_made_pinged_changed_and_removed(
    hub: Hub, repository: Repository, receiver: Receiver
) -> None:
    config = {"url": receiver.url, "content_type": "json", "secret": "s3cret"}
    hook = repository.create_hook("web", config, ["push"], active=True)
    (ping,) = receiver.until("ping")
    assert (ping.payload["hook_id"], ping.payload["hook"]["events"]) == (hook.id, ["push"])
    assert ping.is_signed_with("s3cret")
    assert (hook.config["secret"], hook.last_response.status) == ("********", "unused")
    hook.edit("web", {**config, "content_type": "form"}, events=["pull_request"], active=False)
    assert [(one.events, one.active) for one in repository.get_hooks()] == [(["pull_request"], False)]
    hook.ping()
    receiver.until("ping", "ping")
    hook.delete()
    assert list(repository.get_hooks()) == []


def test_a_delivery_that_cannot_be_made_holds_up_no_other(
    hub: Hub, repository: Repository, receiver: Receiver
) -> None:
    hook = listen(repository, receiver, secret="s3cret")
    row = hub.server.world.hooks[hook]
    repository.get_hook(hook).ping()
    receiver.until("ping")
    for spoilt, was in (("secret", "s3cret"), ("content_type", "json")):
        setattr(row, spoilt, "\ud800")
        repository.get_hook(hook).ping()
        wait(lambda: not hub.server.deliveries.pending)
        setattr(row, spoilt, was)
    repository.get_hook(hook).ping()
    receiver.until("ping", "ping")


def test_bad_hooks_are_refused_and_others_see_none(hub: Hub, repository: Repository) -> None:
    config = {"url": "http://127.0.0.1:1/"}
    good = {"config": config, "events": ["push"]}
    bad: list[dict[str, Any]] = [
        {"config": {}},
        {"config": {"url": "ftp://127.0.0.1"}},
        {**good, "events": ["pushed"]},
        {**good, "name": "irc"},
        {"config": {**config, "content_type": "xml"}},
    ]
    assert [hub.request("POST", HOOKS, json=one).status_code for one in bad] == [422] * 5
    assert hub.request("POST", HOOKS, json=good | {"active": False}).status_code == 201
    twice = hub.request("POST", HOOKS, json=good)
    assert twice.json()["errors"][0]["message"] == "Hook already exists on this repository"
    assert hub.request("GET", HOOKS, token="hubot-token").status_code == 404
    assert hub.request("GET", HOOKS, token=None).status_code == 401


def test_a_delivery_says_where_it_comes_from(hub: Hub, repository: Repository, receiver: Receiver) -> None:
    hook = listen(repository, receiver, secret="s3cret", content_type="form")
    repository.create_git_ref("refs/heads/topic", repository.get_branch("main").commit.sha)
    push, create = receiver.until("push", "create")
    assert push.is_signed_with("s3cret") and not push.is_signed_with("other")
    assert push.payload["ref"] == "refs/heads/topic" and create.payload["ref"] == "topic"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", push.guid) and push.guid != create.guid
    told = {name: push.headers[name] for name in push.headers if name.startswith("X-GitHub-Hook")}
    assert told == {
        "X-GitHub-Hook-ID": str(hook),
        "X-GitHub-Hook-Installation-Target-ID": str(repository.id),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    assert push.headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert push.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_push_tells_its_commits_with_their_files(
    hub: Hub, shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    before = shop.git("rev-parse", "main")
    listen(repository, receiver, ["push"])
    shop.change("main", {"README.md": "new\n", "été.txt": "1\n"}, "First")
    (shop.folder / "app/main.py").unlink()
    after = shop.commit("main", {}, "Second")
    told = receiver.last("push")
    assert (told["before"], told["after"], told["head_commit"]["id"]) == (before, after, after)
    assert (told["created"], told["deleted"], told["forced"], told["base_ref"]) == (False, False, False, None)
    first, second = told["commits"]
    assert (first["message"], first["added"], first["modified"]) == ("First", ["été.txt"], ["README.md"])
    assert (second["removed"], second["distinct"]) == (["app/main.py"], True)
    assert isinstance(told["repository"]["pushed_at"], int)
    shop.git("reset", "--quiet", "--hard", before)
    shop.commit("main", {}, "Instead")
    receiver.until("push", "push")
    assert receiver.last("push")["forced"]


def test_annotated_tags_and_deletions_are_told_and_more_than_three_tags_are_not(
    shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    listen(repository, receiver, ["push", "create", "delete"])
    shop.git("tag", "-a", "v1", "-m", "First", "main")
    shop.git("push", "--quiet", "origin", "v1")
    told = receiver.last("push")
    assert (told["ref"], told["after"]) == ("refs/tags/v1", shop.git("rev-parse", "v1"))
    assert told["head_commit"]["id"] == shop.git("rev-parse", "main") != told["after"]
    assert receiver.last("create")["ref_type"] == "tag"
    for number in range(4):
        shop.git("tag", f"many-{number}", "main")
    shop.git("push", "--quiet", "origin", "--tags")
    shop.git("push", "--quiet", "origin", "--delete", "v1", "feature")
    told = [one.payload for one in receiver.until("delete", "delete")]
    assert [one["ref"] for one in told if "ref_type" in one] == ["v1", "feature", "v1"]
    assert [one["deleted"] for one in told if "pusher" in one] == [False, True, True]
    assert told[-2]["head_commit"] is None


def test_the_life_of_a_pull_request_is_told(
    hub: Hub, shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    listen(repository, receiver, ["pull_request"])
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    before = pull.head.sha
    after = shop.commit("feature", {"app/main.py": "print('three')\n"})
    repository.create_git_ref("refs/heads/other", repository.get_branch("main").commit.sha)
    pull.add_to_labels("preview", "urgent")
    pull.remove_from_labels("urgent")
    pull.edit(title="Greet all", base="other")
    hub.request("POST", "/_sandbox/pulls", json={"repository": "octocat/shop", "number": 1, "draft": True})
    hub.request("POST", "/_sandbox/pulls", json={"repository": "octocat/shop", "number": 1, "draft": False})
    pull.edit(state="closed")
    pull.edit(state="open", base="main")
    pull.merge()
    told = [one.payload for one in receiver.until(*["pull_request.closed"] * 2)]
    assert [one["action"] for one in told] == [
        *("opened", "synchronize", "labeled", "labeled", "unlabeled", "edited", "edited"),
        *("converted_to_draft", "ready_for_review", "closed", "edited", "reopened", "closed"),
    ]
    opened, moved = told[:2]
    assert (opened["number"], opened["pull_request"]["changed_files"], opened["sender"]["login"]) == (
        1,
        1,
        "octocat",
    )
    assert (moved["before"], moved["after"], moved["pull_request"]["head"]["sha"]) == (before, after, after)
    assert (told[3]["label"]["name"], told[4]["label"]["name"]) == ("urgent", "urgent")
    assert told[5]["changes"] == {"title": {"from": "Greet"}}
    assert told[6]["changes"]["base"]["ref"] == {"from": "main"}
    assert [one["pull_request"]["merged"] for one in (told[9], told[-1])] == [False, True]


def test_deleting_a_branch_closes_its_pull_request_and_a_deleted_fork_leaves_none_behind(
    hub: Hub, shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    listen(repository, receiver, ["pull_request", "fork"])
    repository.create_pull(base="main", head="feature", title="Greet")
    theirs = hub.client("stranger-token").get_repo("octocat/shop")
    fork = theirs.create_fork()
    theirs.create_pull(base="main", head="stranger:feature", title="Mine")
    shop.git("push", "--quiet", "origin", "--delete", "feature")
    closed = receiver.last("pull_request.closed")
    assert (closed["number"], closed["pull_request"]["merged"]) == (1, False)
    assert receiver.last("fork")["forkee"]["full_name"] == "stranger/shop"
    fork.delete()
    repository.get_pull(2).edit(title="Orphan")
    assert receiver.last("pull_request.edited")["pull_request"]["head"]["repo"] is None


def test_reports_about_commits_are_told_but_never_an_inactive_deployment(
    hub: Hub, shop: Checkout, repository: Repository, receiver: Receiver
) -> None:
    pull = repository.create_pull(base="main", head="feature", title="Greet")
    listen(repository, receiver)
    comment = pull.create_issue_comment("/deploy")
    comment.edit("/deploy now")
    comment.delete()
    deployment = repository.create_deployment("feature", auto_merge=False, required_contexts=[])
    for state in ("in_progress", "inactive", "success"):
        deployment.create_status(state)
    repository.get_commit("feature").create_status("success", context="review-app")
    app = hub.client(hub.token(hub.register())).get_repo("octocat/shop")
    run = app.create_check_run("test", pull.head.sha)
    run.edit(conclusion="success")
    repository.edit(name="store", description="All of it")
    receiver.until("repository.edited")
    assert receiver.names == [
        *("issue_comment.created", "issue_comment.edited", "issue_comment.deleted", "deployment.created"),
        *("deployment_status.created", "deployment_status.created", "status"),
        *("check_run.created", "check_run.completed", "check_suite.completed"),
        *("repository.renamed", "repository.edited"),
    ]
    said = receiver.last("issue_comment.edited")
    assert (said["changes"], said["issue"]["number"]) == ({"body": {"from": "/deploy"}}, 1)
    assert "pull_request" in said["issue"]
    states = [
        one.payload["deployment_status"]["state"]
        for one in receiver.heard
        if "deployment_status" in one.payload
    ]
    assert states == ["in_progress", "success"]
    assert [one["name"] for one in receiver.last("status")["branches"]] == ["feature"]
    assert receiver.last("repository.renamed")["changes"]["repository"]["name"]["from"] == "shop"
    assert hub.request("GET", HOOKS).status_code == 301
    (by_id,) = hub.request("GET", f"/repositories/{repository.id}/hooks").json()
    assert by_id["url"].startswith(f"{hub.url}/repos/octocat/store/hooks/")


def test_deliveries_are_listed_in_pages_and_sent_again_under_their_guid(
    hub: Hub, repository: Repository, receiver: Receiver
) -> None:
    hook = listen(repository, receiver, ["create"])
    main = repository.get_branch("main").commit.sha
    receiver.status = 500
    for name in ("one", "two"):
        repository.create_git_ref(f"refs/heads/{name}", main)
    failed = delivered(hub, hook, 2, "?status=failure")
    assert [(one["status"], one["status_code"]) for one in failed] == [
        ("Invalid HTTP Response: 500", 500)
    ] * 2
    assert repository.get_hook(hook).last_response.code == 500
    receiver.status = 200
    again = f"{HOOKS}/{hook}/deliveries/{failed[0]['id']}/attempts"
    assert hub.request("POST", again).status_code == 202
    newest, *_ = delivered(hub, hook, 2, "?status=success")
    assert (newest["redelivery"], newest["guid"], newest["status"]) == (True, failed[0]["guid"], "OK")
    assert [one.guid for one in receiver.heard][1:] == [newest["guid"]] * 2
    first = hub.request("GET", f"{HOOKS}/{hook}/deliveries?per_page=3")
    assert [one["event"] for one in first.json()] == ["create"] * 3
    following = first.links["next"]["url"].removeprefix(hub.url)
    assert "cursor=" in following
    rest = hub.request("GET", following)
    assert [one["event"] for one in rest.json()] == ["ping"] and "next" not in rest.links
    one = repository.get_hook_delivery(hook, newest["id"])
    assert one.request is not None and one.request.payload is not None and one.response is not None
    assert (one.request.payload["ref"], one.response.payload) == ("two", "heard\n")
    assert len(list(repository.get_hook_deliveries(hook))) == 4
    for wrong, status in (("?status=fine", 422), ("?cursor=x", 400), ("/1", 404)):
        assert hub.request("GET", f"{HOOKS}/{hook}/deliveries{wrong}").status_code == status


def test_a_receiver_that_is_slow_or_gone_is_written_down_and_left_alone(
    hub: Hub, loop: Loop, repository: Repository
) -> None:
    hub.server.deliveries.timeout = 0.1
    with Receiver() as receiver:
        hook = listen(repository, receiver, ["create"])
        receiver.gate.clear()
        repository.create_git_ref("refs/heads/one", repository.get_branch("main").commit.sha)
        slow, _ = delivered(hub, hook, 2)
        assert (slow["status"], slow["status_code"], slow["duration"] >= 0.1) == ("timed out", 504, True)
    repository.create_git_ref("refs/heads/two", repository.get_branch("main").commit.sha)
    gone, *_ = delivered(hub, hook, 3)
    assert (gone["status"], gone["status_code"]) == ("failed to connect to host", 502)
    assert repository.get_hook(hook).last_response.message == "failed to connect to host"
    assert len(receiver.heard) == 1


def test_deliveries_go_wrong_as_planned(hub: Hub, repository: Repository, receiver: Receiver) -> None:
    hook = listen(repository, receiver, ["create", "push"])
    faults: list[dict[str, Any]] = [
        {"kind": "dropped", "event": "push", "times": 9},
        {"kind": "doubled", "event": "create", "nth": 2},
        {"kind": "reordered", "event": "create", "nth": 3},
        {"kind": "late", "event": "create", "nth": 5, "seconds": 0.3, "hook": hook},
    ]
    path = "/_sandbox/webhooks/faults"
    assert hub.request("POST", path, json=faults).status_code == 201
    main = repository.get_branch("main").commit.sha
    for number in range(1, 7):
        repository.create_git_ref(f"refs/heads/b{number}", main)
    heard = receiver.until(*["create"] * 7)
    assert [one.payload["ref"] for one in heard] == ["b1", "b2", "b2", "b4", "b3", "b6", "b5"]
    assert heard[1].guid == heard[2].guid
    counted = [(one["seen"], one["struck"]) for one in hub.request("GET", path).json()]
    assert counted == [(6, 6), (6, 1), (6, 1), (6, 1)]
    assert len({one["id"] for one in delivered(hub, hook, 8)}) == 8
    wrong = hub.request("POST", path, json={"kind": "eaten"})
    assert (wrong.status_code, "dropped" in wrong.json()["message"]) == (422, True)
    assert hub.request("DELETE", path).status_code == 204
    hub.request("POST", path, json={"kind": "reordered", "seconds": 0.05})
    repository.get_hook(hook).ping()
    receiver.until("ping")


def test_a_test_tells_the_latest_push_once_more(hub: Hub, repository: Repository, receiver: Receiver) -> None:
    hook = listen(repository, receiver, ["push"])
    repository.get_hook(hook).test()
    assert receiver.last("push")["after"] == repository.get_branch("main").commit.sha


def test_nobody_is_told_by_a_hook_that_sleeps(hub: Hub, repository: Repository, receiver: Receiver) -> None:
    repository.create_hook("web", {"url": receiver.url}, ["create"], active=False)
    awake = repository.create_hook("web", {"url": receiver.url}, ["delete"], active=True)
    repository.create_git_ref("refs/heads/one", repository.get_branch("main").commit.sha).delete()
    receiver.until("delete")
    assert receiver.names == ["ping", "delete"]
    with pytest.raises(GithubException, match="404"):
        hub.client("hubot-token").get_repo("octocat/shop").get_hook(awake.id)
