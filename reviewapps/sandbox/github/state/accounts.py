"""Who is on GitHub: people, bots, organizations and their teams."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""What one may be in a repository, from least to most."""

LOGIN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?"
"""What an account may be called."""


def slug_of(name: str) -> str:
    """How a team of that name is called in paths."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def permission_of(role: str) -> str:
    """The role in the older words: ``admin``, ``write``, ``read`` or ``none``."""
    return {"triage": "read", "maintain": "write"}.get(role, role)


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
class Organization(User):
    """An account that owns repositories and whose members are ``admin`` or ``member``, by login."""

    members: dict[str, str] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)  # by slug
    default_role: str = "read"  # of every member, in every repository

    def roles(self, user: User) -> list[str]:
        """What membership alone makes of ``user`` in each of the organization's repositories."""
        membership = self.members.get(user.login)
        return {"admin": ["admin"], "member": [self.default_role]}.get(membership or "", [])


@dataclass(eq=False)
class Team:
    """Some members of an organization, each a ``member`` or a ``maintainer``, by login."""

    id: int
    organization: Organization
    name: str
    slug: str
    description: str | None
    privacy: str
    members: dict[str, str] = field(default_factory=dict)

    @property
    def combined_slug(self) -> str:
        return f"{self.organization.login}/{self.slug}"

    def has(self, user: User) -> bool:
        """Whether ``user`` is in it."""
        return user.login in self.members
