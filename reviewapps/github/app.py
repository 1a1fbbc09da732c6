"""A GitHub App as who we are: its key signs for a token of the installation that serves a repository."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import github
from cryptography.fernet import Fernet, InvalidToken

from reviewapps.errors import NotAuthorised, Unavailable
from reviewapps.github import parse_app as parse
from reviewapps.github.connection import Answer, Connection
from reviewapps.github.credentials import Credentials, Token
from reviewapps.github.parse import understood
from reviewapps.github.parse_app import AppFacts, Installation
from reviewapps.github.refusals import their_time
from reviewapps.grants import AppKey, GitHubAccess
from reviewapps.model import Secret
from reviewapps.ports import Memory

EARLY: Final = 600.0
"""Seconds before its end from which a token is not used any more: what begins with one has to end with it."""

NEEDED: Final = {
    "checks": "read",
    "contents": "read",
    "deployments": "write",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
"""All that our tokens may do, however much more the App may. What it was not granted, they lack."""


class NotLetIn(NotAuthorised):
    """The App is not, or not any more, let into a repository; ``mend`` says what its owner does, and where."""

    def __init__(self, told: str, mend: str) -> None:
        super().__init__(f"{told}: {mend}")
        self.told, self.mend = told, mend


class Assertion:
    """What the App signs itself, good for minutes: it opens nothing but what is about the App."""

    def __init__(self, key: AppKey) -> None:
        self.holder = f"app {key.app}"
        self._auth = github.Auth.AppAuth(key.app, str(key.private_key))

    def login(self) -> str | None:
        return None

    def token(self) -> Secret:
        return Secret(self._auth.token)

    def renewed(self, refused: Secret) -> bool:
        return False


@dataclass(frozen=True)
class Minted:
    """A token, the bot that acts with it, and until when (seconds since 1970, our clock) it is used."""

    token: Secret
    login: str
    until: float


class AppInstallation:
    """The App's tokens for the repository ``owner/name``. Which installation that is, is asked for each token: an
    App may be thrown out and let in again, a repository may move.

    All processes share a token, since GitHub's ETags hold for one token only. It is kept sealed: the App's key
    opens it, and no memory has that.
    """

    def __init__(self, app: Connection, private_key: Secret, memory: Memory, repository: str) -> None:
        self._app, self._memory, self._repository = app, memory, repository
        self.holder = f"{app.holder} {repository.lower()}"
        self._seal = Fernet(base64.urlsafe_b64encode(sha256(f"token\n{private_key}".encode()).digest()))

    def login(self) -> str | None:
        return self._current().login

    def token(self) -> Secret:
        return self._current().token

    def renewed(self, refused: Secret) -> bool:
        kept = self._kept()
        if kept is None or kept.token == refused:
            kept = self._mint()
        return kept.token != refused

    def installation(self) -> Installation:
        """Where the App is let into the repository; NotLetIn where it is not."""
        path = f"/repos/{self._repository}/installation"
        answer = self._app.read(path)
        if answer.missing:
            facts = app_facts(self._app)
            raise NotLetIn(
                f"the App {facts.slug} is not installed on {self._repository}, or that does not exist",
                f"install it: {facts.page}/installations/new",
            )
        found = understood(parse.installation, answer.body, path)
        if found.suspended:
            raise NotLetIn(
                f"the App {found.slug} is suspended in {found.account}", f"unsuspend it: {found.page}"
            )
        return found

    def _current(self) -> Minted:
        return self._kept() or self._mint()

    def _mint(self) -> Minted:
        """A new token, which others find in the memory. Two that mint at once both have a good one."""
        found = self.installation()
        path = f"/app/installations/{found.id}/access_tokens"
        wanted = {name: level for name, level in NEEDED.items() if found.may(name, level)}
        wanted |= {name: "read" for name in NEEDED.keys() - wanted.keys() if found.may(name, "read")}
        answer = self._app.write("POST", path, {"permissions": wanted})
        if answer.missing:
            raise Unavailable(f"GitHub: the App {found.slug} was thrown out of {found.account} just now")
        minted = _minted(answer, found, path)
        self._keep(minted)
        return minted

    def _kept(self) -> Minted | None:
        sealed = self._memory.read(self._name)
        try:
            told = json.loads(self._seal.decrypt(str(sealed).encode())) if sealed else {}
            minted = Minted(Secret(told["token"]), told["login"], told["until"])
        except (InvalidToken, KeyError, TypeError, ValueError):
            return None
        return minted if minted.until > time.time() else None

    def _keep(self, minted: Minted) -> None:
        told: dict[str, Any] = {"token": minted.token, "login": minted.login, "until": minted.until}
        seconds = max(1.0, minted.until - time.time())
        self._memory.write(self._name, self._seal.encrypt(json.dumps(told).encode()).decode(), seconds)

    @property
    def _name(self) -> str:
        return f"github/token/{sha256(self.holder.encode()).hexdigest()[:16]}"


def credentials_of(
    access: GitHubAccess, repository: str, *, memory: Memory, timeout: float, spend: Callable[[], None]
) -> Credentials:
    """Who we are where this repository is concerned."""
    if access.app is None:
        return Token(access.token or Secret(""))
    app = as_app(access.url, access.app, memory=memory, timeout=timeout, spend=spend)
    return AppInstallation(app, access.app.private_key, memory, repository)


def as_app(
    api_url: str, key: AppKey, *, memory: Memory, timeout: float, spend: Callable[[], None]
) -> Connection:
    """GitHub as the App by itself sees it, which opens no repository."""
    return Connection(api_url, Assertion(key), memory=memory, timeout=timeout, spend=spend)


def app_facts(app: Connection) -> AppFacts:
    """The App, as it is asked by its own signature. NotAuthorised where GitHub does not know it, or its key."""
    answer = app.read("/app")
    if answer.missing:
        raise NotAuthorised("GitHub knows no App of that id")
    return understood(parse.app, answer.body, "/app")


def _minted(answer: Answer, found: Installation, path: str) -> Minted:
    """How long it lives is told by GitHub's clock, which need not be ours."""
    token, expires_at = understood(parse.installation_token, answer.body, path)
    lives = expires_at.timestamp() - (their_time(answer.headers) or time.time())
    return Minted(token, f"{found.slug}[bot]", time.time() + max(60.0, lives - EARLY))
