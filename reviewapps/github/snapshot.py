"""What the last look saw, kept as one value, so that it is never half of one look and half of another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from reviewapps.github.conditional import Kept
from reviewapps.github.parse import RepositoryFacts
from reviewapps.model import PullRequest, Repository, Tag, Wanted
from reviewapps.ports import Memory

LIFE: Final = 24 * 3600.0

PullRequests = tuple[PullRequest, ...]
Tags = tuple[Tag, ...]
Heads = tuple[tuple[str, str], ...]
"""Branches and the commits at their tips."""


@dataclass(frozen=True)
class Snapshot:
    """One complete look, and the ETags that tell whether it still holds.

    ETags belong to the token that got them: ``holder`` says which one. ``listed_at`` is when every open pull
    request was listed last; since then ``pull_requests`` follows ``newest``, the page of the latest changes.
    """

    holder: str
    listed_at: datetime
    repository: Kept[RepositoryFacts]
    head: Kept[str]
    open: tuple[Kept[PullRequests], ...]
    newest: Kept[PullRequests]
    tags: tuple[Kept[Tags], ...]
    pull_requests: PullRequests
    rules_text: str | None
    rules_broken: str | None
    branches: tuple[Kept[Heads], ...] = ()

    @property
    def wanted(self) -> Wanted:
        facts = self.repository.value
        repository = Repository(facts.id, facts.name, facts.default_branch, facts.private, self.head.value)
        tags = tuple(tag for page in self.tags for tag in page.value)
        heads = dict(head for page in self.branches for head in page.value)
        return Wanted(repository, self.pull_requests, tags, self.rules_text, self.rules_broken, heads)


_SNAPSHOT: Final = TypeAdapter(Snapshot)


def remembered(memory: Memory, repository: int) -> Snapshot | None:
    """The snapshot in ``memory``; None where it is forgotten, or was written by another version of us."""
    value = memory.read(_name(repository))
    try:
        return None if value is None else _SNAPSHOT.validate_python(value)
    except ValidationError:
        return None


class Recall:
    """The snapshot in ``memory``, which is only read where it is another one than this process read last: one of
    hundreds of pull requests takes milliseconds."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known: tuple[object, Snapshot | None] = (None, None)

    def read(self, repository: int) -> Snapshot | None:
        """The snapshot; None where there is none."""
        version = self._memory.read(_version(repository))
        if version is None or version != self._known[0]:
            self._known = version, remembered(self._memory, repository)
        return self._known[1]


def remember(memory: Memory, snapshot: Snapshot) -> None:
    """Keep it for the next look, by whichever worker."""
    value, repository = _SNAPSHOT.dump_python(snapshot, mode="json"), snapshot.repository.value.id
    memory.write(_name(repository), value, LIFE)
    memory.write(_version(repository), f"{repository} {uuid4().hex}", LIFE)


def _version(repository: int) -> str:
    return f"github/{repository}/snapshot/version"


def _name(repository: int) -> str:
    return f"github/{repository}/snapshot"
