"""Fields of pull requests, their reviews, and their place in the queue."""

from __future__ import annotations

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.approvals import opinions
from reviewapps.sandbox.github.graphql.accounts import state_of
from reviewapps.sandbox.github.graphql.asking import Asking, connection, field
from reviewapps.sandbox.github.graphql.commits import rollup
from reviewapps.sandbox.github.graphql.values import Asked, CommitAt, CommitOf, Queue, RefAt, Rollup
from reviewapps.sandbox.github.merge_queue import merge_method, waiting
from reviewapps.sandbox.github.presenters.accounts import association
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.state import (
    JSON,
    BaseChange,
    BaseDeleted,
    BaseForced,
    PullRequest,
    QueueEntry,
    Review,
)

MERGEABLE = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}

field("PullRequest", "id")(lambda pull, ask, _: node_id("PR", pull.id))
field("PullRequest", "databaseId", "fullDatabaseId")(lambda pull, ask, _: pull.id)
field("PullRequest", "author")(lambda pull, ask, _: pull.user)
field("PullRequest", "authorAssociation")(lambda pull, ask, _: association(pull.repository, pull.user))
field("PullRequest", "body")(lambda pull, ask, _: pull.body or "")
field("PullRequest", "state")(lambda pull, ask, _: state_of(pull))
field("PullRequest", "closed")(lambda pull, ask, _: pull.state == "closed")
field("PullRequest", "merged")(lambda pull, ask, _: pull.merged_at is not None)
field("PullRequest", "locked")(lambda pull, ask, _: False)
field("PullRequest", "isDraft")(lambda pull, ask, _: pull.draft)
field("PullRequest", "isCrossRepository")(lambda pull, ask, _: pull.comes_from_a_fork)
field("PullRequest", "baseRefName")(lambda pull, ask, _: pull.base_ref)
field("PullRequest", "baseRefOid")(lambda pull, ask, _: pull.base_sha)
field("PullRequest", "baseRepository")(lambda pull, ask, _: pull.repository)
field("PullRequest", "headRefName")(lambda pull, ask, _: pull.head_ref)
field("PullRequest", "headRefOid")(lambda pull, ask, _: pull.head_sha)
field("PullRequest", "headRepository")(lambda pull, ask, _: pull.head)
field("PullRequest", "headRepositoryOwner")(lambda pull, ask, _: pull.head_owner)
field("PullRequest", "url", "permalink")(lambda pull, ask, _: ask.urls.pull_page(pull))
field("PullRequest", "resourcePath")(lambda pull, ask, _: _path(pull))
field("PullRequest", "mergeQueueEntry")(lambda pull, ask, _: pull.queue_entry)
field("PullRequest", "isInMergeQueue")(lambda pull, ask, _: pull.queue_entry is not None)
field("PullRequest", "isMergeQueueEnabled")(lambda pull, ask, _: _queue(pull) is not None)
field("PullRequest", "mergeQueue")(lambda pull, ask, _: _queue(pull))
field("PullRequest", "labels")(lambda pull, ask, arguments: connection(pull.labels, arguments))


def _path(pull: PullRequest) -> str:
    return f"/{pull.repository.full_name}/pull/{pull.number}"


def _queue(pull: PullRequest) -> Queue | None:
    enabled = merge_method(pull.repository, pull.base_ref)
    return Queue(pull.repository, pull.base_ref) if enabled else None


@field("PullRequest", "reviewDecision")
async def _decision(pull: PullRequest, ask: Asking, _: JSON) -> str | None:
    return await ask.engine.gate.decision(pull)


@field("PullRequest", "mergeable")
async def _mergeable(pull: PullRequest, ask: Asking, _: JSON) -> str:
    return MERGEABLE[await ask.engine.merging.mergeable(pull)]


@field("PullRequest", "mergeStateStatus")
async def _merge_state(pull: PullRequest, ask: Asking, _: JSON) -> str:
    mergeable = await ask.engine.merging.mergeable(pull)
    return (await ask.engine.gate.state(pull, mergeable)).upper()


