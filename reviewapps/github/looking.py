"""Looking at a repository: everything, or what changed since the last look.

Branches are read after pull requests: one that is seen as merged is in the branch then. The other way round, what
was merged meanwhile would look as if its branch had gone on since, and as if nobody waited for its build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import quote

from reviewapps.errors import BadRules, Unavailable
from reviewapps.github import parse, pulls
from reviewapps.github.conditional import Kept, kept, listing
from reviewapps.github.connection import Connection
from reviewapps.github.parse import RepositoryFacts, understood
from reviewapps.github.snapshot import Heads, Snapshot, Tags

RULES = ".reviewapps.yml"


def root(repository: int) -> str:
    """Where a repository is in the API. A rename or a transfer does not change it."""
    return f"/repositories/{repository}"


Followed = Callable[[str | None], Iterable[str]]
"""The branches that environments follow, besides the default one, by the text of the rules."""


def whole_look(
    connection: Connection,
    repository: Kept[RepositoryFacts],
    known: Snapshot | None,
    now: datetime,
    followed: Followed,
) -> Snapshot:
    """Everything, listed again; conditionally, so that ``known`` pages that stayed the same cost nothing."""
    api = root(repository.value.id)
    every_open = pulls.every_open(connection, api, known.open if known else ())
    newest = pulls.newest(connection, api, known.newest if known else None)
    tip = _head(connection, repository.value, known)
    rules_text, rules_broken = _rules(connection, api, tip.value, known)
    return Snapshot(
        holder=connection.holder,
        listed_at=now,
        repository=repository,
        head=tip,
        open=every_open,
        newest=newest,
        tags=_tags(connection, api, known),
        pull_requests=pulls.listed(every_open, newest),
        rules_text=rules_text,
        rules_broken=rules_broken,
        branches=_branches(connection, api, followed(rules_text), known),
    )


def next_look(connection: Connection, known: Snapshot, followed: Followed) -> Snapshot:
    """``known`` brought up to date: three requests, and one for each branch that is followed; none costs anything
    where nothing changed."""
    facts = known.repository.value
    api = root(facts.id)
    newest = pulls.newest(connection, api, known.newest)
    followed_on = pulls.followed(connection, known, newest)
    tip = _head(connection, facts, known)
    rules_text, rules_broken = _rules(connection, api, tip.value, known)
    return replace(
        known,
        head=tip,
        newest=newest,
        tags=_tags(connection, api, known),
        pull_requests=followed_on,
        rules_text=rules_text,
        rules_broken=rules_broken,
        branches=_branches(connection, api, followed(rules_text), known),
    )


def _branches(
    connection: Connection, api: str, names: Iterable[str], known: Snapshot | None
) -> tuple[Kept[Heads], ...]:
    """The heads of those of these branches that there are. (Asked for by prefix, since a branch that is not there
    yet would cost a request each time.)"""
    before = {page.path: page for page in (known.branches if known is not None else ())}

    def asked(name: str) -> Kept[Heads]:
        path = f"{api}/git/matching-refs/heads/{quote(name)}"
        return kept(connection, path, partial(parse.branch_heads, name), before.get(path))

    return tuple(asked(name) for name in sorted(names))


def _head(connection: Connection, facts: RepositoryFacts, known: Snapshot | None) -> Kept[str]:
    path = f"{root(facts.id)}/branches/{quote(facts.default_branch)}"
    return kept(connection, path, parse.head, known.head if known else None)


def _tags(connection: Connection, api: str, known: Snapshot | None) -> tuple[Kept[Tags], ...]:
    path = f"{api}/git/matching-refs/tags/?per_page=100"
    return listing(connection, path, parse.each(parse.tag), lambda tag: tag, known.tags if known else ())


def _rules(
    connection: Connection, api: str, commit: str, known: Snapshot | None
) -> tuple[str | None, str | None]:
    """The rules at ``commit``, and why they are no text: None where there are none. A commit does not change,
    so it is read once. Rules that cannot be read are seen, not raised: the rest of the look holds."""
    if known is not None and known.head.value == commit:
        return known.rules_text, known.rules_broken
    path = f"{api}/contents/{RULES}?ref={commit}"
    answer = connection.read(path)
    if answer.missing:
        return None, None
    if answer.status != 200:
        raise Unavailable(f"GitHub: {path} answered {answer.status}")
    try:
        return understood(parse.rules_text, answer.body, path), None
    except BadRules as broken:
        return None, str(broken)
