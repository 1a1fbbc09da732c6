"""The nouns of GitHub, as the sandbox remembers them. What git knows stays in git."""

from __future__ import annotations

from reviewapps.sandbox.github.state.accounts import (
    LOGIN,
    ROLES,
    Organization,
    Team,
    User,
    permission_of,
    slug_of,
)
from reviewapps.sandbox.github.state.apps import (
    App,
    Installation,
    InstallationToken,
    Manifest,
    Permissions,
    Registration,
)
from reviewapps.sandbox.github.state.keys import KeyPair
from reviewapps.sandbox.github.state.limits import Allowance, Spent, Usage
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
    Activity,
    BaseChange,
    BaseDeleted,
    BaseForced,
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
from reviewapps.sandbox.github.state.webhooks import Delivery, Hook

__all__ = [
    "JSON",
    "LOGIN",
    "OPINIONS",
    "ROLES",
    "Activity",
    "Allowance",
    "App",
    "BaseChange",
    "BaseDeleted",
    "BaseForced",
    "CheckRun",
    "Comment",
    "CommitStatus",
    "Delivery",
    "Deployment",
    "DeploymentStatus",
    "Environment",
    "Hook",
    "Installation",
    "InstallationToken",
    "KeyPair",
    "Label",
    "Manifest",
    "Organization",
    "Permissions",
    "Protection",
    "PullRequest",
    "QueueEntry",
    "Reaction",
    "Registration",
    "Repository",
    "Review",
    "ReviewRule",
    "Ruleset",
    "Spent",
    "StatusRule",
    "Team",
    "Usage",
    "User",
    "permission_of",
    "slug_of",
]
