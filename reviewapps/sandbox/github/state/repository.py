"""A repository, its pull requests, and what is told about its commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reviewapps.sandbox.github.git import Bare
from reviewapps.sandbox.github.state.accounts import ROLES, Organization, Team, User, permission_of
from reviewapps.sandbox.github.state.protection import Environment, Protection, Ruleset
from reviewapps.sandbox.github.state.queue import QueueEntry
from reviewapps.sandbox.github.state.reviews import Reaction, Review

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.apps import App

JSON = dict[str, Any]


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
    reactions: dict[int, Reaction] = field(default_factory=dict)
    via: App | None = None


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
    app: App


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
    via: App | None = None


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
    via: App | None = None
    statuses: list[DeploymentStatus] = field(default_factory=list)  # oldest first

    @property
    def state(self) -> str:
        """The state of its last status; ``pending`` before there is one."""
        return self.statuses[-1].state if self.statuses else "pending"


@dataclass(eq=False)
class Activity:
    """A branch that moved: ``type`` in GitHub's words, ``push`` or ``pr_merge`` and the like."""

    id: int
    ref: str
    before: str
    after: str
    type: str
    actor: User
    timestamp: str


@dataclass(eq=False)
class BaseChange:
    """A pull request that was given another base branch."""

    id: int
    pull_request: PullRequest
    actor: User
    previous_ref_name: str
    current_ref_name: str
    created_at: str


@dataclass(eq=False)
class BaseForced:
    """A pull request whose base branch was rewritten."""

    id: int
    pull_request: PullRequest
    actor: User
    before: str
    after: str
    created_at: str


@dataclass(eq=False)
class BaseDeleted:
    """A pull request whose base branch was deleted."""

    id: int
    pull_request: PullRequest
    actor: User
    base_ref_name: str
    created_at: str


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
    merge_commit_sha: str | None = None  # of the test merge, until it is merged
    labels: list[Label] = field(default_factory=list)
    reviews: dict[int, Review] = field(default_factory=dict)  # in the order in which they were begun
    requested_reviewers: list[User] = field(default_factory=list)
    requested_teams: list[Team] = field(default_factory=list)
    asked_as_owners: set[int] = field(default_factory=set)  # ids of requested users and teams
    last_pusher: User | None = None
    queue_entry: QueueEntry | None = None
    reactions: dict[int, Reaction] = field(default_factory=dict)
    base_changes: list[BaseChange | BaseForced | BaseDeleted] = field(default_factory=list)
    landed: frozenset[str] = frozenset()  # what its merge brought into the base branch

    @property
    def head_git_ref(self) -> str:
        """Where the repository that is merged into keeps the head, whatever becomes of the branch."""
        return f"refs/pull/{self.number}/head"

    @property
    def merge_git_ref(self) -> str:
        """Where it keeps the test merge, until it is merged in earnest."""
        return f"refs/pull/{self.number}/merge"

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
    roles: dict[str, str] = field(default_factory=dict)  # of collaborators, by login
    team_roles: dict[str, str] = field(default_factory=dict)  # of the owner's teams, by slug
    contributors: set[str] = field(default_factory=set)  # logins of those whose pull requests were merged
    protections: dict[str, Protection] = field(default_factory=dict)  # by branch
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    queue: list[QueueEntry] = field(default_factory=list)  # first in, first out
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: list[CommitStatus] = field(default_factory=list)  # oldest first
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    known_refs: dict[str, str] = field(default_factory=dict)  # branches and tags, as last announced
    activities: list[Activity] = field(default_factory=list)  # oldest first
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

    def role(self, user: User | None) -> str:
        """What ``user`` (nobody in particular: None) is here: the most of all that they were given."""
        granted = ["none" if self.private else "read"]
        if user is not None:
            granted.append(self.roles.get(user.login, "none"))
            if isinstance(self.owner, Organization):
                granted += self.owner.roles(user)
                granted += [
                    role for slug, role in self.team_roles.items() if self.owner.teams[slug].has(user)
                ]
        return max(granted, key=ROLES.index)

    def permission(self, user: User | None) -> str:
        """The same in the older words: ``admin``, ``write``, ``read`` or ``none``."""
        return permission_of(self.role(user))

    def may_write(self, user: User | None) -> bool:
        """Whether ``user`` may push here, so that their approvals count."""
        return self.permission(user) in ("write", "admin")

    def collaborates(self, user: User) -> bool:
        """Whether ``user`` was given something here, not merely what everybody may."""
        teams = (self.team(slug) for slug in self.team_roles)
        member = isinstance(self.owner, Organization) and bool(self.owner.roles(user))
        return user.login in self.roles or member or any(team and team.has(user) for team in teams)

    def team(self, slug: str) -> Team | None:
        """The owner's team of that name."""
        return self.owner.teams.get(slug) if isinstance(self.owner, Organization) else None
