"""The nouns of GitHub, as the sandbox remembers them. What git knows stays in git."""

from __future__ import annotations

from reviewapps.sandbox.github.state.accounts import ROLES, Organization, Team, User
from reviewapps.sandbox.github.state.protection import (
    Environment,
    Protection,
    ReviewRule,
    Ruleset,
    StatusRule,
)
from reviewapps.sandbox.github.state.queue import QueueEntry
from reviewapps.sandbox.github.state.repository import (
    JSON,
    CheckRun,
    Comment,
    CommitStatus,
    Deployment,
    DeploymentStatus,
    Label,
    PullRequest,
    Repository,
)
from reviewapps.sandbox.github.state.reviews import OPINIONS, Reaction, Review

__all__ = [
    "JSON",
    "OPINIONS",
    "ROLES",
    "CheckRun",
    "Comment",
    "CommitStatus",
    "Deployment",
    "DeploymentStatus",
    "Environment",
    "Label",
    "Organization",
    "Protection",
    "PullRequest",
    "QueueEntry",
    "Reaction",
    "Repository",
    "Review",
    "ReviewRule",
    "Ruleset",
    "StatusRule",
    "Team",
    "User",
]
