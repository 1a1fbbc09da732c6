"""Commits and tag objects. They never change, so each is asked for once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter

from reviewapps.github import parse
from reviewapps.github.conditional import Missing, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.refusals import Unfit
from reviewapps.model import Tag, Tagging
from reviewapps.ports import Memory

MONTH: Final = 30 * 24 * 3600.0
MOST_NESTED: Final = 5

_TAGGING: Final = TypeAdapter(Tagging)


class History:
    """The commits and tags of one repository."""

    def __init__(self, connection: Connection, memory: Memory, repository: int) -> None:
        self._connection = connection
        self._memory = memory
        self._repository = repository

    def committed_at(self, commit: str) -> datetime:
        """When the commit was put where it is."""
        name = f"github/{self._repository}/committed/{commit}"
        known = self._memory.read(name)
        if known is not None:
            return datetime.fromisoformat(known)
        path = f"{root(self._repository)}/git/commits/{commit}"  # without its files, which may be very many
        committed_at = kept(self._connection, path, parse.committed_at).value
        self._memory.write(name, committed_at.isoformat(), MONTH)
        return committed_at

    def commit(self, ref: str) -> str | None:
        """The commit that a branch, a tag or the beginning of a commit's name means; None where it means none."""
        path = f"{root(self._repository)}/commits/{quote(ref, safe='')}"
        try:
            answer = self._connection.read(path)
        except Unfit:  # what GitHub says of a name that could be a commit's, and is none
            return None
        return None if answer.missing else parse.understood(parse.sha, answer.body, path)

    def contains(self, commit: str, other: str) -> bool:
        """Whether ``other`` is the commit, or one of those that it stands on."""
        path = f"{root(self._repository)}/compare/{other}...{commit}?per_page=1"
        return kept(self._connection, path, parse.stands_on).value

    def tagging(self, tag: Tag) -> Tagging | None:
        """The commit that a tag means, and when it was tagged, as far as the tag knows; None where it means
        none: whoever can push may tag a tree, and that must not stop the look at all else."""
        name = f"github/{self._repository}/tagging/{tag.object}"
        known = self._memory.read(name)
        if known is not None:
            return _TAGGING.validate_python(known) if known else None
        tagging = self._peeled(tag)
        noted = _TAGGING.dump_python(tagging, mode="json") if tagging else False
        self._memory.write(name, noted, MONTH)
        return tagging

    def _peeled(self, tag: Tag) -> Tagging | None:
        target, annotated, tagged_at = tag.object, tag.annotated, None
        for _ in range(MOST_NESTED):
            if not annotated:
                return self._at(target, tagged_at)
            path = f"{root(self._repository)}/git/tags/{target}"
            peeled = kept(self._connection, path, parse.peeled).value
            target, annotated = peeled.object, peeled.annotated
            tagged_at = tagged_at or peeled.tagged_at
        return None

    def _at(self, target: str, tagged_at: datetime | None) -> Tagging | None:
        try:
            return Tagging(target, tagged_at, self.committed_at(target))
        except Missing:  # what GitHub says of a tree or a blob, and of what the token may not see
            kept(self._connection, root(self._repository), parse.repository)
            return None
