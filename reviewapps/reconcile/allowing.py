"""What an environment may have, in the words of the room that reads manifests."""

from __future__ import annotations

from reviewapps.grants import Grant
from reviewapps.manifest import Allowance
from reviewapps.model import Environment


def allowance(grant: Grant, environment: Environment) -> Allowance:
    """What the operator's grant leaves an environment."""
    kind = environment.kind
    return Allowance(
        grant.memory_mb,
        grant.may_share(kind),
        grant.plans,
        kind in grant.databases,
        disk_mb=grant.disk_mb,
    )
