"""Pull requests: as list items, alone, and as issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reviewapps.sandbox.github.history import Size
from reviewapps.sandbox.github.presenters import apps, repositories, teams
from reviewapps.sandbox.github.presenters.accounts import association, simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Comment, Label, PullRequest, Reaction, Repository, User

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def pull_request_simple(pull: PullRequest, urls: Urls) -> JSON:
    """A pull request in the list of them."""
    api, page = urls.pull(pull), urls.pull_page(pull)
    return {
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "number": pull.number,
        "state": pull.state,
        "draft": pull.draft,
        "locked": False,
        "title": pull.title,
        "body": pull.body,
        "user": simple_user(pull.user, urls),
        "author_association": association(pull.repository, pull.user),
        "labels": [label(one, pull.repository, urls) for one in pull.labels],
        **dict.fromkeys(("assignee", "milestone", "auto_merge", "active_lock_reason")),
        "assignees": [],
        "requested_reviewers": [simple_user(user, urls) for user in pull.requested_reviewers],
        "requested_teams": [teams.team(team, urls) for team in pull.requested_teams],
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit_sha,
        "head": _side(pull.head_owner, pull.head, pull.head_ref, pull.head_sha, urls),
        "base": _side(pull.repository.owner, pull.repository, pull.base_ref, pull.base_sha, urls),
        "url": api,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **_links(pull, urls),
    }


def _links(pull: PullRequest, urls: Urls) -> JSON:
    links = {
        "issue": urls.issue(pull),
        "comments": urls.issue(pull, "comments"),
        "review_comments": urls.pull(pull, "comments"),
        "review_comment": f"{urls.repository(pull.repository, 'pulls/comments')}{{/number}}",
        "commits": urls.pull(pull, "commits"),
        "statuses": urls.repository(pull.repository, "statuses", pull.head_sha),
    }
    every = {"self": urls.pull(pull), "html": urls.pull_page(pull), **links}
    return {
        **{f"{name}_url": url for name, url in links.items()},
        "_links": {name: {"href": url} for name, url in every.items()},
    }


def _side(owner: User, repository: Repository | None, ref: str, sha: str, urls: Urls) -> JSON:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": simple_user(owner, urls),
        "repo": repositories.repository(repository, urls) if repository else None,
    }


def pull_request(
    pull: PullRequest, size: Size, mergeable: bool | None, mergeable_state: str, urls: Urls
) -> JSON:
    """A pull request alone, with what lists leave out: its size, and whether it would merge."""
    written = [comment for comment in pull.repository.comments.values() if comment.pull_request is pull]
    return pull_request_simple(pull, urls) | {
        "merged": pull.merged_at is not None,
        "merged_by": simple_user(pull.merged_by, urls) if pull.merged_by else None,
        "mergeable": mergeable,
        "mergeable_state": mergeable_state,
        "rebaseable": mergeable,
        "maintainer_can_modify": False,
        "comments": len(written),
        "review_comments": 0,
        "commits": size.commits,
        "additions": size.additions,
        "deletions": size.deletions,
        "changed_files": size.changed_files,
    }


def issue(pull: PullRequest, urls: Urls) -> JSON:
    """A pull request as the issue that it also is."""
    api, page = urls.issue(pull), urls.pull_page(pull)
    shared = ("number", "state", "title", "body", "user", "author_association", "labels", "created_at")
    simple = pull_request_simple(pull, urls)
    links = {
        "url": urls.pull(pull),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
    }
    return {name: simple[name] for name in shared} | {
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "locked": False,
        "active_lock_reason": None,
        "reactions": _rollup(pull.reactions.values(), f"{api}/reactions"),
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": sum(one.pull_request is pull for one in pull.repository.comments.values()),
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "url": api,
        "html_url": page,
        "repository_url": urls.repository(pull.repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "pull_request": links | {"merged_at": pull.merged_at},
    }


def label(label: Label, repository: Repository, urls: Urls) -> JSON:
    """A label."""
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": urls.repository(repository, "labels", label.name),
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def _rollup(reactions: Iterable[Reaction], url: str) -> JSON:
    counts = Counter(reaction.content for reaction in reactions)
    return {"url": url, "total_count": counts.total(), **{kind: counts[kind] for kind in REACTIONS}}


def reaction(one: Reaction, urls: Urls) -> JSON:
    """An emoji under a comment or a pull request."""
    return {
        "id": one.id,
        "node_id": node_id("REA", one.id),
        "user": simple_user(one.user, urls),
        "content": one.content,
        "created_at": one.created_at,
    }


def comment(comment: Comment, urls: Urls) -> JSON:
    """A comment."""
    pull = comment.pull_request
    api = urls.repository(pull.repository, "issues/comments", comment.id)
    return {
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": api,
        "html_url": f"{urls.pull_page(pull)}#issuecomment-{comment.id}",
        "issue_url": urls.issue(pull),
        "user": simple_user(comment.user, urls),
        "author_association": association(pull.repository, comment.user),
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "performed_via_github_app": apps.app(comment.via, urls) if comment.via else None,
        "reactions": _rollup(comment.reactions.values(), f"{api}/reactions"),
    }
