"""What is asked of a branch: by its protection, and by rulesets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ReviewRule:
    """Changes come by pull requests, with so many approvals of people who may write."""

    count: int = 0
    dismiss_stale: bool = False
    code_owners: bool = False
    last_push: bool = False


@dataclass(frozen=True)
class StatusRule:
    """These statuses or check runs succeed first; ``strict``: on a head that has all of its base.

    ``checks`` holds contexts, each with the id of the App that must report it (None: anybody).
    """

    checks: tuple[tuple[str, int | None], ...] = ()
    strict: bool = False

    @property
    def contexts(self) -> list[str]:
        return [context for context, _ in self.checks]


@dataclass(eq=False)
class Protection:
    """The protection of one branch. Admins are exempt from reviews and statuses unless it is enforced."""

    reviews: ReviewRule | None = None
    statuses: StatusRule | None = None
    enforce_admins: bool = False
    flags: dict[str, bool] = field(default_factory=dict)  # allow_force_pushes, allow_deletions …


@dataclass(eq=False)
class Ruleset:
    """Rules for the refs that match; ``rules`` and ``bypass_actors`` are as the API takes them."""

    id: int
    name: str
    enforcement: str  # active, disabled or evaluate
    include: list[str]
    exclude: list[str]
    rules: list[dict[str, Any]]
    bypass_actors: list[dict[str, Any]]
    created_at: str
    updated_at: str


@dataclass(eq=False)
class Environment:
    """A place to deploy to. Reviewers are ``(type, id)`` of users and teams."""

    id: int
    name: str
    created_at: str
    updated_at: str
    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: list[tuple[str, int]] = field(default_factory=list)
    branch_policy: dict[str, bool] | None = None
