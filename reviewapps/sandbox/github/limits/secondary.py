"""The secondary limits: how fast, how many at once, how much written. They sleep until they are set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reviewapps.sandbox.github.access import Asker
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import Spent, Usage
from reviewapps.sandbox.github.world import World

MINUTE, HOUR = 60, 3600
WRITING = 5
"""Points of a request that writes; others cost one."""

DOCUMENTATION = (
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
)
TOO_FAST = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
TOO_MUCH = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation."
    " Please retry your request again later."
)


class SecondaryLimits:
    """Refuses who asks too fast. What is refused is not counted against them again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._busy: dict[str, int] = {}

    @contextmanager
    def admitted(self, asker: Asker, method: str, *, creates: bool) -> Iterator[None]:
        """While a request lasts; 403 (or 429) with `retry-after` for one too many."""
        busy = self._busy.get(asker.key, 0)
        self._busy[asker.key] = busy + 1
        try:
            self._require_slow(asker, method, creates, busy)
            yield
        finally:
            self._busy[asker.key] -= 1

    def _require_slow(self, asker: Asker, method: str, creates: bool, busy: int) -> None:
        allowance, now = self._world.allowance, self._world.clock.seconds
        limits = (allowance.points_per_minute, allowance.content_per_minute, allowance.content_per_hour)
        if allowance.at_once is not None and busy >= allowance.at_once:
            raise self._refusal(TOO_FAST)
        if limits == (None, None, None):
            return
        usage = self._world.usage.setdefault(asker.key, Usage(began=now))
        usage.recent = [spent for spent in usage.recent if now - HOUR < spent.at <= now]
        asked = Spent(now, 1 if method in ("GET", "HEAD", "OPTIONS") else WRITING, creates)
        self._require_within(usage.recent, asked)
        usage.recent.append(asked)

    def _require_within(self, recent: list[Spent], asked: Spent) -> None:
        allowance = self._world.allowance
        minute = [*(spent for spent in recent if spent.at > asked.at - MINUTE), asked]
        if _above(sum(spent.points for spent in minute), allowance.points_per_minute):
            raise self._refusal(TOO_FAST)
        if not asked.creates:
            return
        created = sum(spent.creates for spent in minute), sum(spent.creates for spent in recent) + 1
        if _above(created[0], allowance.content_per_minute) or _above(created[1], allowance.content_per_hour):
            raise self._refusal(TOO_MUCH)

    def _refusal(self, message: str) -> Refused:
        allowance = self._world.allowance
        headers = {"Retry-After": str(allowance.retry_after)}
        return Refused(allowance.secondary_status, message, documentation=DOCUMENTATION, headers=headers)


def _above(value: int, limit: int | None) -> bool:
    return limit is not None and value > limit
