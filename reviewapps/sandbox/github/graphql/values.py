"""What GraphQL speaks of that the world has no rows for."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.sandbox.github.state import PullRequest, Repository, Team, User


@dataclass(frozen=True)
class CommitAt:
    """A commit of a repository, which git knows the rest of."""

    repository: Repository
    oid: str


@dataclass(frozen=True)
class BlobAt:
    """A file's contents, as a commit has them."""

    repository: Repository
    commit: str
    oid: str
    content: bytes


@dataclass(frozen=True)
class CommitOf:
    """A commit among those of a pull request."""

    pull_request: PullRequest
    commit: CommitAt


@dataclass(frozen=True)
class Rollup:
    """What statuses and check runs say of a commit."""

    commit: CommitAt


@dataclass(frozen=True)
class Asked:
    """A request for a review."""

    pull_request: PullRequest
    requested_reviewer: User | Team


@dataclass(frozen=True)
class Queue:
    """The merge queue of a branch."""

    repository: Repository
    branch: str


@dataclass(frozen=True)
class RefAt:
    """A branch or tag, by its full name."""

    repository: Repository
    full_name: str
    sha: str
