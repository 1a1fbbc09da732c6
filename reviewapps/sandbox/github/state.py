"""The nouns of GitHub, as the sandbox remembers them. What git knows stays in git."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reviewapps.sandbox.github.git import Bare

JSON = dict[str, Any]


@dataclass(eq=False)
class User:
    """An account: a ``User``, a ``Bot`` or an ``Organization``."""

    id: int
    login: str
    type: str
    created_at: str

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(eq=False)
class Comment:
    """A comment on an issue, which here is always a pull request."""

    id: int
    pull_request: PullRequest
    user: User
    body: str
    created_at: str
    updated_at: str


@dataclass(eq=False)
class CommitStatus:
    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: str


@dataclass(eq=False)
class CheckRun:
    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: str | None
    completed_at: str | None
    details_url: str | None
    external_id: str | None
    output: JSON


@dataclass(eq=False)
class DeploymentStatus:
    id: int
    state: str
    creator: User
    description: str
    environment_url: str
    log_url: str
    environment: str
    created_at: str


@dataclass(eq=False)
class Deployment:
    id: int
    sha: str
    ref: str
    task: str
    environment: str
    payload: JSON | str
    description: str | None
    creator: User
    transient_environment: bool
    production_environment: bool
    created_at: str
    updated_at: str
    statuses: list[DeploymentStatus] = field(default_factory=list)  # oldest first

    @property
    def state(self) -> str:
        """The state of its last status; ``pending`` before there is one."""
        return self.statuses[-1].state if self.statuses else "pending"


@dataclass(eq=False)
class PullRequest:
    """A wish to merge ``head_ref`` of ``head`` (nowhere, once a fork is deleted) into ``base_ref``."""

    id: int
    number: int
    repository: Repository
    title: str
    body: str | None
    user: User
    base_ref: str
    base_sha: str
    head: Repository | None
    head_owner: User
    head_ref: str
    head_sha: str
    created_at: str
    updated_at: str
    draft: bool = False
    state: str = "open"
    closed_at: str | None = None
    merged_at: str | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    labels: list[Label] = field(default_factory=list)

    @property
    def head_git_ref(self) -> str:
        """Where the repository that is merged into keeps the head, whatever becomes of the branch."""
        return f"refs/pull/{self.number}/head"

    @property
    def comes_from_a_fork(self) -> bool:
        return self.head is not self.repository


@dataclass(eq=False)
class Repository:
    id: int
    owner: User
    name: str
    private: bool
    default_branch: str
    git: Bare
    created_at: str
    updated_at: str
    pushed_at: str
    description: str | None = None
    parent: Repository | None = None
    admins: set[str] = field(default_factory=set)
    writers: set[str] = field(default_factory=set)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: list[CommitStatus] = field(default_factory=list)  # oldest first
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    numbers: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def open_pull_requests(self) -> list[PullRequest]:
        return [pull for pull in self.pull_requests.values() if pull.state == "open"]

    def next_number(self) -> int:
        """The number of the next pull request. Counts it."""
        self.numbers += 1
        return self.numbers

    def permission(self, user: User | None) -> str:
        """``admin``, ``write``, ``read`` or ``none``: what ``user`` (nobody in particular: None) may do."""
        if user is not None and user.login in self.admins:
            return "admin"
        if user is not None and user.login in self.writers:
            return "write"
        return "none" if self.private else "read"
