"""Users and organizations."""

from __future__ import annotations

from urllib.parse import quote

from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Organization, Repository, User

_LINKS = {
    "events_url": "/events{/privacy}",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "organizations_url": "/orgs",
    "received_events_url": "/received_events",
    "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "url": "",
}
_NOTHING = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
_NOBODY = {"followers": 0, "following": 0, "public_gists": 0}


def simple_user(user: User, urls: Urls) -> JSON:
    """A user as others mention it; a bot's page is that of its App."""
    return urls.once(("user", user.id), lambda: _simple_user(user, urls))


def _simple_user(user: User, urls: Urls) -> JSON:
    login = quote(user.login)
    api, page = f"{urls.origin}/users/{login}", f"{urls.origin}/{login}"
    if user.login.endswith("[bot]"):
        page = f"{urls.origin}/apps/{user.login.removesuffix('[bot]')}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("U", user.id),
        "avatar_url": f"{urls.origin}/{login}.png",
        "gravatar_id": "",
        "html_url": page,
        **{name: api + path for name, path in _LINKS.items()},
        "type": user.type,
        "site_admin": False,
    }


def public_user(user: User, urls: Urls, public_repos: int) -> JSON:
    """A user alone."""
    times = {"created_at": user.created_at, "updated_at": user.created_at}
    public = {"public_repos": public_repos, "user_view_type": "public"}
    return simple_user(user, urls) | _NOTHING | _NOBODY | public | times


def organization_simple(user: User, urls: Urls) -> JSON:
    """An organization as events mention it."""
    api = f"{urls.origin}/orgs/{user.login}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("O", user.id),
        "url": api,
        **{f"{name}_url": f"{api}/{name}" for name in ("repos", "events", "hooks", "issues")},
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{urls.origin}/{user.login}.png",
        "description": None,
    }


def organization(user: User, urls: Urls, public_repos: int) -> JSON:
    """An organization alone."""
    return organization_simple(user, urls) | {
        "html_url": f"{urls.origin}/{user.login}",
        "has_organization_projects": False,
        "has_repository_projects": False,
        "public_repos": public_repos,
        **_NOBODY,
        "type": "Organization",
        "created_at": user.created_at,
        "updated_at": user.created_at,
        "archived_at": None,
    }


def association(repository: Repository, user: User) -> str:
    """What a person is to a repository, as far as GitHub tells."""
    owner = repository.owner
    if user is owner:
        return "OWNER"
    if isinstance(owner, Organization) and user.login in owner.members:
        return "MEMBER"
    if user.login in repository.roles:
        return "COLLABORATOR"
    return "CONTRIBUTOR" if user.login in repository.contributors else "NONE"
