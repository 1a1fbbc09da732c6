"""Whatever is waited for is looked at the more rarely the longer it lasts, so that no wait is overshot by more
than a small part of it; and what the platform works on is watched by one listing for all who wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final, cast
from zlib import crc32

from reviewapps.model import Environment
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.over import note_over
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
"""Under these the memory holds, of the whole installation: when who asks for himself will do so next, and when
which listing of what is under way was asked for last, or had to wait."""

SHORT: Final = "package"
"""What is often over in a moment, as is most of what no listing shows: while young it is looked at sooner."""

YOUNG: Final = 0.5
"""The part of what a wait lasted by now after which it is looked at again while it is young."""

LATE: Final = 2.0
"""Seconds for which who wanted to ask for himself is waited for, before he is taken for one that waits no more."""


MOST_GUIDS: Final = 50
"""So many fit into one URL. Of more that are waited for, a listing shows only which are over, and not how."""


@dataclass(frozen=True)
class _Listing:
    """Whose things of a kind were under way, by keys of environments, ``at`` seconds since 1970; only of these
    ``guids``, where it was asked for such."""

    at: float
    keys: tuple[str, ...]
    guids: tuple[str, ...] = ()

    def tells_of(self, guid: str | None) -> bool:
        """Whether what it lacks is over."""
        return not self.guids or guid in self.guids


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
    waiting = {"on": on, "since": since, "kind": wait.kind, "wish": wish, "closer": closer, "guid": wait.guid}
    if wait.kind is not None and wait.guid is not None:
        where = _where(means, wait.kind)
        asked = _waited_for(means, where) | {wait.guid}
        means.memory.write(f"{where}:guids", sorted(asked), means.pace.deadline.total_seconds())
    means.remember(waiting, means.pace.deadline.total_seconds(), "waiting", environment.name)
    if wait.until is not None:
        return max(means.pace.soon, wait.until.timestamp() - now)
    after = _after(means, now - since, short=wait.kind in (None, SHORT))
    return after if wait.kind is not None else _alone(means, environment, after)


def is_still_under_way(means: Means, environment: Environment) -> float | None:
    """Seconds until it is to be asked again, while the platform still works on what this environment waits for and
    GitHub wants the same; else None."""
    waiting = cast("dict[str, Any] | None", means.remembered("waiting", environment.name))
    now = means.now().timestamp()
    if waiting is None or waiting["kind"] is None or now >= waiting.get("closer", 0.0):
        return None
    if waiting["wish"] != _wish(means, environment):
        return None
    since, share = waiting["since"], crc32(environment.key.encode()) % 100 / 100
    within = _after(means, now - _youngest(means, waiting))
    listing = _listing(means, waiting["kind"], within, environment, since=since, guid=waiting.get("guid"))
    if listing is None:
        return _free(means) + TURN * share
    if environment.key not in listing.keys:
        return None
    others = (len(listing.keys) - 1) * TURN * share
    own, fresh = listing.at + _after(means, now - since) - now, now - listing.at < within
    return max(own, means.pace.first if fresh else _free(means)) + min(
        others, 2 * means.pace.seldom if fresh else 4 * means.pace.apart
    )


def wait_no_more(means: Means, environment: Environment) -> None:
    """Let the next turn look closer, whatever is waited for: somebody said something by hand."""
    means.remember(None, means.pace.poll, "waiting", environment.name)


def under_way(means: Means, kind: UnderWay, *, but: Environment) -> bool:
    """Whether the platform works on something of this kind for anybody of ours, but for one environment."""
    listing = _listing(means, kind, means.pace.poll, but)
    return listing is not None and any(key != but.key for key in listing.keys)


def _waited_for(means: Means, where: str) -> frozenset[str]:
    """The guids of what is waited for in that listing."""
    known = means.memory.read(f"{where}:guids")
    return frozenset(map(str, known)) if isinstance(known, list) else frozenset()


def _youngest(means: Means, waiting: dict[str, Any]) -> float:
    """Since when the youngest of those waits who wait for the same listing."""
    youngest = means.memory.read(f"{_where(means, waiting['kind'])}:youngest")
    return max(float(waiting["since"]), youngest if isinstance(youngest, float) else 0.0)


def _where(means: Means, kind: UnderWay) -> str:
    """Under this the memory holds what is under way, for all repositories of the same targets."""
    return ":".join(("under way", *sorted(set(means.grant.targets.values())), kind))


def _after(means: Means, waited: float, *, short: bool = False) -> float:
    """How long after one look comes the next, seconds."""
    least = max(means.pace.first, min(YOUNG * waited, means.pace.soon)) if short else means.pace.soon
    return max(least, min(PART * waited, means.pace.seldom))


def _may_list(means: Means, where: str) -> bool:
    """Whether that listing may be asked for now, as is written down then: some time after the last one, and after
    those that had to wait and were asked for longer ago."""
    now, held = means.now().timestamp(), means.memory.read(ASKED)
    listed, waits = held if isinstance(held, list) else ({}, {})
    before = [one for one, at in waits.items() if now - at < 2 * means.pace.apart and one != where]
    soon = _since_listed(listed, now) < means.pace.apart
    may = not soon and all(listed.get(one, 0.0) >= listed.get(where, 0.0) for one in before)
    told = {**listed, where: now} if may else listed
    waits = {one: waits[one] for one in before} | ({} if may else {where: now})
    means.memory.write(ASKED, [told, waits], means.pace.deadline.total_seconds())
    return may


def _free(means: Means) -> float:
    """Seconds until another listing may be asked for."""
    held = means.memory.read(ASKED)
    passed = _since_listed(held[0] if isinstance(held, list) else {}, means.now().timestamp())
    return max(means.pace.first, means.pace.apart - passed)


def _since_listed(listed: Mapping[str, float], now: float) -> float:
    """Seconds since any listing was asked for: what a clock far ahead noted keeps nobody waiting for it."""
    return min((abs(now - at) for at in listed.values()), default=inf)


def _listing(
    means: Means,
    kind: UnderWay,
    within: float,
    whose: Environment,
    *,
    since: float | None = None,
    guid: str | None = None,
) -> _Listing | None:
    """What is under way, as it was at most so many seconds ago; older, but not from before ``since``, while nobody
    may ask, because some listing was asked for just now, and None where there is no such. (Without ``since`` it is
    asked for nevertheless.) So however many kinds and repositories wait, all together ask for few. Others whose
    wait is over are woken; ``whose`` turn this is goes on by itself.

    Who waits for one ``guid`` asks for that, and for those of all others who do, as long as these are few: of such
    it is remembered how they ended, so that nobody has to ask once more."""
    now, memory = means.now().timestamp(), means.memory
    where = _where(means, kind)
    held = memory.read(where)
    before = _Listing(min(held[0], now), *map(tuple, held[1:])) if isinstance(held, list) else None
    known = before if before is not None and before.at >= (since or 0.0) and before.tells_of(guid) else None
    if known is not None and now - known.at < within:
        return known
    if not _may_list(means, where) and since is not None:
        return known
    waited = _waited_for(means, where) | ({guid} if guid is not None else set())
    guids = tuple(sorted(waited)) if guid in waited and len(waited) <= MOST_GUIDS else ()
    seen = means.cloudfoundry.under_way(kind, guids)
    keys = sorted(environment.key for environment in seen.working)
    note_over(means, *seen.builds, *seen.deployments)
    if ended := waited - seen.guids:
        still = sorted(_waited_for(means, where) - ended)
        memory.write(f"{where}:guids", still, means.pace.deadline.total_seconds())
    memory.write(where, [now, keys, guids], 2 * means.pace.seldom)
    if before is not None and bool(before.guids) == bool(guids):
        for key in set(before.keys) - {whose.key, *keys}:
            means.wake(key)
    return _Listing(now, tuple(keys), guids)


def _alone(means: Means, environment: Environment, after: float) -> float:
    """Seconds until who waits for what no listing shows may ask: ``after``, or later where others do so too."""
    now, known = means.now().timestamp(), means.memory.read(ALONE)
    asks = known.items() if isinstance(known, dict) else ()
    others = {key: at for key, at in asks if key != environment.key and now - LATE < at}
    again = max(after, (len(others) + 1) * means.pace.apart if others else 0.0)
    means.memory.write(ALONE, others | {environment.key: now + again}, means.pace.deadline.total_seconds())
    return again


def _wish(means: Means, environment: Environment) -> str | None:
    wanted = means.github.last_look()
    return None if wanted is None else wish_digest(wanted, environment)