@field("PullRequest", "mergeCommit")
def _merge_commit(pull: PullRequest, ask: Asking, _: JSON) -> CommitAt | None:
    merged = pull.merged_at is not None and pull.merge_commit_sha
    return CommitAt(pull.repository, merged) if merged else None


@field("PullRequest", "statusCheckRollup")
def _rollup(pull: PullRequest, ask: Asking, arguments: JSON) -> Rollup | None:
    return rollup(CommitAt(pull.repository, pull.head_sha), ask)


@field("PullRequest", "additions", "deletions", "changedFiles")
async def _size(pull: PullRequest, ask: Asking, arguments: JSON) -> int:
    size = await ask.engine.pull_requests.size(pull)
    return {
        "additions": size.additions,
        "deletions": size.deletions,
        "changedFiles": size.changed_files,
    }[arguments["field"]]


@field("PullRequest", "commits")
async def _commits(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    shas = await history.shas_between(pull.repository.git, pull.base_sha, pull.head_sha)
    return connection([CommitOf(pull, CommitAt(pull.repository, sha)) for sha in shas], arguments)


field("PullRequestCommit", "id")(
    lambda one, ask, _: node_id("PRC", f"{one.pull_request.id}:{one.commit.oid}")
)
field("PullRequestCommit", "url")(
    lambda one, ask, _: ask.urls.pull_page(one.pull_request) + f"/commits/{one.commit.oid}"
)
field("PullRequestCommit", "resourcePath")(
    lambda one, ask, _: f"{_path(one.pull_request)}/commits/{one.commit.oid}"
)


field("BaseRefChangedEvent", "id")(lambda one, ask, _: node_id("BRCE", one.id))
field("BaseRefChangedEvent", "databaseId")(lambda one, ask, _: one.id)


field("BaseRefDeletedEvent", "id")(lambda one, ask, _: node_id("BRDE", one.id))
field("BaseRefDeletedEvent", "databaseId")(lambda one, ask, _: one.id)


field("BaseRefForcePushedEvent", "id")(lambda one, ask, _: node_id("BRFPE", one.id))


@field("BaseRefForcePushedEvent", "beforeCommit", "afterCommit")
def _forced(one: BaseForced, ask: Asking, arguments: JSON) -> CommitAt:
    sha = one.before if arguments["field"] == "beforeCommit" else one.after
    return CommitAt(one.pull_request.repository, sha)


@field("BaseRefForcePushedEvent", "ref")
async def _forced_ref(one: BaseForced, ask: Asking, arguments: JSON) -> RefAt | None:
    repository, name = one.pull_request.repository, one.pull_request.base_ref
    sha = await repository.git.branch_head(name)
    return RefAt(repository, f"refs/heads/{name}", sha) if sha else None


@field("PullRequest", "timelineItems")
def _timeline(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    """What happened to it: of all that GitHub knows, the changes of its base branch."""
    kinds = arguments.get("itemTypes")
    words = {
        BaseChange: "BASE_REF_CHANGED_EVENT",
        BaseDeleted: "BASE_REF_DELETED_EVENT",
        BaseForced: "BASE_REF_FORCE_PUSHED_EVENT",
    }
    found = [one for one in pull.base_changes if kinds is None or words[type(one)] in kinds]
    page = connection(found, arguments)
    return page | {"filteredCount": len(found), "pageCount": len(page["nodes"]), "updatedAt": pull.updated_at}


# ---- reviews


@field("PullRequest", "reviews")
def _reviews(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    states, author = arguments.get("states"), arguments.get("author")
    found = [
        review
        for review in pull.reviews.values()
        if (review.state != "PENDING" or review.user is ask.viewer)
        and (not states or review.state in states)
        and author in (None, review.user.login)
    ]
    return connection(found, arguments)


@field("PullRequest", "latestOpinionatedReviews")
def _latest_opinions(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    return connection(opinions(pull, writers_only=bool(arguments["writersOnly"])), arguments)


@field("PullRequest", "latestReviews")
def _latest(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    waiting = pull.requested_reviewers
    latest = {one.user: one for one in pull.reviews.values() if one.state != "PENDING"}
    return connection([review for user, review in latest.items() if user not in waiting], arguments)


@field("PullRequest", "reviewRequests")
def _review_requests(pull: PullRequest, ask: Asking, arguments: JSON) -> JSON:
    teams = [Asked(pull, team) for team in pull.requested_teams]
    return connection([*(Asked(pull, user) for user in pull.requested_reviewers), *teams], arguments)


field("ReviewRequest", "id")(
    lambda one, ask, _: node_id("RR", f"{one.pull_request.id}:{one.requested_reviewer.id}")
)
field("ReviewRequest", "databaseId")(lambda one, ask, _: one.requested_reviewer.id)
field("ReviewRequest", "asCodeOwner")(
    lambda one, ask, _: one.requested_reviewer.id in one.pull_request.asked_as_owners
)
field("PullRequestReview", "id")(lambda review, ask, _: node_id("PRR", review.id))
field("PullRequestReview", "databaseId", "fullDatabaseId")(lambda review, ask, _: review.id)
field("PullRequestReview", "author")(lambda review, ask, _: review.user)
field("PullRequestReview", "repository")(lambda review, ask, _: review.pull_request.repository)


@field("PullRequestReview", "authorAssociation")
def _association(review: Review, ask: Asking, _: JSON) -> str:
    return association(review.pull_request.repository, review.user)


@field("PullRequestReview", "authorCanPushToRepository")
def _can_push(review: Review, ask: Asking, _: JSON) -> bool:
    return review.pull_request.repository.may_write(review.user)


@field("PullRequestReview", "commit")
def _commit(review: Review, ask: Asking, _: JSON) -> CommitAt:
    return CommitAt(review.pull_request.repository, review.commit_id)


@field("PullRequestReview", "createdAt", "updatedAt")
def _written(review: Review, ask: Asking, _: JSON) -> str:
    return review.submitted_at or ask.world.clock.timestamp


@field("PullRequestReview", "url", "resourcePath")
def _review_url(review: Review, ask: Asking, arguments: JSON) -> str:
    pull = review.pull_request
    page = ask.urls.pull_page(pull) if arguments["field"] == "url" else _path(pull)
    return f"{page}#pullrequestreview-{review.id}"


# ---- the queue

field("MergeQueue", "id")(lambda queue, ask, _: node_id("MQ", f"{queue.repository.id}:{queue.branch}"))
field("MergeQueue", "resourcePath")(
    lambda queue, ask, _: f"/{queue.repository.full_name}/queue/{queue.branch}"
)
field("MergeQueue", "url")(lambda queue, ask, _: ask.urls.page(queue.repository, "queue", queue.branch))


@field("MergeQueue", "entries")
def _entries(queue: Queue, ask: Asking, arguments: JSON) -> JSON:
    return connection(waiting(queue.repository, queue.branch), arguments)


field("MergeQueueEntry", "id")(lambda entry, ask, _: node_id("MQE", entry.id))
field("MergeQueueEntry", "mergeQueue")(lambda entry, ask, _: _queue(entry.pull_request))
field("MergeQueueEntry", "estimatedTimeToMerge")(lambda entry, ask, _: None)
field("MergeQueueEntry", "jump", "solo")(lambda entry, ask, _: False)


@field("MergeQueueEntry", "baseCommit", "headCommit")
def _tried(entry: QueueEntry, ask: Asking, arguments: JSON) -> CommitAt | None:
    sha = entry.base_sha if arguments["field"] == "baseCommit" else entry.head_sha
    return CommitAt(entry.pull_request.repository, sha) if sha else None


@field("MergeQueueEntry", "position")
def _position(entry: QueueEntry, ask: Asking, _: JSON) -> int:
    queue = waiting(entry.pull_request.repository, entry.pull_request.base_ref)
    return queue.index(entry) + 1 if entry in queue else 0


@field("MergeQueueEntry", "state")
def _entry_state(entry: QueueEntry, ask: Asking, _: JSON) -> str:
    if not entry.head_sha:
        return "QUEUED"
    words = {"success": "MERGEABLE", "failing": "UNMERGEABLE"}
    return words.get(ask.engine.merge_queue.verdict(entry), "AWAITING_CHECKS")


field("Label", "id")(lambda label, ask, _: node_id("LA", label.id))
field("Label", "isDefault")(lambda label, ask, _: False)
