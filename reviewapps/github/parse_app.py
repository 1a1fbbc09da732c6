"""From GitHub's JSON to what we know of Apps: who they are, where they are let in, and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reviewapps.github.parse import GHOST, time_of
from reviewapps.model import Secret

LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class AppFacts:
    """A GitHub App: ``page`` is where all see it, ``owner`` whose it is: an organization's, if ``of_many``."""

    slug: str
    page: str
    owner: str
    of_many: bool

    def settings(self, pages: str) -> str:
        """Where its owner changes it, on the GitHub whose pages begin like this."""
        whose = f"organizations/{self.owner}/" if self.of_many else ""
        return f"{pages}/{whose}settings/apps/{self.slug}"


@dataclass(frozen=True)
class Installation:
    """An App in an account; ``page`` is where the account's owner changes it."""

    id: int
    slug: str
    account: str
    page: str
    permissions: dict[str, str]
    suspended: bool

    def may(self, permission: str, level: str) -> bool:
        """Whether it was granted that much."""
        granted = self.permissions.get(permission)
        return granted in LEVELS and LEVELS.index(granted) >= LEVELS.index(level)


def app(raw: Any) -> AppFacts:
    owner = raw.get("owner") or {}
    return AppFacts(
        str(raw["slug"]),
        str(raw["html_url"]),
        owner.get("login") or GHOST,
        owner.get("type") == "Organization",
    )


def installation(raw: Any) -> Installation:
    return Installation(
        int(raw["id"]),
        str(raw["app_slug"]),
        (raw.get("account") or {}).get("login") or GHOST,
        str(raw["html_url"]),
        {str(name): str(level) for name, level in raw["permissions"].items()},
        raw.get("suspended_at") is not None,
    )


def installation_token(raw: Any) -> tuple[Secret, datetime]:
    """A token, and when it ends by GitHub's clock."""
    return Secret(raw["token"]), time_of(raw["expires_at"])
