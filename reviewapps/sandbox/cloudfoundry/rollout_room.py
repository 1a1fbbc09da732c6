"""Whether the quotas have room for what a deployment starts, and what the platform says if not."""

from __future__ import annotations

from reviewapps.sandbox.cloudfoundry.errors import ApiError, unprocessable
from reviewapps.sandbox.cloudfoundry.quotas import check_app_memory
from reviewapps.sandbox.cloudfoundry.state import Process
from reviewapps.sandbox.cloudfoundry.world import World

_ADVICE = "quota may not be large enough to support rolling deployments or your configured max-in-flight."


def check_room(world: World, process: Process, instances: int) -> None:
    """422 where so many more instances of ``process`` do not fit."""
    try:
        check_app_memory(world, process.app.space, instances * process.memory_mb, process.memory_mb)
    except ApiError as refused:
        raise unprocessable(refused.detail + _advice(refused.detail, process)) from None


def _advice(detail: str, process: Process) -> str:
    space = process.app.space
    if "space_quota_exceeded" in detail:
        return f" for space {space.name}. This space's {_ADVICE}"
    if "quota_exceeded" in detail:
        return f" for organization {space.organization.name}. This organization's {_ADVICE}"
    return ""
