"""Pull requests that wait to be merged one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.accounts import User
    from reviewapps.sandbox.github.state.repository import PullRequest


@dataclass(eq=False)
class QueueEntry:
    """A pull request in the queue of its base branch, ``base_ref``, as of ``pull_head``.

    It is merged for trial as ``head_sha``, on ``base_sha``; both are empty before that.
    """

    id: int
    pull_request: PullRequest
    enqueuer: User
    enqueued_at: str
    base_ref: str
    pull_head: str
    base_sha: str
    head_sha: str

    @property
    def ref(self) -> str:
        """The branch that holds the trial, for whoever checks it."""
        return f"refs/heads/gh-readonly-queue/{self.base_ref}/pr-{self.pull_request.number}-{self.base_sha}"

    @property
    def is_current(self) -> bool:
        """Whether the pull request is still what was put into the queue."""
        pull = self.pull_request
        now = pull.state, pull.draft, pull.base_ref, pull.head_sha
        return now == ("open", False, self.base_ref, self.pull_head)
