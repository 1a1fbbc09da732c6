"""Looking at an account and a repository for whoever sets an installation up, without writing anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from reviewapps.errors import BadRules, RateLimited, TryLater, Unavailable
from reviewapps.github import parse
from reviewapps.github.conditional import Missing, kept
from reviewapps.github.connection import Answer, Connection, Forbidden, their_time
from reviewapps.github.looking import RULES, root
from reviewapps.github.parse import Permissions, RepositoryFacts, Standing, understood


@dataclass(frozen=True)
class Write:
    """Something that we write: where it is made, the scopes of a classic token of which one is enough, and
    whether one has to be a writer for it. (Who may read may comment.)"""

    path: str
    scopes: frozenset[str]
    by_writers: bool


WRITES: Final[Mapping[str, Write]] = {
    "pull requests": Write("pulls", frozenset({"repo"}), by_writers=False),
    "deployments": Write("deployments", frozenset({"repo", "repo_deployment"}), by_writers=True),
}

UNLIMITED: Final = Standing(0, 0, datetime.max.replace(tzinfo=UTC))

PUBLIC: Final = "public_repo"
"""The scope that is as good as ``repo`` in public repositories."""


@dataclass(frozen=True)
class Account:
    """Whom the token is of, and how it stands. ``login`` is None for a token of no person, ``limit`` 0 for none.

    ``scopes`` only a classic token has; ``apart`` is how far GitHub's clock is ahead of ours, seconds.
    """

    login: str | None
    scopes: frozenset[str] | None
    limit: int
    remaining: int
    resets_at: datetime
    expires_at: datetime | None
    apart: float

    @property
    def spent(self) -> bool:
        """Whether nothing may be asked before the limit starts anew."""
        return self.limit > 0 and self.remaining == 0


@dataclass(frozen=True)
class Surveyed:
    """One repository as our token sees it: what it may read and write there, and some of the default branch's
    files, None where there is none of that path."""

    facts: RepositoryFacts
    permissions: Permissions
    head: str | None
    contents: bool
    pull_requests: bool
    writes: Mapping[str, bool]
    files: Mapping[str, str | None]
    rules_broken: str | None = None


def account(connection: Connection) -> Account:
    """Whom the token is of. The limit is asked for first: that costs nothing of it."""
    asked = time.time()
    answer = connection.read("/rate_limit")
    ours = (asked + time.time()) / 2
    unlimited = answer.missing  # GitHub Enterprise Server, unless its admins want it otherwise
    standing = UNLIMITED if unlimited else understood(parse.standing, answer.body, "/rate_limit")
    return Account(
        login=_login(connection) if unlimited or standing.remaining else None,
        scopes=_scopes(answer),
        limit=standing.limit,
        remaining=standing.remaining,
        resets_at=standing.resets_at,
        expires_at=_expiry(answer),
        apart=_apart(answer, ours),
    )


def repository(
    connection: Connection,
    name: str,
    scopes: frozenset[str] | None,
    named_by: Callable[[str | None], tuple[str, ...]],
) -> Surveyed:
    """The repository of this name; Missing where the token does not see it.

    ``named_by`` tells from the text of the rules (None: there are none) which other files are to be read.
    """
    answer = connection.read(f"/repos/{name}")
    if answer.missing:
        raise Missing(f"{name} is not there, or the token may not see it")
    facts = understood(parse.repository, answer.body, name)
    permissions = understood(parse.permissions, answer.body, name)
    api, readable = root(facts.id), True
    try:
        head = _head(connection, facts)
        files, broken = _files(connection, api, head, named_by)
    except Forbidden:
        head, files, broken, readable = None, {}, None, False
    return Surveyed(
        facts=facts,
        permissions=permissions,
        head=head,
        contents=readable,
        pull_requests=_may_read(connection, f"{api}/pulls?per_page=1"),
        writes=_writes(connection, facts, permissions, scopes),
        files=files,
        rules_broken=broken,
    )


def _login(connection: Connection) -> str | None:
    try:
        return kept(connection, "/user", parse.own_login).value
    except Forbidden:  # an installation of an App is nobody
        return None


def _head(connection: Connection, facts: RepositoryFacts) -> str | None:
    """The commit at the tip of the default branch; None in an empty repository."""
    path = f"{root(facts.id)}/branches/{quote(facts.default_branch)}"
    answer = connection.read(path)
    return None if answer.missing else understood(parse.head, answer.body, path)


def _files(
    connection: Connection, api: str, head: str | None, named_by: Callable[[str | None], tuple[str, ...]]
) -> tuple[dict[str, str | None], str | None]:
    """The rules and the files that they name, and why one of them is no text."""
    if head is None:
        return {}, None
    files: dict[str, str | None] = {}
    try:
        files[RULES] = _text(connection, api, head, RULES)
        for path in named_by(files[RULES]):
            files[path] = _text(connection, api, head, path)
    except BadRules as broken:
        return files, str(broken)
    return files, None


def _text(connection: Connection, api: str, head: str, path: str) -> str | None:
    answer = connection.read(f"{api}/contents/{quote(path)}?ref={head}")
    return None if answer.missing else parse.text_of(answer.body, path)


def _may_read(connection: Connection, path: str) -> bool:
    try:
        return not connection.read(path).missing
    except Forbidden:
        return False


def _writes(
    connection: Connection, facts: RepositoryFacts, may: Permissions, scopes: frozenset[str] | None
) -> dict[str, bool]:
    """Of each thing that we write, whether we may.

    What a person may do says what their token can do at most. A classic token's scopes say the rest. One with
    permissions of its own does not tell them: there we ask for something without any content, which is
    refused as forbidden, or else as incomplete, and can never be made.
    """
    has = (scopes or frozenset()) | ({"repo"} if PUBLIC in (scopes or ()) and not facts.private else set())

    def may_write(write: Write) -> bool:
        if write.by_writers and not may.push:
            return False
        if scopes is not None:
            return bool(has & write.scopes)
        return _may_make(connection, f"{root(facts.id)}/{write.path}")

    return {what: may_write(write) for what, write in WRITES.items()}


def _may_make(connection: Connection, path: str) -> bool:
    try:
        return not connection.write("POST", path, {}).missing
    except Forbidden:
        return False
    except (RateLimited, Unavailable):
        raise
    except TryLater:  # 422: it would have been made, had it any content
        return True


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
