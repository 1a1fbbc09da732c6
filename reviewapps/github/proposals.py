"""What pull requests make of one file, and whether what it names is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from reviewapps.github import parse
from reviewapps.github.conditional import kept
from reviewapps.github.connection import Connection
from reviewapps.github.graphql import asked
from reviewapps.github.looking import root
from reviewapps.github.parse import RepositoryFacts
from reviewapps.github.refusals import Forbidden, Unfit
from reviewapps.grants import Named

AT_ONCE: Final = 50
"""Commits that one question is about."""


class Proposals:
    """The file at ``path``, as commits of one repository and of its forks have it."""

    def __init__(self, connection: Connection, facts: RepositoryFacts, path: str) -> None:
        self._connection = connection
        self._facts = facts
        self._path = path

    def blobs(self, commits: Sequence[str]) -> dict[str, str | None]:
        """What git calls the file's contents at each of these commits; None where it is not there."""
        found: dict[str, str | None] = {}
        for at in range(0, len(commits), AT_ONCE):
            some = commits[at : at + AT_ONCE]
            found |= asked(self._connection, self._facts, self._question(some), parse.blobs)
        return found

    def text(self, commit: str) -> str | None:
        """The file at the commit; None where there is none. BadRules where it is no text."""
        path = f"{self._root}/contents/{self._path}?ref={commit}"
        answer = self._connection.read(path)
        return None if answer.missing else parse.understood(parse.rules_text, answer.body, path)

    def changes(self, base: str, commit: str) -> bool:
        """Whether a pull request of this head into this branch changes the file: not where only the branch did."""
        path = f"{self._root}/compare/{quote(base, safe='')}...{commit}?per_page=1"
        fork = kept(self._connection, path, parse.merge_base).value
        found = self.blobs([fork, commit])
        return found[fork] != found[commit]

    def unknown(self, named: Named) -> Named:
        """What of this is not on GitHub, as far as the token sees."""
        strangers = unknown(self._connection, named)
        branches = (name for name in named.branches if _lacks(self._connection, self._branch(name)))
        return replace(strangers, branches=frozenset(branches))

    def _branch(self, name: str) -> str:
        return f"{self._root}/commits/{quote(f'heads/{name}', safe='')}"

    @property
    def _root(self) -> str:
        return root(self._facts.id)

    def _question(self, commits: Iterable[str]) -> str:
        def of(commit: str) -> str:
            expression = json.dumps(f"{commit}:{self._path}")
            return f"of_{commit}: object(expression: {expression}) {{ oid }}"

        return (
            "query Blobs($owner: String!, $name: String!) { repository(owner: $owner, name: $name) "
            f"{{ databaseId {' '.join(map(of, dict.fromkeys(commits)))} }} }}"
        )


def unknown(connection: Connection, named: Named) -> Named:
    """Which of these people and teams are not on GitHub, as far as the token sees."""
    return Named(
        frozenset(name for name in named.people if _lacks(connection, f"/users/{quote(name, safe='')}")),
        frozenset(name for name in named.teams if _lacks(connection, _team(name))),
    )


def _lacks(connection: Connection, path: str) -> bool:
    try:
        return connection.read(path).missing
    except (Forbidden, Unfit):
        return True


def _team(name: str) -> str:
    org, _, slug = name.partition("/")
    return f"/orgs/{quote(org, safe='')}/teams/{quote(slug, safe='')}"
