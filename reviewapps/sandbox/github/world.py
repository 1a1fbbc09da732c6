"""Everybody and everything on this GitHub, and the time it thinks it is."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.github.git import Bare
from reviewapps.sandbox.github.sign_ins import SignIn
from reviewapps.sandbox.github.state import (
    Allowance,
    App,
    Environment,
    Hook,
    Installation,
    InstallationToken,
    Label,
    Manifest,
    Organization,
    PullRequest,
    Repository,
    Team,
    Usage,
    User,
    slug_of,
)


class World:
    """The state of one GitHub, but for the repositories' contents. All of it outlives the process."""

    def __init__(self, home: Path) -> None:
        self.home = home / "repositories"
        self.clock = Clock()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, User] = {}
        self.sign_ins: dict[str, SignIn] = {}
        self.repositories: dict[int, Repository] = {}
        self.secret = secrets.token_bytes(32)  # signs links that are for nobody else
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.installation_tokens: dict[str, InstallationToken] = {}
        self.manifests: dict[str, Manifest] = {}
        self.hooks: dict[int, Hook] = {}
        self.allowance = Allowance()
        self.usage: dict[str, Usage] = {}
        self._former_names: dict[str, int] = {}
        self._last_id = 1000

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "home"}

    def next_id(self) -> int:
        """A number that nothing else here has."""
        self._last_id += 1
        return self._last_id

    # ---- accounts

    def add_user(self, login: str, type: str = "User") -> User:
        """The account of that name, made where there is none."""
        known = self.user(login)
        if known is not None:
            return known
        kind = Organization if type == "Organization" else User
        user = kind(self.next_id(), login, type, self.clock.timestamp)
        self.users[login.lower()] = user
        return user

    def user(self, login: str) -> User | None:
        """The account of that name."""
        return self.users.get(login.lower())

    def organization(self, login: str) -> Organization | None:
        """The organization of that name."""
        found = self.user(login)
        return found if isinstance(found, Organization) else None

    def add_team(
        self, organization: Organization, name: str, description: str | None = None, privacy: str = "closed"
    ) -> Team:
        """A new team of this organization, with nobody in it."""
        slug = slug_of(name)
        team = Team(self.next_id(), organization, name, slug, description, privacy)
        organization.teams[slug] = team
        return team

    def author(self, email: str) -> User | None:
        """The account whose address a commit bears."""
        local, _, host = email.partition("@")
        return self.user(local.rpartition("+")[2]) if host == "users.noreply.github.com" else None

    # ---- repositories

    def place(
        self,
        owner: User,
        name: str,
        *,
        default_branch: str,
        private: bool = False,
        admins: Iterable[str] = (),
        writers: Iterable[str] = (),
        parent: Repository | None = None,
    ) -> Repository:
        """A new repository, known from now on; its git repository is the caller's to create."""
        identity, now = self.next_id(), self.clock.timestamp
        git = Bare(self.home / f"{identity}.git")
        repository = Repository(identity, owner, name, private, default_branch, git, now, now, now)
        repository.parent = parent
        repository.roles = dict.fromkeys(writers, "write") | dict.fromkeys((owner.login, *admins), "admin")
        self.repositories[identity] = repository
        self._former_names.pop(repository.full_name.lower(), None)
        return repository

    def named(self, owner: str, name: str) -> Repository | None:
        """The repository of that name now."""
        wanted = f"{owner}/{name}".lower()
        return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def formerly_named(self, owner: str, name: str) -> Repository | None:
        """The repository that once had that name, which nobody else took."""
        return self.repositories.get(self._former_names.get(f"{owner}/{name}".lower(), 0))

    def rename(self, repository: Repository, name: str) -> None:
        """Give it another name; the old one leads to it."""
        self._former_names[repository.full_name.lower()] = repository.id
        repository.name = name
        repository.updated_at = self.clock.timestamp

    def remove(self, repository: Repository) -> None:
        """Forget it. Pull requests from it stay, with no head repository; forks still use its objects."""
        del self.repositories[repository.id]
        repository.queue.clear()
        self.hooks = {id: hook for id, hook in self.hooks.items() if hook.repository is not repository}
        for installation in self.installations.values():
            installation.repositories.discard(repository.id)
        for pull in self.pull_requests():
            if pull.head is repository:
                pull.head = None
                self.touch(pull)

    def hook_of(self, app: App) -> Hook:
        """Where an App wants to be told."""
        return next(hook for hook in self.hooks.values() if hook.app is app)

    def covered_by(self, installation: Installation) -> list[Repository]:
        """The repositories that an App was let into."""
        return [r for r in self.repositories.values() if installation.covers(r)]

    def forget_expired(self) -> None:
        """Keep no token and no manifest's code that opens nothing any more."""
        now = self.clock.seconds
        live = [one for one in self.installation_tokens.values() if one.expires_at > now]
        self.installation_tokens = {one.value: one for one in live}
        self.manifests = {code: one for code, one in self.manifests.items() if one.expires_at > now}

    # ---- pull requests

    def pull_requests(self) -> list[PullRequest]:
        """All there are."""
        return [pull for r in self.repositories.values() for pull in r.pull_requests.values()]

    def touch(self, pull: PullRequest) -> None:
        """Something about ``pull`` changed just now."""
        pull.updated_at = self.clock.timestamp

    def environment(self, repository: Repository, name: str) -> Environment:
        """The repository's environment of that name, made where there is none, as deployments do."""
        if name.lower() not in repository.environments:
            now = self.clock.timestamp
            repository.environments[name.lower()] = Environment(self.next_id(), name, now, now)
        return repository.environments[name.lower()]

    def label(self, repository: Repository, name: str) -> Label:
        """The repository's label of that name, made where there is none."""
        if name.lower() not in repository.labels:
            repository.labels[name.lower()] = Label(self.next_id(), name)
        return repository.labels[name.lower()]
