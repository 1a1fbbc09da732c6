"""Branch protection and rulesets, read as one kind of value."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from reviewapps.sandbox.github.state import (
    JSON,
    Protection,
    Repository,
    ReviewRule,
    Ruleset,
    StatusRule,
    User,
)

ADMIN_ROLE = 5
"""The id by which rulesets name the role of a repository's admins."""


@dataclass(frozen=True)
class Requirements:
    """What one protection, or one ruleset, asks of a branch. None: it does not ask for this."""

    reviews: ReviewRule | None = None
    statuses: StatusRule | None = None
    merge_queue: bool = False
    force_pushes: bool = True
    deletions: bool = True
    creations: bool = True
    linear_history: bool = False
    frozen: bool = False
    ruleset: Ruleset | None = None
    admins_exempt: bool = False

    def binds(self, repository: Repository, user: User | None) -> bool:
        """Whether ``user`` is held to it."""
        return not (self.admins_exempt and repository.role(user) == "admin")


def requirements(repository: Repository, branch: str) -> list[Requirements]:
    """All that is asked of a branch."""
    found = []
    if branch in repository.protections:
        found.append(_of_protection(repository.protections[branch]))
    return found + [_of_ruleset(one) for one in rulesets(repository, branch)]


def rulesets(repository: Repository, branch: str) -> list[Ruleset]:
    """The active rulesets that speak of a branch."""
    return [
        one
        for one in repository.rulesets.values()
        if one.enforcement == "active"
        and any(_covers(repository, pattern, branch) for pattern in one.include)
        and not any(_covers(repository, pattern, branch) for pattern in one.exclude)
    ]


def review_rule(asked: list[Requirements]) -> ReviewRule | None:
    """The strictest of all rules about reviews together; None where nothing requires a review."""
    rules = [one.reviews for one in asked if one.reviews is not None]
    needed = [one for one in rules if one.count or one.code_owners or one.last_push]
    if not needed:
        return None
    return ReviewRule(
        count=max(one.count for one in rules),
        dismiss_stale=any(one.dismiss_stale for one in rules),
        code_owners=any(one.code_owners for one in rules),
        last_push=any(one.last_push for one in rules),
    )


def _covers(repository: Repository, pattern: str, branch: str) -> bool:
    if pattern == "~ALL":
        return True
    if pattern == "~DEFAULT_BRANCH":
        return branch == repository.default_branch
    ref = f"refs/heads/{branch}"
    if "**" in pattern:
        return fnmatchcase(ref, pattern.replace("**/*", "*").replace("**", "*"))
    parts, wanted = ref.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _of_protection(one: Protection) -> Requirements:
    return Requirements(
        reviews=one.reviews,
        statuses=one.statuses,
        force_pushes=one.flags.get("allow_force_pushes", False),
        deletions=one.flags.get("allow_deletions", False),
        linear_history=one.flags.get("required_linear_history", False),
        frozen=one.flags.get("lock_branch", False),
        admins_exempt=not one.enforce_admins,
    )


def _of_ruleset(one: Ruleset) -> Requirements:
    rules: dict[str, JSON] = {rule["type"]: rule.get("parameters") or {} for rule in one.rules}
    pull, checks = rules.get("pull_request"), rules.get("required_status_checks")
    actors = [(actor.get("actor_type"), actor.get("actor_id")) for actor in one.bypass_actors]
    return Requirements(
        reviews=_reviews(pull) if pull is not None else None,
        statuses=_statuses(checks) if checks is not None else None,
        merge_queue="merge_queue" in rules,
        force_pushes="non_fast_forward" not in rules,
        deletions="deletion" not in rules,
        creations="creation" not in rules,
        linear_history="required_linear_history" in rules,
        frozen="update" in rules,
        ruleset=one,
        admins_exempt=("RepositoryRole", ADMIN_ROLE) in actors or "OrganizationAdmin" in dict(actors),
    )


def _reviews(parameters: JSON) -> ReviewRule:
    return ReviewRule(
        count=parameters["required_approving_review_count"],
        dismiss_stale=parameters["dismiss_stale_reviews_on_push"],
        code_owners=parameters["require_code_owner_review"],
        last_push=parameters["require_last_push_approval"],
    )


def _statuses(parameters: JSON) -> StatusRule:
    checks = [(one["context"], one.get("integration_id")) for one in parameters["required_status_checks"]]
    return StatusRule(tuple(checks), parameters["strict_required_status_checks_policy"])
