"""Whom an operator's floors name, and where in ``reviewapps.toml``. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reviewapps.grants.grants import Grant
from reviewapps.grants.proposal import MOST_NAMED, Named

HERE: Final = "here is the name that is looked for"


def named_in_floors(grant: Grant) -> Named:
    """The people and teams that have to be there on GitHub for the floors to be met."""
    names = sorted({name for floor in grant.floors.values() for name in floor.names})
    people, teams = [one for one in names if "/" not in one], [one for one in names if "/" in one]
    return Named(frozenset(people[:MOST_NAMED]), frozenset(teams[:MOST_NAMED]))


def line_of(text: str, repository: str, kind: str, name: str) -> int:
    """The line of the file on which a repository's floor for this kind names somebody, counted from 1; 0 where it
    is not found.

    TOML's reader tells no lines. So wherever the name stands something else is put in its place, and the place
    where that comes out in the floor is the one.

    >>> line_of('# al\\n[[repository]]\\nname = "a/b"\\nrequires.dev.from = [\\n"Al"]', "a/b", "dev", "al")
    5
    """
    for found in re.finditer(re.escape(name), text, re.IGNORECASE):
        changed = text[: found.start()] + HERE + text[found.end() :]
        if HERE in _named(changed, repository, kind):
            return text.count("\n", 0, found.start()) + 1
    return 0


def _named(text: str, repository: str, kind: str) -> list[str]:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return []
    return [name for one in _tables(read, repository) for name in _strings(one, kind)]


def _tables(read: Mapping[str, Any], repository: str) -> Iterator[Mapping[str, Any]]:
    for one in read.get("repository", ()):
        if one.get("name") == repository:
            yield one


def _strings(table: Mapping[str, Any], kind: str) -> Iterator[str]:
    floor = table.get("requires", {}).get(kind, {})
    for key in ("from", "sign_off"):
        yield from floor.get(key, ())
