"""Teams and memberships of organizations, and the roles of collaborators."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters.accounts import organization, simple_user
from reviewapps.sandbox.github.presenters.repositories import permissions
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Organization, Repository, Team, User

WORDS = {"read": "pull", "write": "push"}
"""Roles that have another name where teams and collaborators are given them."""


def team(team: Team, urls: Urls, role: str = "read") -> JSON:
    """A team; ``role`` is what it is in the repository that is spoken of."""
    owner = team.organization
    api = f"{urls.origin}/organizations/{owner.id}/team/{team.id}"
    return {
        "id": team.id,
        "node_id": node_id("T", team.id),
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "privacy": team.privacy,
        "notification_setting": "notifications_enabled",
        "permission": WORDS.get(role, role),
        "permissions": permissions(role),
        "url": api,
        "html_url": f"{urls.origin}/orgs/{owner.login}/teams/{team.slug}",
        "members_url": f"{api}/members{{/member}}",
        "repositories_url": f"{api}/repos",
        "type": "organization",
        "organization_id": owner.id,
        "parent": None,
    }


def team_alone(one: Team, repositories: int, urls: Urls) -> JSON:
    """A team, with its numbers and its organization."""
    return team(one, urls) | {
        "members_count": len(one.members),
        "repos_count": repositories,
        "created_at": one.organization.created_at,
        "updated_at": one.organization.created_at,
        "organization": organization(one.organization, urls, 0),
    }


def team_membership(team: Team, login: str, urls: Urls) -> JSON:
    """What somebody is in a team."""
    url = f"{urls.origin}/organizations/{team.organization.id}/team/{team.id}/memberships/{login}"
    return {"url": url, "role": team.members[login], "state": "active"}


def membership(one: Organization, user: User, urls: Urls) -> JSON:
    """What somebody is in an organization."""
    return {
        "url": f"{urls.origin}/orgs/{one.login}/memberships/{user.login}",
        "state": "active",
        "role": one.members[user.login],
        "organization_url": f"{urls.origin}/orgs/{one.login}",
        "organization": organization(one, urls, 0),
        "user": simple_user(user, urls),
    }


def collaborator(user: User, repository: Repository, urls: Urls) -> JSON:
    """A person, and what they may do here."""
    role = repository.role(user)
    return simple_user(user, urls) | {"permissions": permissions(role), "role_name": role}
