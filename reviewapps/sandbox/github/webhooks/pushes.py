"""From refs that moved to `push`, `create` and `delete`, with GitHub's own rules of what nobody is told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewapps.sandbox.github.git import ABSENT
from reviewapps.sandbox.github.state import Repository, User
from reviewapps.sandbox.github.webhooks.events import Events

MOST_TAGS, MOST_BRANCHES = 3, 5000
"""More at once, and GitHub tells nobody of any of them."""


@dataclass(frozen=True)
class RefChange:
    """A branch or tag that moved; :data:`ABSENT` where it was not before, or is not any more.

    Of an annotated tag ``after`` is the tag object.
    """

    ref: str
    before: str
    after: str

    @property
    def created(self) -> bool:
        return self.before == ABSENT

    @property
    def deleted(self) -> bool:
        return self.after == ABSENT

    @property
    def kind(self) -> str:
        return "tag" if self.ref.startswith("refs/tags/") else "branch"

    @property
    def short(self) -> str:
        """The name without `refs/heads/` or `refs/tags/`."""
        return self.ref.split("/", 2)[2]


class Pushes:
    """Compares the refs of a repository with those that were announced, and announces the difference."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def announce(self, repository: Repository, pusher: User) -> None:
        """Tell what moved since the last time, each change once."""
        async with self._turns[repository.id]:  # an older reading must not come after a newer one
            now = await repository.git.heads_and_tags()
            moved = changes(repository.known_refs, now)
            repository.known_refs = now
        for change in told(moved):
            await self._announce(repository, pusher, change)

    async def _announce(self, repository: Repository, pusher: User, change: RefChange) -> None:
        await self._events.announce("push", None, repository, pusher, change=change)
        if change.created:
            await self._events.announce("create", None, repository, pusher, change=change)
        if change.deleted:
            await self._events.announce("delete", None, repository, pusher, change=change)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[RefChange]:
    """What is not as it was, by name."""
    names = sorted({*before, *after})
    moved = (RefChange(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in names)
    return [change for change in moved if change.before != change.after]


def told(moved: Iterable[RefChange]) -> list[RefChange]:
    """Those of which GitHub would tell anybody."""
    moved = list(moved)
    tags = [change for change in moved if change.kind == "tag"]
    branches = [change for change in moved if change.kind == "branch"]
    return [
        *(branches if len(branches) <= MOST_BRANCHES else []),
        *(tags if len(tags) <= MOST_TAGS else []),
    ]
