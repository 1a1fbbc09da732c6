"""Apps and their installations."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters import repositories
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, App, Installation, InstallationToken, Repository


def app(app: App, urls: Urls) -> JSON:
    """An App, as everybody sees it."""
    return {
        "id": app.id,
        "slug": app.slug,
        "client_id": app.client_id,
        "node_id": node_id("A", app.id),
        "owner": simple_user(app.owner, urls),
        "name": app.name,
        "description": app.description,
        "external_url": app.external_url,
        "html_url": f"{urls.origin}/apps/{app.slug}",
        "created_at": app.created_at,
        "updated_at": app.updated_at,
        "permissions": app.permissions,
        "events": app.events,
    }


def installation(one: Installation, urls: Urls) -> JSON:
    """An App in an account."""
    api, app = f"{urls.origin}/app/installations/{one.id}", one.app
    return {
        "id": one.id,
        "client_id": app.client_id,
        "account": simple_user(one.account, urls),
        "repository_selection": one.selection,
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{urls.origin}/installation/repositories",
        "html_url": f"{urls.origin}/settings/installations/{one.id}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": one.permissions,
        "events": one.events,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": simple_user(one.suspended_by, urls) if one.suspended_by else None,
        "suspended_at": one.suspended_at,
    }


def token(one: InstallationToken, expires_at: str, within: list[Repository], urls: Urls) -> JSON:
    """A token, told this once; ``within`` are the repositories that it was narrowed to."""
    narrowed = one.repositories is not None
    told: JSON = {
        "token": one.value,
        "expires_at": expires_at,
        "permissions": one.permissions,
        "repository_selection": "selected" if narrowed else one.installation.selection,
    }
    return told | ({"repositories": [repositories.repository(r, urls) for r in within]} if narrowed else {})


def brief(one: Repository) -> JSON:
    """A repository as events about installations mention it."""
    return {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }
