"""Whatever is waited for is looked at the more rarely the longer it lasts, so that no wait is overshot by more
than a small part of it; and what the platform works on is watched by one listing for all who wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from zlib import crc32

from reviewapps.model import Environment
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.view import wish_digest
from reviewapps.steps import UnderWay, Wait

PART: Final = 0.05
"""The part of what a wait lasted by now after which it is looked at again."""

CLOSER: Mapping[UnderWay, int] = {"package": 6, "build": 12, "deployment": 3, "task": 6}
"""How many polls long nobody looks closer at what is under way: a new instance that crashes shows only then."""

TURN: Final = 0.2
"""Seconds by which those who wait for one listing come after one another: so much of a worker is not theirs.
Whoever lists wakes those whose wait is over."""

ALONE: Final = "waiting alone"
ASKED: Final = "waiting asked"
"""Under these the memory holds, of the whole installation: who asked for himself lately, and when a listing of
what is under way was asked for last."""

ALONE_FOR: Final = 30.0
"""Seconds after which who asked for himself is taken for one that does not wait any more."""


@dataclass(frozen=True)
class _Listing:
    """Whose things of a kind were under way, by keys of environments; seconds since 1970."""

    at: float
    keys: tuple[str, ...]


def wait_for(means: Means, environment: Environment, wait: Wait, attempt: str) -> float:
    """Seconds until somebody looks again. Where a listing shows what is waited for, it tells from now on whether
    that is to be a closer look; else it is one."""
    now, wish = means.now().timestamp(), _wish(means, environment)
    on = f"{attempt}: {wait.on}"
    before = cast("dict[str, Any] | None", means.remembered("waiting", environment.name)) or {}
    since = float(before["since"]) if (before.get("on"), before.get("wish")) == (on, wish) else now
    closer = now + CLOSER[wait.kind] * means.pace.poll if wait.kind is not None else 0.0
    if wait.kind is not None and since == now:
        means.memory.write(f"{_where(means, wait.kind)}:youngest", now, means.pace.deadline.total_seconds())
    waiting = {"on": on, "since": since, "kind": wait.kind, "wish": wish, "closer": closer}
    means.remember(waiting, means.pace.deadline.total_seconds(), "waiting", environment.name)
    if wait.until is not None:
        return max(means.pace.soon, wait.until.timestamp() - now)
    after = _after(means, now - since)
    return after if wait.kind is not None else max(after, _alone(means, environment) * means.pace.apart)


def is_still_under_way(means: Means, environment: Environment) -> float | None:
    """Seconds until it is to be asked again, while the platform still works on what this environment waits for and
    GitHub wants the same; else None."""
    waiting = cast("dict[str, Any] | None", means.remembered("waiting", environment.name))
    now = means.now().timestamp()
    if waiting is None or waiting["kind"] is None or now >= waiting.get("closer", 0.0):
        return None
    if waiting["wish"] != _wish(means, environment):
        return None
    listing = _listing(means, waiting["kind"], _after(means, now - _youngest(means, waiting)), environment)
    if listing is None:
        return means.pace.apart
    if environment.key not in listing.keys:
        return None
    others = (len(listing.keys) - 1) * TURN * (crc32(environment.key.encode()) % 100 / 100)
    own = listing.at + _after(means, now - waiting["since"]) - now
    return max(means.pace.soon / 5, own) + min(others, 2 * means.pace.seldom)


def wait_no_more(means: Means, environment: Environment) -> None:
    """Let the next turn look closer, whatever is waited for: somebody said something by hand."""
    means.remember(None, means.pace.poll, "waiting", environment.name)


def under_way(means: Means, kind: UnderWay, *, but: Environment) -> bool:
    """Whether the platform works on something of this kind for anybody of ours, but for one environment."""
    listing = _listing(means, kind, means.pace.poll, but, whatever=True)
    return listing is not None and any(key != but.key for key in listing.keys)


def _youngest(means: Means, waiting: dict[str, Any]) -> float:
    """Since when the youngest of those waits who wait for the same listing."""
    youngest = means.memory.read(f"{_where(means, waiting['kind'])}:youngest")
    return max(float(waiting["since"]), youngest if isinstance(youngest, float) else 0.0)


def _where(means: Means, kind: UnderWay) -> str:
    """Under this the memory holds what is under way, for all repositories of the same targets."""
    return ":".join(("under way", *sorted(set(means.grant.targets.values())), kind))


def _after(means: Means, waited: float) -> float:
    """How long after one look comes the next, seconds."""
    return max(means.pace.soon, min(PART * waited, means.pace.seldom))


def _listing(
    means: Means, kind: UnderWay, within: float, whose: Environment, *, whatever: bool = False
) -> _Listing | None:
    """What is under way, as it was at most so many seconds ago. None while nobody may ask, since some listing was
    asked for just now (``whatever`` others ask): however many kinds and repositories wait, all together ask
    for few. Others whose wait is over are woken; ``whose`` turn this is goes on by itself."""
    now, memory = means.now().timestamp(), means.memory
    where = _where(means, kind)
    known = memory.read(where)
    if isinstance(known, list) and now - known[0] < within:
        return _Listing(known[0], tuple(known[1]))
    last = memory.read(ASKED)
    if isinstance(last, float) and 0 <= now - last < means.pace.apart and not whatever:
        return None
    memory.write(ASKED, now, means.pace.poll)
    keys = sorted(environment.key for environment in means.cloudfoundry.under_way(kind))
    memory.write(where, [now, keys], 2 * means.pace.seldom)
    before = set(known[1]) if isinstance(known, list) else set[str]()
    for key in before - {whose.key, *keys}:
        means.wake(key)
    return _Listing(now, tuple(keys))


def _alone(means: Means, environment: Environment) -> int:
    """How many wait for what no listing shows, this one among them."""
    now, known = means.now().timestamp(), means.memory.read(ALONE)
    others = known.items() if isinstance(known, dict) else ()
    waiting = {key: at for key, at in others if now - at < ALONE_FOR} | {environment.key: now}
    means.memory.write(ALONE, waiting, ALONE_FOR)
    return len(waiting)


def _wish(means: Means, environment: Environment) -> str | None:
    wanted = means.github.last_look()
    return None if wanted is None else wish_digest(wanted, environment)
