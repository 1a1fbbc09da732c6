"""From GitHub's JSON to what it was told of deployments and commits, by us or by somebody else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reviewapps.github.parse import GHOST, LONG_AGO, time_of


@dataclass(frozen=True)
class Deployed:
    """A deployment on GitHub, made ``by`` whomever. ``payload`` is empty where it is not an object."""

    id: int
    payload: dict[str, Any]
    commit: str
    created_at: datetime
    by: str = GHOST


@dataclass(frozen=True)
class DeploymentStatus:
    """What a deployment was last said to be, and ``by`` whom."""

    state: str
    description: str
    url: str
    at: datetime = field(default=LONG_AGO, compare=False)
    by: str = field(default=GHOST, compare=False)


@dataclass(frozen=True)
class CommitStatus:
    """One line among a commit's checks; ``url`` is where it leads."""

    context: str
    state: str
    description: str
    url: str


def deployed(raw: Any) -> Deployed:
    payload, at = _payload(raw.get("payload")), time_of(raw["created_at"])
    return Deployed(raw["id"], payload, raw["sha"], at, _creator(raw))


def deployment_status(raw: Any) -> DeploymentStatus:
    about, url = raw.get("description") or "", raw.get("environment_url") or ""
    return DeploymentStatus(raw["state"], about, url, time_of(raw["created_at"]), _creator(raw))


def commit_status(raw: Any) -> CommitStatus:
    return CommitStatus(
        str(raw["context"]), str(raw["state"]), raw.get("description") or "", raw.get("target_url") or ""
    )


def _creator(raw: Any) -> str:
    return (raw.get("creator") or {}).get("login") or GHOST


def _payload(raw: Any) -> dict[str, Any]:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return {}
    return raw if isinstance(raw, dict) else {}
