"""What an environment may have, in the words of the room that reads manifests."""

from __future__ import annotations

from reviewapps.grants import Grant
from reviewapps.manifest import Allowance
from reviewapps.model import Environment


def allowance(grant: Grant, environment: Environment) -> Allowance:
    """What the operator's grant leaves an environment."""
    return Allowance(grant.memory_mb, grant.services, grant.plans, environment.kind in grant.databases)
