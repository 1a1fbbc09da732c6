"""What hooks are told: GitHub's payload of each event, from the rows that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.presenters import (
    apps,
    commits,
    deployments,
    hooks,
    pulls,
    repositories,
    reviews,
    statuses,
    teams,
)
from reviewapps.sandbox.github.presenters.accounts import organization_simple, simple_user
from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.state import (
    JSON,
    CheckRun,
    Comment,
    CommitStatus,
    Deployment,
    Hook,
    Installation,
    Label,
    PullRequest,
    QueueEntry,
    Repository,
    Review,
    Team,
    User,
)
from reviewapps.sandbox.github.webhooks.push_payload import push
from reviewapps.sandbox.github.world import World


@dataclass(frozen=True)
class Occurrence:
    """Something that happened, in a repository or (None) to an App. ``told`` are rows, or JSON as it is."""

    event: str
    action: str | None
    repository: Repository | None
    sender: User
    told: Mapping[str, Any]


async def payload(happened: Occurrence, urls: Urls, world: World) -> JSON:
    """All that is told: what happened to what, where, and who did it."""
    action = {"action": happened.action} if happened.action else {}
    return _around(happened, urls) | action | await _own(happened, urls, world)


def _around(happened: Occurrence, urls: Urls) -> JSON:
    told: JSON = {"sender": simple_user(happened.sender, urls)}
    repository = happened.repository
    if repository is None:
        return told
    told["repository"] = repositories.repository(repository, urls)
    if repository.owner.type == "Organization":
        told["organization"] = organization_simple(repository.owner, urls)
    return told


async def _own(happened: Occurrence, urls: Urls, world: World) -> JSON:
    """The members that this event has and others have not."""
    told, repository = happened.told, happened.repository
    if repository is not None and happened.event == "push":
        return await push(told["change"], repository, happened.sender, urls, world)
    if repository is not None and happened.event in ("create", "delete"):
        return _ref(happened, repository)
    if repository is not None and happened.event == "status":
        return await _status(told["status"], repository, urls, world)
    if repository is not None and happened.event == "merge_group":
        return dict(told) | {"merge_group": await _merge_group(told["merge_group"], repository)}
    presented = {name: present(value, repository, urls) for name, value in told.items()}
    if happened.event == "pull_request":
        pull: PullRequest = told["pull_request"]
        size = await history.size_between(pull.repository.git, pull.base_sha, pull.head_sha)
        shown = pulls.pull_request(pull, size, None, "draft" if pull.draft else "unknown", urls)
        return presented | {"number": pull.number, "pull_request": shown}
    if happened.event == "pull_request_review":  # REST shouts the state, webhooks do not
        return presented | {"review": presented["review"] | {"state": told["review"].state.lower()}}
    if happened.event == "issue_comment":
        return presented | {"issue": pulls.issue(told["comment"].pull_request, urls)}
    if repository is not None and happened.event == "deployment_status":
        status, deployment = told["deployment_status"], told["deployment"]
        shown = deployments.deployment_status(status, deployment, repository, urls)
        return presented | _NO_WORKFLOW | {"deployment_status": shown}
    return presented | (_NO_WORKFLOW if happened.event == "deployment" else {})


_NO_WORKFLOW = {"workflow": None, "workflow_run": None}


def _ref(happened: Occurrence, repository: Repository) -> JSON:
    change = happened.told["change"]
    told = {"ref": change.short, "ref_type": change.kind, "pusher_type": "user"}
    if happened.event == "delete":
        return told
    return told | {"master_branch": repository.default_branch, "description": repository.description}


async def _status(status: CommitStatus, repository: Repository, urls: Urls, world: World) -> JSON:
    """A status is the payload itself, with its commit and the branches that end there."""
    commit = await history.commit(repository.git, status.sha)
    heads = (await repository.git.refs("refs/heads/")).values()
    at = {"sha": status.sha, "url": urls.repository(repository, "commits", status.sha)}
    shown = statuses.status(status, repository, urls)
    names = (
        "id",
        "sha",
        "state",
        "context",
        "description",
        "target_url",
        "avatar_url",
        "created_at",
        "updated_at",
    )
    return {name: shown.get(name) for name in names} | {
        "sha": status.sha,
        "name": repository.full_name,
        "commit": commits.commit(commit, repository, urls, world),
        "branches": [
            {"name": ref.name.removeprefix("refs/heads/"), "commit": at, "protected": False}
            for ref in heads
            if ref.sha == status.sha
        ],
    }


async def _merge_group(entry: QueueEntry, repository: Repository) -> JSON:
    """What the queue merged for trial, for whoever checks it."""
    commit = await history.commit(repository.git, entry.head_sha)
    author, committer = ({"name": one.name, "email": one.email} for one in (commit.author, commit.committer))
    return {
        "head_sha": entry.head_sha,
        "head_ref": entry.ref,
        "base_sha": entry.base_sha,
        "base_ref": f"refs/heads/{entry.base_ref}",
        "head_commit": {
            "id": commit.sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": commit.committer.date,
            "author": author,
            "committer": committer,
        },
    }


def present(value: Any, repository: Repository | None, urls: Urls) -> Any:
    """A row as payloads show it; anything else as it is."""
    match value:
        case PullRequest():
            return pulls.pull_request_simple(value, urls)
        case Review():
            return reviews.review(value, urls)
        case Team():
            return teams.team(value, urls)
        case Label() if repository is not None:
            return pulls.label(value, repository, urls)
        case Comment():
            return pulls.comment(value, urls)
        case Deployment() if repository is not None:
            return deployments.deployment(value, repository, urls)
        case CheckRun() if repository is not None:
            return statuses.check_run(value, repository, urls)
        case User():
            return simple_user(value, urls)
        case Repository():
            return repositories.repository(value, urls)
        case Hook():
            return hooks.hook(value, urls)
        case Installation():
            return apps.installation(value, urls)
    return value
