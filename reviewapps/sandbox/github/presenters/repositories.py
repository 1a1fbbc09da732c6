"""Repositories, in three lengths."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, ROLES, Repository, User

_TEMPLATES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_FLAGS = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}


def permissions(role: str) -> dict[str, bool]:
    """What somebody of this role may do, as flags."""
    return {flag: ROLES.index(role) >= ROLES.index(least) for flag, least in _FLAGS.items()}


def minimal_repository(repository: Repository, urls: Urls) -> JSON:
    """A repository as a commit's status mentions it."""
    api = urls.repository(repository)
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "owner": simple_user(repository.owner, urls),
        "private": repository.private,
        "html_url": urls.page(repository),
        "description": repository.description,
        "fork": repository.parent is not None,
        "url": api,
        **{name: api + template for name, template in _TEMPLATES.items()},
    }


def repository(repository: Repository, urls: Urls) -> JSON:
    """A repository as a pull request mentions it."""
    return urls.once(("repository", repository.id), lambda: _repository(repository, urls))


def _repository(repository: Repository, urls: Urls) -> JSON:
    page, waiting = urls.page(repository), len(repository.open_pull_requests)
    return minimal_repository(repository, urls) | {
        "clone_url": f"{page}.git",
        "svn_url": page,
        "git_url": f"git:{page.partition(':')[2]}.git",
        "ssh_url": f"git@localhost:{repository.full_name}.git",
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": repository.default_branch,
        "visibility": "private" if repository.private else "public",
        **dict.fromkeys(
            ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size"), 0
        ),
        "open_issues": waiting,
        "open_issues_count": waiting,
        "has_issues": True,
        **dict.fromkeys(("has_downloads", "has_projects", "has_wiki", "has_pages", "has_discussions"), False),
        **dict.fromkeys(("archived", "disabled", "is_template"), False),
        "topics": [],
        "allow_forking": True,
        "created_at": repository.created_at,
        "updated_at": repository.updated_at,
        "pushed_at": repository.pushed_at,
    }


def full_repository(one: Repository, urls: Urls, viewer: User | None) -> JSON:
    """A repository alone, with what ``viewer`` may do in it."""
    parent = one.parent
    origins = {"parent": repository(parent, urls), "source": repository(parent, urls)} if parent else {}
    return (
        repository(one, urls)
        | {"network_count": 0, "subscribers_count": 0}
        | {"permissions": permissions(one.role(viewer))}
        | origins
    )
