"""Whom we are on GitHub, and how that account stands: for whoever sets an installation up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from reviewapps.errors import NotAuthorised
from reviewapps.github import parse
from reviewapps.github.app import app_facts
from reviewapps.github.conditional import kept
from reviewapps.github.connection import Answer, Connection
from reviewapps.github.parse import Standing, understood
from reviewapps.github.parse_app import AppFacts
from reviewapps.github.refusals import Forbidden, their_time

UNLIMITED: Final = Standing(0, 0, datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class AppSeen:
    """An App, and the fingerprint of that of its keys which signed for it."""

    facts: AppFacts
    key: str


@dataclass(frozen=True)
class Account:
    """Whom the token is of, and how it stands. ``login`` is None for a token of no person, ``limit`` 0 for none.

    ``scopes`` only a classic token has; ``apart`` is how far GitHub's clock is ahead of ours, seconds. ``app`` is
    the App that we act as, where we are one.
    """

    login: str | None
    scopes: frozenset[str] | None
    limit: int
    remaining: int
    resets_at: datetime
    expires_at: datetime | None
    apart: float
    app: AppSeen | None = None

    @property
    def spent(self) -> bool:
        """Whether nothing may be asked before the limit starts anew."""
        return self.limit > 0 and self.remaining == 0


def account(connection: Connection) -> Account:
    """Whom the token is of. The limit is asked for first: that costs nothing of it."""
    asked = time.time()
    answer = connection.read("/rate_limit")
    ours = (asked + time.time()) / 2
    unlimited = answer.missing  # GitHub Enterprise Server, unless its admins want it otherwise
    standing = UNLIMITED if unlimited else understood(parse.standing, answer.body, "/rate_limit")
    asks = unlimited or standing.remaining > 0
    return Account(
        login=(connection.credentials.login() or _login(connection)) if asks else None,
        scopes=_scopes(answer),
        limit=standing.limit,
        remaining=standing.remaining,
        resets_at=standing.resets_at,
        expires_at=_expiry(answer),
        apart=_apart(answer, ours),
    )


def account_of_app(app: Connection, key: str, in_repositories: Iterable[Connection]) -> Account:
    """The App whose ``key`` has this fingerprint, and how it stands in the first repository that lets it in."""
    seen = AppSeen(app_facts(app), key)
    for connection in in_repositories:
        with contextlib.suppress(NotAuthorised):
            return replace(account(connection), app=seen)
    return Account(f"{seen.facts.slug}[bot]", None, 0, 0, UNLIMITED.resets_at, None, 0.0, seen)


def _login(connection: Connection) -> str | None:
    try:
        return kept(connection, "/user", parse.own_login).value
    except Forbidden:  # an installation of an App is nobody
        return None


def _scopes(answer: Answer) -> frozenset[str] | None:
    told = answer.headers.get("x-oauth-scopes")
    return None if told is None else frozenset(word.strip() for word in told.split(",") if word.strip())


def _expiry(answer: Answer) -> datetime | None:
    told = answer.headers.get("github-authentication-token-expiration", "")
    try:
        return datetime.fromisoformat(told.replace(" UTC", "+00:00")).astimezone(UTC)
    except ValueError:
        return None


def _apart(answer: Answer, ours: float) -> float:
    """How far their clock is ahead. It is told in whole seconds, of which half a one is the likeliest."""
    theirs = their_time(answer.headers)
    return 0.0 if theirs is None else theirs + 0.5 - ours
