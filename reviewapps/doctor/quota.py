"""Whether the previews that are allowed fit into what the space may have. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps.cloudfoundry.gate_app import MEMORY_MB
from reviewapps.cloudfoundry.place import Place, Room
from reviewapps.desired import STAGING
from reviewapps.doctor.finding import Finding, fail, ok, warn
from reviewapps.doctor.manifests import memory_asked
from reviewapps.doctor.seen import Seen
from reviewapps.github.survey import Surveyed
from reviewapps.grants import Target
from reviewapps.model import USUAL


def quota(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    """One line, or one for each thing that does not fit."""
    area = f"cf {target.name}"
    rooms = [("the space", place.of_space), ("the org", place.of_org)]
    limited = [(noun, room) for noun, room in rooms if room is not None]
    faults = [
        f
        for noun, room in limited
        for f in (_memory(area, seen, target, noun, room), _routes(area, target, noun, room))
        if f
    ]
    yield from faults
    if not faults and limited:
        yield ok(area, f"{_told(limited)} for {_sum(seen, target)}")


def _memory(area: str, seen: Seen, target: Target, noun: str, room: Room) -> Finding | None:
    if room.memory_limit is None:
        return None
    count, each = previews(seen, target), instance(seen, target)
    wanted = count * each + max(STAGING, each) + each + gate(target)
    mend = _more_memory(target, noun, wanted)
    if room.memory_limit < 2 * each:
        told = f"{noun}'s quota of {room.memory_limit:,} MB does not hold one preview and its next version"
        return fail(area, f"{told}: {each} MB each", mend)
    used = f", {room.memory_used:,} used" if room.memory_used is not None else ""
    if room.memory_limit < wanted:
        told = f"{noun}'s quota of {room.memory_limit:,} MB{used} is less than {_sum(seen, target)}"
        return warn(area, f"{told} = {wanted:,} MB: some previews will wait for room", mend)
    if room.memory_used is not None and room.memory_limit - room.memory_used < max(STAGING, each):
        free = room.memory_limit - room.memory_used
        return warn(
            area, f"{noun} has {free:,} of {room.memory_limit:,} MB left: a build may have to wait", mend
        )
    return None


def _routes(area: str, target: Target, noun: str, room: Room) -> Finding | None:
    if room.routes_limit is None or room.routes_used is None:
        return None
    left, told = (
        room.routes_limit - room.routes_used,
        f"{noun} has {room.routes_used} of {room.routes_limit} routes",
    )
    mend = f"cf delete-orphaned-routes, or an OrgManager runs: {_quota_command(target, noun)} -r MORE"
    if left <= 0:
        return fail(area, f"{told}: no preview gets an address", mend)
    return warn(area, f"{told}, {left} left", mend) if left < 2 else None


def previews(seen: Seen, target: Target) -> int:
    """How many may be awake there at once, by what the operator allows."""
    grants = seen.told.settings.grants if seen.told.settings else None
    here = grants.repositories.values() if grants else ()
    return sum(grant.limit for grant in here if grant.targets.get("review") == target.name)


def gate(target: Target) -> int:
    """MB of the gate that stands before previews there."""
    return 0 if target.gate is None else MEMORY_MB


def instance(seen: Seen, target: Target) -> int:
    """MB of the largest preview there, by the manifests; never more than the operator allows."""
    grants = seen.told.settings.grants if seen.told.settings else None
    sizes = [
        min(grant.memory_mb, _asked(seen, name) or USUAL)
        for name, grant in (grants.repositories if grants else {}).items()
        if target.name in grant.targets.values()
    ]
    return max(sizes, default=USUAL)


def _asked(seen: Seen, name: str) -> int | None:
    found = seen.repositories.get(name)
    return memory_asked(name, found) if isinstance(found, Surveyed) else None


def _sum(seen: Seen, target: Target) -> str:
    each = instance(seen, target)
    more = f" + {gate(target)} gate" if gate(target) else ""
    return f"{previews(seen, target)} x {each} awake + {max(STAGING, each):,} build + {each} switch{more}"


def _told(limited: list[tuple[str, Room]]) -> str:
    memory = [f"{noun}'s {room.memory_limit:,} MB" for noun, room in limited if room.memory_limit is not None]
    routes = [
        f"routes {room.routes_used} of {room.routes_limit}"
        for _, room in limited
        if room.routes_limit is not None
    ]
    return "quota " + "; ".join([*memory, *routes] or ["without a limit"])


def _more_memory(target: Target, noun: str, wanted: int) -> str:
    return f"an OrgManager runs: {_quota_command(target, noun)} -m {wanted}M"


def _quota_command(target: Target, noun: str) -> str:
    return (
        "cf update-space-quota QUOTA"
        if noun == "the space"
        else f"cf update-org-quota QUOTA  (cf org {target.org} names it)"
    )
