"""What limits the memory of a space, in as few requests as possible: it is asked whenever somebody wants room."""

from __future__ import annotations

from typing import Any, Final, Literal

from reviewapps.cloudfoundry import place
from reviewapps.cloudfoundry.errors import NotFound, Rejected
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.target import Target
from reviewapps.errors import NotAuthorised
from reviewapps.model import Capacity, Quota
from reviewapps.ports import Memory

Json = dict[str, Any]
Noun = Literal["space", "organization"]

BUILDS: Final = 50
"""The newest of ours that are looked at: all that are under way, and enough to know what one takes."""

LIMITS_FOR: Final = 600.0
"""Seconds for which a limit is believed; administrators seldom change one."""


def capacity(session: Session, target: Target, ours: str, memory: Memory, plenty: int) -> Capacity:
    """The quotas of the space and of its org, and what builds of ours (label selector ``ours``) take.

    A limit that our account may not see is none that is known. Where there is none, or where as much as ``plenty``
    (MB) is free, nothing else is asked.
    """
    places: list[tuple[Noun, str]] = [("space", target.space), ("organization", target.org)]
    quotas = [_quota(session, noun, guid, memory) for noun, guid in places]
    known = tuple(quota for quota in quotas if quota is not None)
    if all(quota.limit_mb - quota.used_mb >= plenty for quota in known):
        return Capacity(known)
    builds = list(
        map(place.staging, session.read_newest("/v3/builds", "list our builds", BUILDS, label_selector=ours))
    )
    return Capacity(
        known,
        staging=max((build.memory for build in builds), default=None),
        builds={build.app: build.memory for build in builds if build.under_way},
    )


def _quota(session: Session, noun: Noun, guid: str, memory: Memory) -> Quota | None:
    try:
        limit = _limit(session, noun, guid, memory)
        if limit is None:
            return None
        usage = session.read(f"/v3/{noun}s/{guid}/usage_summary", f"tell what the {noun} holds")
        return Quota(limit, place.room(None, usage).memory_used or 0)
    except (NotAuthorised, NotFound, Rejected):
        return None


def _limit(session: Session, noun: Noun, guid: str, memory: Memory) -> int | None:
    key = f"memory limit:{guid}"
    remembered = memory.read(key)
    if isinstance(remembered, list):
        return next(iter(remembered), None)
    quota = place.quota_of(session.read(f"/v3/{noun}s/{guid}", f"show the {noun}"))
    limits = session.read(f"/v3/{noun}_quotas/{quota}", f"show the {noun}'s quota") if quota else None
    limit = place.room(limits, None).memory_limit
    memory.write(key, [] if limit is None else [limit], LIMITS_FOR)
    return limit
