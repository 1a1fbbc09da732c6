"""From GitHub's JSON to what it was told of deployments and commits, by us or by somebody else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reviewapps.github.parse import LONG_AGO, time_of


@dataclass(frozen=True)
class Deployed:
    """A deployment on GitHub, whoever made it. ``payload`` is empty where it is not an object."""

    id: int
    payload: dict[str, Any]
    commit: str
    created_at: datetime


@dataclass(frozen=True)
class DeploymentStatus:
    """What a deployment was last said to be."""

    state: str
    description: str
    url: str
    at: datetime = field(default=LONG_AGO, compare=False)


@dataclass(frozen=True)
class CommitStatus:
    """One line among a commit's checks; ``url`` is where it leads."""

    context: str
    state: str
    description: str
    url: str


def deployed(raw: Any) -> Deployed:
    return Deployed(raw["id"], _payload(raw.get("payload")), raw["sha"], time_of(raw["created_at"]))


def deployment_status(raw: Any) -> DeploymentStatus:
    about, url = raw.get("description") or "", raw.get("environment_url") or ""
    return DeploymentStatus(raw["state"], about, url, time_of(raw["created_at"]))


def commit_status(raw: Any) -> CommitStatus:
    return CommitStatus(
        str(raw["context"]), str(raw["state"]), raw.get("description") or "", raw.get("target_url") or ""
    )


def _payload(raw: Any) -> dict[str, Any]:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return {}
    return raw if isinstance(raw, dict) else {}
