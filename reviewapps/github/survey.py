"""Looking at an account and a repository for whoever sets an installation up, without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from reviewapps.errors import BadRules, RateLimited, TryLater, Unavailable
from reviewapps.github import parse
from reviewapps.github.app import AppInstallation
from reviewapps.github.conditional import Missing
from reviewapps.github.connection import Connection
from reviewapps.github.looking import RULES, root
from reviewapps.github.parse import Permissions, RepositoryFacts, understood
from reviewapps.github.parse_app import Installation
from reviewapps.github.refusals import Forbidden


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
    "statuses": Write("statuses/{head}", frozenset({"repo", "repo:status"}), by_writers=True),
}

FOR_RULES: Final = ("checks", "members")

NOWHERE: Final = "0" * 40
"""A commit that no repository has."""

PUBLIC: Final = "public_repo"
"""The scope that is as good as ``repo`` in public repositories."""


@dataclass(frozen=True)
class Surveyed:
    """One repository as our token sees it: what it may read and write there, and some of the default branch's
    files, None where there is none of that path. ``page`` is where an App's installation is changed, ``ungranted``
    what it lacks of the permissions that only some rules need."""

    facts: RepositoryFacts
    permissions: Permissions
    head: str | None
    contents: bool
    pull_requests: bool
    writes: Mapping[str, bool]
    files: Mapping[str, str | None]
    rules_broken: str | None = None
    page: str = ""
    ungranted: frozenset[str] = frozenset()


def repository(
    connection: Connection,
    name: str,
    scopes: frozenset[str] | None,
    named_by: Callable[[str | None], tuple[str, ...]],
) -> Surveyed:
    """The repository of this name; Missing where the token does not see it.

    ``named_by`` tells from the text of the rules (None: there are none) which other files are to be read.
    """
    let_in = connection.credentials
    granted = let_in.installation() if isinstance(let_in, AppInstallation) else None
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
        writes=_granted(granted) if granted else _writes(connection, facts, permissions, scopes, head),
        files=files,
        rules_broken=broken,
        page=granted.page if granted else "",
        ungranted=frozenset(one for one in FOR_RULES if granted and not granted.may(one, "read")),
    )


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


def _granted(installation: Installation) -> dict[str, bool]:
    """An App's installation tells what it may."""
    return {what: installation.may(what.replace(" ", "_"), "write") for what in WRITES}


def _writes(
    connection: Connection,
    facts: RepositoryFacts,
    may: Permissions,
    scopes: frozenset[str] | None,
    head: str | None,
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
        return _may_make(connection, f"{root(facts.id)}/{write.path.format(head=head or NOWHERE)}")

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
