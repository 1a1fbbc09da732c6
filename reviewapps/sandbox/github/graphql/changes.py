"""What can be changed through GraphQL, and what is found by a global id."""

from __future__ import annotations

from typing import Any

from reviewapps.sandbox.github.graphql.accounts import PREFIXES
from reviewapps.sandbox.github.graphql.asking import Asking, Refusal, field, not_resolved
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import JSON, Organization, PullRequest, QueueEntry, Repository


@field("Query", "node")
def _node(_: None, ask: Asking, arguments: JSON) -> Any:
    return found(ask, arguments["id"])


@field("Query", "nodes")
def _nodes(_: None, ask: Asking, arguments: JSON) -> list[Any]:
    return [_or_error(ask, identity) for identity in arguments["ids"]]


def _or_error(ask: Asking, identity: str) -> Any:
    try:
        return found(ask, identity)
    except Refusal as refusal:
        return refusal  # an item that is an error becomes null, and a line among the errors


def found(ask: Asking, identity: str) -> Any:
    """The row of that global id, if who asks may see it."""
    if ask.nodes is None:
        ask.nodes = _every_node(ask)
    if identity not in ask.nodes:
        raise not_resolved(f"a node with the global id of '{identity}'")
    return ask.nodes[identity]


def _every_node(ask: Asking) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for user in ask.world.users.values():
        nodes[node_id(PREFIXES[user.type], user.id)] = user
        if isinstance(user, Organization):
            nodes |= {node_id("T", team.id): team for team in user.teams.values()}
    for repository in filter(ask.sees, ask.world.repositories.values()):
        nodes |= _nodes_of(repository)
    return nodes


def _nodes_of(repository: Repository) -> dict[str, Any]:
    pulls = repository.pull_requests.values()
    return (
        {node_id("R", repository.id): repository}
        | {node_id("PR", pull.id): pull for pull in pulls}
        | {node_id("PRR", one.id): one for pull in pulls for one in pull.reviews.values()}
        | {node_id("LA", label.id): label for label in repository.labels.values()}
        | {node_id("MQE", entry.id): entry for entry in repository.queue}
    )


def _pull(ask: Asking, identity: str, *, of_author: bool = False) -> PullRequest:
    pull = found(ask, identity)
    if not isinstance(pull, PullRequest):
        raise not_resolved(f"a PullRequest with the global id of '{identity}'")
    if not ask.may_write(pull.repository) and not (of_author and pull.user is ask.viewer):
        name = f"{ask.viewer.login} does not have the correct permissions to execute this mutation"
        raise Refusal("FORBIDDEN", name)
    return pull


@field("Mutation", "enqueuePullRequest")
async def _enqueue(_: None, ask: Asking, arguments: JSON) -> JSON:
    wanted = arguments["input"]
    pull = _pull(ask, wanted["pullRequestId"])
    if wanted.get("expectedHeadOid") not in (None, pull.head_sha):
        raise Refusal("UNPROCESSABLE", "Head branch was modified. Review and try the merge again.")
    try:
        entry = await ask.engine.merge_queue.enqueue(pull, ask.viewer, jump=bool(wanted.get("jump")))
    except Refused as refused:
        raise Refusal("UNPROCESSABLE", str(refused)) from None
    return {"clientMutationId": wanted.get("clientMutationId"), "mergeQueueEntry": entry}


@field("Mutation", "dequeuePullRequest")
async def _dequeue(_: None, ask: Asking, arguments: JSON) -> JSON:
    wanted = arguments["input"]
    entry: QueueEntry | None = _pull(ask, wanted["id"]).queue_entry
    if entry is not None:
        await ask.engine.merge_queue.dequeue(entry, ask.viewer)
    return {"clientMutationId": wanted.get("clientMutationId"), "mergeQueueEntry": entry}


@field("Mutation", "convertPullRequestToDraft", "markPullRequestReadyForReview")
async def _set_draft(_: None, ask: Asking, arguments: JSON) -> JSON:
    wanted = arguments["input"]
    pull = _pull(ask, wanted["pullRequestId"], of_author=True)
    draft = arguments["field"] == "convertPullRequestToDraft"
    await ask.engine.pull_requests.set_draft(pull, draft, ask.viewer)
    return {"clientMutationId": wanted.get("clientMutationId"), "pullRequest": pull}


@field("Query", "rateLimit")
def _rate_limit(_: None, ask: Asking, arguments: JSON) -> JSON:
    return ask.limits
