"""From refs that moved to `push`, `create` and `delete`, with GitHub's own rules of what nobody is told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewapps.sandbox.github.git import ABSENT
from reviewapps.sandbox.github.state import Activity, BaseDeleted, BaseForced, PullRequest, Repository, User
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.world import World

MOST_TAGS, MOST_BRANCHES = 3, 5000
"""More at once, and GitHub tells nobody of any of them."""
MOST_ACTIVITIES = 2000
"""So many moves of branches are remembered in each repository."""


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

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def announce(self, repository: Repository, pusher: User) -> None:
        """Tell what moved since the last time, each change once."""
        async with self._turns[repository.id]:  # an older reading must not come after a newer one
            now = await repository.git.heads_and_tags()
            moved = changes(repository.known_refs, now)
            repository.known_refs = now
        for change in moved:
            await self._note(repository, pusher, change)
        for change in told(moved):
            await self._announce(repository, pusher, change)

    async def _note(self, repository: Repository, actor: User, change: RefChange) -> None:
        """Write down that a branch moved, and whether a pull request did it."""
        if change.kind != "branch":
            return
        kind = await _activity(repository, change)
        noted = Activity(
            self._world.next_id(),
            change.ref,
            change.before,
            change.after,
            kind,
            actor,
            self._world.clock.timestamp,
        )
        repository.activities = [*repository.activities[1 - MOST_ACTIVITIES :], noted]
        for pull in repository.open_pull_requests:
            if pull.base_ref == change.short:
                self._note_base(pull, noted)

    def _note_base(self, pull: PullRequest, noted: Activity) -> None:
        """Write down at the pull request what became of its base; its commits are those to a rewritten one."""
        if noted.type == "force_push":
            forced = (self._world.next_id(), pull, noted.actor, noted.before, noted.after, noted.timestamp)
            pull.base_changes.append(BaseForced(*forced))
            pull.base_sha = noted.after
        elif noted.type == "branch_deletion":
            deleted = (self._world.next_id(), pull, noted.actor, pull.base_ref, noted.timestamp)
            pull.base_changes.append(BaseDeleted(*deleted))

    async def _announce(self, repository: Repository, pusher: User, change: RefChange) -> None:
        await self._events.announce("push", None, repository, pusher, change=change)
        if change.created:
            await self._events.announce("create", None, repository, pusher, change=change)
        if change.deleted:
            await self._events.announce("delete", None, repository, pusher, change=change)


async def _activity(repository: Repository, change: RefChange) -> str:
    """GitHub's word for it. A merge is marked as such before the branch is looked at, a push never is."""
    if change.created or change.deleted:
        return "branch_creation" if change.created else "branch_deletion"
    for pull in repository.pull_requests.values():
        if change.after == pull.merge_commit_sha and pull.base_ref == change.short and pull.landed:
            return "merge_queue_merge" if pull.queue_entry is not None else "pr_merge"
    straight = await repository.git.is_ancestor(change.before, change.after)
    return "push" if straight else "force_push"


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
