"""What people think of a pull request, and whom they were asked to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewapps.sandbox.github.state.accounts import User
    from reviewapps.sandbox.github.state.repository import PullRequest

OPINIONS = ("APPROVED", "CHANGES_REQUESTED")


@dataclass(eq=False)
class Review:
    """A review: ``PENDING`` and seen by its author alone until it is submitted.

    Afterwards ``COMMENTED``, ``APPROVED`` or ``CHANGES_REQUESTED``; the last two may be ``DISMISSED``.
    """

    id: int
    pull_request: PullRequest
    user: User
    state: str
    body: str
    commit_id: str
    submitted_at: str | None


@dataclass(eq=False)
class Reaction:
    """An emoji under a comment or a pull request; one of each kind a person."""

    id: int
    user: User
    content: str
    created_at: str
