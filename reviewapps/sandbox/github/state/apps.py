"""Apps, where they are installed, and the tokens they were given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from reviewapps.sandbox.github.state.keys import KeyPair

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.accounts import User
    from reviewapps.sandbox.github.state.repository import Repository

Level = Annotated[str, Field(pattern="^(read|write|admin)$")]
Permissions = dict[str, Level]
"""``read``, ``write`` or ``admin``, by GitHub's name of the permission."""


@dataclass(eq=False)
class App:
    """Something that acts on GitHub in its own name, which is ``slug[bot]``."""

    id: int
    slug: str
    name: str
    owner: User
    bot: User
    client_id: str
    client_secret: str = field(repr=False)
    keys: KeyPair
    permissions: Permissions
    events: list[str]
    created_at: str
    updated_at: str
    description: str | None = None
    external_url: str = ""


@dataclass(eq=False)
class Installation:
    """An App in one account: in all of its repositories, or in those of these ids."""

    id: int
    app: App
    account: User
    permissions: Permissions
    events: list[str]
    selection: str
    repositories: set[int]
    created_at: str
    updated_at: str
    suspended_at: str | None = None
    suspended_by: User | None = None

    def covers(self, repository: Repository) -> bool:
        """Whether the App was let into this repository."""
        chosen = self.selection == "all" or repository.id in self.repositories
        return repository.owner is self.account and chosen


@dataclass(eq=False)
class InstallationToken:
    """What an App acts with, for an hour. ``expires_at`` is in seconds since 1970, by the sandbox's clock."""

    value: str = field(repr=False)
    installation: Installation
    permissions: Permissions
    repositories: set[int] | None
    expires_at: float

    def covers(self, repository: Repository) -> bool:
        """Whether it opens this repository: the installation must, and the token where it was narrowed."""
        within = self.repositories is None or repository.id in self.repositories
        return within and self.installation.covers(repository)


@dataclass(eq=False)
class Manifest:
    """An App that was registered from a manifest, until its code is turned into its keys."""

    code: str
    app: App
    expires_at: float


class Registration(BaseModel):
    """What somebody wants who registers an App."""

    model_config = ConfigDict(extra="forbid")

    name: str
    url: str = ""
    description: str | None = None
    permissions: Permissions = {}
    events: list[str] = []
    hook_url: str = ""
    hook_active: bool = True
