"""Commits, what they changed, and how two of them compare."""

from __future__ import annotations

from reviewapps.sandbox.github.git import Signature
from reviewapps.sandbox.github.history import Commit, FileChange
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Repository
from reviewapps.sandbox.github.world import World

UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def _signature(signature: Signature) -> JSON:
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def commit(commit: Commit, repository: Repository, urls: Urls, world: World) -> JSON:
    """A commit, with the accounts behind its signatures where there are any."""
    authors = {"author": world.author(commit.author.email), "committer": world.author(commit.committer.email)}
    return {
        "sha": commit.sha,
        "node_id": node_id("C", commit.sha),
        "url": urls.repository(repository, "commits", commit.sha),
        "html_url": urls.page(repository, "commit", commit.sha),
        "comments_url": urls.repository(repository, "commits", commit.sha, "comments"),
        "commit": {
            "url": urls.repository(repository, "git/commits", commit.sha),
            "author": _signature(commit.author),
            "committer": _signature(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": urls.repository(repository, "git/trees", commit.tree)},
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        **{role: simple_user(user, urls) if user else None for role, user in authors.items()},
        "parents": [_parent(sha, repository, urls) for sha in commit.parents],
    }


def _parent(sha: str, repository: Repository, urls: Urls) -> JSON:
    page = urls.page(repository, "commit", sha)
    return {"sha": sha, "url": urls.repository(repository, "commits", sha), "html_url": page}


def git_commit(commit: Commit, repository: Repository, urls: Urls) -> JSON:
    """A commit as the git database has it."""
    tree = {"sha": commit.tree, "url": urls.repository(repository, "git/trees", commit.tree)}
    return {
        "sha": commit.sha,
        "node_id": node_id("C", commit.sha),
        "url": urls.repository(repository, "git/commits", commit.sha),
        "html_url": urls.page(repository, "commit", commit.sha),
        "author": _signature(commit.author),
        "committer": _signature(commit.committer),
        "message": commit.message,
        "tree": tree,
        "parents": [_parent(sha, repository, urls) for sha in commit.parents],
        "verification": UNSIGNED,
    }


def stats(files: list[FileChange]) -> JSON:
    """How much a commit changed."""
    added, deleted = sum(file.additions for file in files), sum(file.deletions for file in files)
    return {"additions": added, "deletions": deleted, "total": added + deleted}


def diff_entry(file: FileChange, repository: Repository, sha: str, urls: Urls) -> JSON:
    """One changed file, as of commit ``sha``."""
    renamed = {"previous_filename": file.previous_filename} if file.status == "renamed" else {}
    return {
        "sha": file.sha,
        "filename": file.filename,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": urls.page(repository, "blob", sha, file.filename),
        "raw_url": urls.page(repository, "raw", sha, file.filename),
        "contents_url": urls.repository(repository, "contents", file.filename) + f"?ref={sha}",
        **({} if file.patch is None else {"patch": file.patch}),
        **renamed,
    }
