"""What was seen lately, so that a turn need not ask for it again.

Who waited goes on from what the turn before knew in the end, where nobody of ours had the environment in between:
the lease tells whose turn was the last. All of it stands in a memory that may be lost, which costs requests and
nothing else. Only what should run is gone on with: whatever is to be taken away is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.model import Actual, Build, Deployment, Environment, Space
from reviewapps.plan import gone_on, lasting, with_ends
from reviewapps.ports import Lease
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.over import over

RESTED: Final = 600_000_000
"""Microseconds after which nobody can still be at work who held a lease: twice what a task may last."""

SPACE: Final = "space"
KEPT: Final = "kept"


@dataclass(frozen=True)
class Looked:
    """A space as it was when a look at it began."""

    at: datetime
    space: Space


@dataclass(frozen=True)
class Kept:
    """What a turn knew in the end, which was ``at``, under the lease of this ``fence``, as far as it lasts; and
    builds and deployments as they were then."""

    fence: int
    at: datetime
    actual: Actual
    builds: tuple[Build, ...] | None = None
    deployments: tuple[Deployment, ...] | None = None


_LOOKED, _KEPT = TypeAdapter(Looked), TypeAdapter(Kept)


def look(means: Means) -> Space:
    """The space as it is now, which is remembered for a moment."""
    began, space = means.now(), means.cloudfoundry.look()
    seen = None if space.unreadable else _LOOKED.dump_python(Looked(began, space), mode="json")
    means.remember(seen, 2 * means.pace.quiet, SPACE)
    return space


def seen_lately(means: Means, environment: Environment, lease: Lease) -> tuple[Space, Actual] | None:
    """The space, and the environment with all that is known of it, without a request; None where it has to be
    looked at: so it has where what was kept is not what was seen. By whose clock which is older may be wrong by
    minutes, and an older one tells nothing of what was done since."""
    looked = _recalled(_LOOKED, means.remembered(SPACE))
    if looked is None:
        return None
    kept = _kept(means, environment, lease)
    if kept is None:
        young = abs(means.now() - looked.at) <= timedelta(seconds=means.pace.fresh)
        return (looked.space, looked.space.actual(environment)) if young and _rested(lease) else None
    if looked.at <= kept.at + timedelta(seconds=means.pace.poll):  # clocks differ a little
        return looked.space.with_part(kept.actual), kept.actual
    goes_on = gone_on(kept.actual, looked.space.actual(environment))
    return None if goes_on is None else (looked.space, goes_on)


def keep(means: Means, environment: Environment, lease: Lease, actual: Actual) -> None:
    """Let the next turn go on from here."""
    lease.check()
    keys = {package.build_key or "" for package in actual.packages or ()}
    shared = any(is_built_by_others(means, environment, key) for key in keys)
    known = replace(actual, elsewhere=None) if shared and not actual.elsewhere else actual
    kept = Kept(lease.fence, means.now(), lasting(known), known.builds, known.deployments)
    means.remember(_KEPT.dump_python(kept, mode="json"), means.pace.whole, KEPT, environment.name)


def note_source(means: Means, environment: Environment, build_key: str) -> None:
    """Remember that the environment is about to build this, so that others who are look for what comes of it."""
    known = _builders(means, build_key)
    means.remember(
        sorted({*known, environment.key}), means.pace.deadline.total_seconds(), "builders", build_key
    )


def is_built_by_others(means: Means, environment: Environment, build_key: str) -> bool:
    """Whether others are known to be about to build this."""
    return any(one != environment.key for one in _builders(means, build_key))


def _builders(means: Means, build_key: str) -> list[str]:
    known = means.remembered("builders", build_key)
    return [str(one) for one in known] if isinstance(known, list) else []


def pass_on(means: Means, environment: Environment, lease: Lease) -> None:
    """Let the next turn go on from where the one before this did: this one did nothing."""
    kept: Any = means.remembered(KEPT, environment.name)
    if isinstance(kept, dict) and kept.get("fence") == lease.previous:
        means.remember({**kept, "fence": lease.fence}, means.pace.whole, KEPT, environment.name)


def forget(means: Means, environment: Environment) -> None:
    """Let the next turn look at everything."""
    means.remember(None, means.pace.poll, KEPT, environment.name)


def _kept(means: Means, environment: Environment, lease: Lease) -> Kept | None:
    kept: Kept | None = _recalled(_KEPT, means.remembered(KEPT, environment.name))
    if kept is None or kept.fence != lease.previous:
        return None
    ended = with_ends(kept.actual, kept.builds, kept.deployments, partial(over, means))
    return replace(kept, actual=ended)


def _rested(lease: Lease) -> bool:
    """Whether nobody can have touched the environment in the last minutes."""
    return lease.previous is None or lease.fence - lease.previous > RESTED


def _recalled(adapter: TypeAdapter[Any], value: object) -> Any:
    """What was kept; None of anything else, as another version of us may have kept."""
    try:
        return None if value is None else adapter.validate_python(value)
    except ValidationError:
        return None
