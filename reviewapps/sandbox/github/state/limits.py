"""What was allowed, and what was used of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt


class Allowance(BaseModel):
    """How much each may ask. None is no limit: the secondary ones sleep until somebody wakes them.

    GitHub's own secondary limits are 900 points and 80 creations a minute, 500 creations an hour and 100
    requests at once. A sandbox is asked far faster than GitHub would be, so they would only be in the way.
    """

    model_config = ConfigDict(extra="forbid")

    user: NonNegativeInt = 5000
    anonymous: NonNegativeInt = 60
    installation: NonNegativeInt = 5000
    graphql: NonNegativeInt = 5000  # of a user or an installation, beside their requests
    points_per_minute: NonNegativeInt | None = None
    content_per_minute: NonNegativeInt | None = None
    content_per_hour: NonNegativeInt | None = None
    at_once: NonNegativeInt | None = None
    retry_after: NonNegativeInt = 60
    secondary_status: Literal[403, 429] = 403


@dataclass
class Spent:
    """One request, as the secondary limits see it; ``at`` in seconds since 1970."""

    at: float
    points: int
    creates: bool


@dataclass
class Usage:
    """What one account, installation or address asked in its present hour, which began at ``began``."""

    began: float
    used: int = 0
    recent: list[Spent] = field(default_factory=list)
