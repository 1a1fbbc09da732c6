"""Pull requests that wait to be merged one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.accounts import User
    from reviewapps.sandbox.github.state.repository import PullRequest


@dataclass(eq=False)
class QueueEntry:
    """A pull request in the queue of its base branch, as of ``pull_head``.

    It is merged for trial as ``head_sha``, on ``base_sha``; both are empty before that.
    """

    id: int
    pull_request: PullRequest
    enqueuer: User
    enqueued_at: str
    pull_head: str
    base_sha: str
    head_sha: str

    @property
    def ref(self) -> str:
        """The branch that holds the trial, for whoever checks it."""
        pull = self.pull_request
        return f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{pull.number}-{self.base_sha}"
