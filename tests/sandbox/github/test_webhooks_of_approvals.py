"""What webhooks are told of reviews, and of pull requests that wait in the merge queue."""

from __future__ import annotations

from github.PullRequest import PullRequest

from tests.sandbox.github.conftest import Checkout, Hub
from tests.sandbox.github.receiver import Receiver
from tests.sandbox.github.test_merge_queue import QUEUE, SHOP, enqueue, head, pulls, report, trials

__all__ = ["pulls"]


def test_reviews_and_who_is_asked_for_them_are_told(hub: Hub, shop: Checkout, receiver: Receiver) -> None:
    repository = hub.client().get_repo("octocat/shop")
    pull = repository.create_pull(base="main", head="feature", title="Greet", draft=True)
    config = {"url": receiver.url, "content_type": "json"}
    repository.create_hook("web", config, ["pull_request", "pull_request_review"], active=True)
    pull.mark_ready_for_review()
    pull.create_review_request(["hubot"])
    pull.delete_review_request(["hubot"])
    pull.create_review_request(["hubot"])
    theirs = hub.client("hubot-token").get_repo("octocat/shop").get_pull(pull.number)
    review = theirs.create_review(event="APPROVE", body="Fine")
    review.edit("Fine, all of it")
    review.dismiss("Not yet")
    pull.set_labels("one", "two")
    pull.set_labels("two", "three")
    receiver.until(*["pull_request.labeled"] * 3)
    assert receiver.names == [
        *("ping", "pull_request.ready_for_review", "pull_request.review_requested"),
        *("pull_request.review_request_removed", "pull_request.review_requested"),
        *("pull_request_review.submitted", "pull_request_review.edited", "pull_request_review.dismissed"),
        *("pull_request.labeled", "pull_request.labeled", "pull_request.unlabeled", "pull_request.labeled"),
    ]
    assert receiver.last("pull_request.review_requested")["requested_reviewer"]["login"] == "hubot"
    told = receiver.last("pull_request_review.submitted")
    assert (told["review"]["state"], told["sender"]["login"]) == ("approved", "hubot")
    assert receiver.last("pull_request_review.edited")["changes"] == {"body": {"from": "Fine"}}
    assert receiver.last("pull_request_review.dismissed")["review"]["state"] == "dismissed"


def test_what_waits_in_the_merge_queue_is_told(
    hub: Hub, pulls: list[PullRequest], receiver: Receiver
) -> None:
    events = ["pull_request", "merge_group", "push"]
    config = {"url": receiver.url, "content_type": "json"}
    hub.client().get_repo("octocat/shop").create_hook("web", config, events, active=True)
    main = head(hub, "main")
    enqueue(hub, pulls[0])
    asked = receiver.last("merge_group.checks_requested")["merge_group"]
    (trial,) = trials(hub)
    assert (asked["head_ref"], asked["base_sha"]) == (f"refs/heads/{QUEUE}{trial}", main)
    assert asked["head_sha"] == head(hub, QUEUE + trial)
    report(hub, QUEUE + trial, "success")
    receiver.until("pull_request.dequeued")
    assert hub.request("GET", f"{SHOP}/pulls/1").json()["merged"]
    assert receiver.names == [
        *("ping", "pull_request.enqueued", "push", "merge_group.checks_requested"),
        *("pull_request.closed", "push", "merge_group.destroyed", "push", "pull_request.dequeued"),
    ]
    assert receiver.last("pull_request.dequeued")["reason"] == "MERGE"
    assert receiver.last("merge_group.destroyed")["reason"] == "merged"
