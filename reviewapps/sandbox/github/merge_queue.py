"""The merge queue: pull requests merged for trial, one onto the other, and then for good.

Each trial is a branch below ``gh-readonly-queue/``, for whoever checks it. An entry lands as soon as
everything required succeeded on its trial, first come, first served; where nothing is required, it waits
until somebody tells the sandbox to go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

from reviewapps.sandbox.github.checks import outcomes
from reviewapps.sandbox.github.git import GitError
from reviewapps.sandbox.github.merging import Merging
from reviewapps.sandbox.github.protection import Gate, requirements
from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.state import PullRequest, QueueEntry, Repository, User
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.webhooks.pushes import Pushes
from reviewapps.sandbox.github.world import World

log = logging.getLogger(__name__)


class MergeQueue:
    """Takes pull requests in, and lets them land: in each repository one thing after the other."""

    def __init__(self, world: World, merging: Merging, gate: Gate, events: Events, pushes: Pushes) -> None:
        self._world = world
        self._events = events
        self._pushes = pushes
        self._merging = merging
        self._gate = gate
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def enqueue(self, pull: PullRequest, user: User, *, jump: bool = False) -> QueueEntry:
        """Its new place at the end of the queue (at the front: ``jump``); 422 where it may not wait there."""
        async with self._turns[pull.repository.id]:
            await self._require_queueable(pull, user)
            now = self._world.clock.timestamp
            entry = QueueEntry(self._world.next_id(), pull, user, now, pull.base_ref, pull.head_sha, "", "")
            queue = pull.repository.queue
            pull.queue_entry = entry
            queue.insert(0 if jump else len(queue), entry)
            await self._events.announce("pull_request", "enqueued", pull.repository, user, pull_request=pull)
            await self._advance(pull.repository)
            return entry

    async def _require_queueable(self, pull: PullRequest, user: User) -> None:
        if merge_method(pull.repository, pull.base_ref) is None:
            raise Refused(422, "Merge queue is not enabled for this branch.")
        if pull.state != "open" or pull.draft:
            raise Refused(422, "Pull request is in draft state" if pull.draft else "Pull request is closed")
        if pull.queue_entry is not None:
            raise Refused(422, "Pull request is already in the queue")
        refusals = await self._gate.refusals(pull, user, queued=True)
        if refusals:
            raise Refused(422, f"Pull request {' '.join(refusals[0].reasons)}")

    async def dequeue(self, entry: QueueEntry, user: User) -> None:
        """Take it out, if it still waits; those behind it are tried anew."""
        repository = entry.pull_request.repository
        async with self._turns[repository.id]:
            if entry in repository.queue:
                await self._leave(entry, "DEQUEUED", user)
                await self._advance(repository)

    async def _leave(self, entry: QueueEntry, reason: str, user: User | None = None) -> None:
        pull, repository = entry.pull_request, entry.pull_request.repository
        pull.queue_entry = None
        repository.queue.remove(entry)
        await self._drop_trial(entry, "merged" if reason == "MERGE" else "dequeued")
        told = {"pull_request": pull, "reason": reason}
        await self._events.announce("pull_request", "dequeued", repository, user or entry.enqueuer, **told)

    async def _drop_trial(self, entry: QueueEntry, reason: str = "invalidated") -> None:
        if entry.head_sha:
            await self._tell(entry, "destroyed", reason=reason)
            await entry.pull_request.repository.git.delete_ref(entry.ref)
            await self._pushes.announce(entry.pull_request.repository, entry.enqueuer)

    async def _tell(self, entry: QueueEntry, action: str, **told: object) -> None:
        repository = entry.pull_request.repository
        told = {"merge_group": entry, **told}
        await self._events.announce("merge_group", action, repository, entry.enqueuer, **told)

    async def advance(self) -> None:
        """Try what is new or stands on something that is gone, and land what is green, in every repository:
        what waits in one may come from another.

        It follows on whatever else was asked, which it must not spoil: what goes wrong is written down, and the
        next call tries again.
        """
        for repository in [one for one in self._world.repositories.values() if one.queue]:
            async with self._turns[repository.id]:
                await self._advance(repository)

    async def _advance(self, repository: Repository) -> None:
        for branch in {entry.base_ref for entry in repository.queue}:
            try:
                await self._advance_branch(repository, branch)
            except Exception:  # the other branches' queues go on
                log.exception("the merge queue of %s in %s does not advance", branch, repository.full_name)

    async def _advance_branch(self, repository: Repository, branch: str) -> None:
        tip = await repository.git.branch_head(branch)
        for entry in waiting(repository, branch):
            if tip is None or not entry.is_current:
                reason = "BRANCH_PROTECTIONS" if entry.pull_request.state == "open" else "MANUAL"
                await self._leave(entry, reason)
                continue
            if not await self._tried(entry, tip):
                continue
            if entry is waiting(repository, branch)[0] and self.verdict(entry) == "success":
                await self._land(entry)
            tip = entry.head_sha

    async def _tried(self, entry: QueueEntry, tip: str) -> bool:
        if self.verdict(entry) == "failing":
            await self._leave(entry, "CI_FAILURE")
            return False
        if entry.base_sha == tip and entry.head_sha:
            return True
        pull = entry.pull_request
        await self._drop_trial(entry)
        method = merge_method(pull.repository, pull.base_ref) or "merge"
        try:
            head = await self._merging.trial(pull, tip, entry.enqueuer, method)
        except GitError:
            entry.head_sha = ""
            await self._leave(entry, "MERGE_CONFLICT")
            return False
        entry.base_sha, entry.head_sha = tip, ""
        await pull.repository.git.update_ref(entry.ref, head)
        entry.head_sha = head
        await self._pushes.announce(pull.repository, entry.enqueuer)
        await self._tell(entry, "checks_requested")
        return True

    def verdict(self, entry: QueueEntry) -> str:
        """``success`` once all that is required succeeded on the trial, ``failing`` if something did not."""
        pull = entry.pull_request
        asked = [one.statuses for one in requirements(pull.repository, pull.base_ref) if one.statuses]
        standing = outcomes(pull.repository, entry.head_sha)
        found = {standing.get(context, "expected") for rule in asked for context in rule.contexts}
        if "failing" in found:
            return "failing"
        return "success" if found == {"success"} else "pending"

    async def land(self, entry: QueueEntry) -> None:
        """Merge it for good: its base branch becomes what was tried. 404 where it waits no more."""
        async with self._turns[entry.pull_request.repository.id]:
            if entry not in entry.pull_request.repository.queue or not entry.head_sha:
                raise not_found()
            await self._land(entry)
            await self._advance(entry.pull_request.repository)

    async def _land(self, entry: QueueEntry) -> None:
        await self._merging.land(entry.pull_request, entry.enqueuer, entry.head_sha, entry.base_sha)
        await self._leave(entry, "MERGE")


def waiting(repository: Repository, branch: str) -> list[QueueEntry]:
    """The queue of this branch."""
    return [entry for entry in repository.queue if entry.base_ref == branch]


def merge_method(repository: Repository, branch: str) -> str | None:
    """How the queue of this branch merges; None where there is no queue."""
    for asked in requirements(repository, branch):
        for rule in asked.ruleset.rules if asked.ruleset else []:
            if rule["type"] == "merge_queue":
                return str((rule.get("parameters") or {}).get("merge_method", "MERGE")).lower()
    return None
