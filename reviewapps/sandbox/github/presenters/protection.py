"""The protection of branches, rulesets, and environments."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters import teams
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import (
    JSON,
    Environment,
    Organization,
    Protection,
    Repository,
    ReviewRule,
    Ruleset,
    StatusRule,
    Team,
    User,
)

FLAGS = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


def protection(one: Protection, url: str) -> JSON:
    """The protection of the branch at ``url``, for its admins."""
    told: JSON = {"url": url}
    if one.statuses is not None:
        told["required_status_checks"] = status_rule(one.statuses, f"{url}/required_status_checks")
    if one.reviews is not None:
        told["required_pull_request_reviews"] = review_rule(
            one.reviews, f"{url}/required_pull_request_reviews"
        )
    return told | {
        "enforce_admins": enforcement(one, url),
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
        **{name: {"enabled": one.flags.get(name, False)} for name in FLAGS},
    }


def enforcement(one: Protection, url: str) -> JSON:
    """Whether admins are held to it too."""
    return {"url": f"{url}/enforce_admins", "enabled": one.enforce_admins}


def review_rule(rule: ReviewRule, url: str) -> JSON:
    """What is asked of reviews."""
    return {
        "url": url,
        "dismiss_stale_reviews": rule.dismiss_stale,
        "require_code_owner_reviews": rule.code_owners,
        "required_approving_review_count": rule.count,
        "require_last_push_approval": rule.last_push,
    }


def status_rule(rule: StatusRule, url: str) -> JSON:
    """What is asked of statuses and check runs."""
    return {
        "url": url,
        "strict": rule.strict,
        "contexts": rule.contexts,
        "contexts_url": f"{url}/contexts",
        "checks": [{"context": context, "app_id": app} for context, app in rule.checks],
    }


def summary(one: Protection | None) -> JSON:
    """What everybody may know of a branch's protection."""
    rule = one.statuses if one else None
    level = "off" if one is None or rule is None else "everyone" if one.enforce_admins else "non_admins"
    checks = [{"context": context, "app_id": app} for context, app in rule.checks] if rule else []
    contexts = rule.contexts if rule else []
    told = {"enforcement_level": level, "contexts": contexts, "checks": checks}
    return {"enabled": one is not None, "required_status_checks": told}


def ruleset(one: Ruleset, repository: Repository, urls: Urls) -> JSON:
    """A ruleset."""
    api = urls.repository(repository, "rulesets", one.id)
    return {
        "id": one.id,
        "name": one.name,
        "target": "branch",
        "source_type": "Repository",
        "source": repository.full_name,
        "enforcement": one.enforcement,
        "bypass_actors": one.bypass_actors,
        "conditions": {"ref_name": {"include": one.include, "exclude": one.exclude}},
        "rules": one.rules,
        "node_id": node_id("RRS", one.id),
        "_links": {"self": {"href": api}, "html": {"href": urls.page(repository, "rules", one.id)}},
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def environment(one: Environment, repository: Repository, people: dict[int, User], urls: Urls) -> JSON:
    """A place to deploy to, and what must be waited for there; ``people`` are the reviewers, by id."""
    rules: list[JSON] = []
    if one.wait_timer:
        rules.append(_rule(one, "wait_timer", 1) | {"wait_timer": one.wait_timer})
    if one.reviewers:
        reviewers = [_reviewer(kind, identity, repository, people, urls) for kind, identity in one.reviewers]
        rule = _rule(one, "required_reviewers", 2) | {"prevent_self_review": one.prevent_self_review}
        rules.append(rule | {"reviewers": [reviewer for reviewer in reviewers if reviewer]})
    if one.branch_policy:
        rules.append(_rule(one, "branch_policy", 3))
    return {
        "id": one.id,
        "node_id": node_id("EN", one.id),
        "name": one.name,
        "url": urls.repository(repository, "environments", one.name),
        "html_url": urls.page(repository, "deployments", "activity_log") + f"?environments_filter={one.name}",
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "can_admins_bypass": True,
        "protection_rules": rules,
        "deployment_branch_policy": one.branch_policy,
    }


def _rule(one: Environment, kind: str, number: int) -> JSON:
    identity = one.id * 10 + number
    return {"id": identity, "node_id": node_id("GA", identity), "type": kind}


def _reviewer(
    kind: str, identity: int, repository: Repository, people: dict[int, User], urls: Urls
) -> JSON | None:
    if kind == "User":
        return {"type": kind, "reviewer": simple_user(people[identity], urls)} if identity in people else None
    found = next((team for team in _teams(repository) if team.id == identity), None)
    return {"type": kind, "reviewer": teams.team(found, urls)} if found else None


def _teams(repository: Repository) -> list[Team]:
    owner = repository.owner
    return list(owner.teams.values()) if isinstance(owner, Organization) else []
