"""The primary rate limit: so many requests an hour, then 403 until the hour is over."""

from __future__ import annotations

from reviewapps.sandbox.github.access import Asker
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import JSON, Usage
from reviewapps.sandbox.github.world import World

HOUR = 3600
DOCUMENTATION = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
FREE_REPOSITORIES, PER_REPOSITORY, MOST = 20, 50, 12_500
"""An installation may ask more with every repository above these, up to the most."""


class Limits:
    """The points of every account (all of its tokens together), installation and anonymous address."""

    def __init__(self, world: World) -> None:
        self._world = world

    def admit(self, asker: Asker, request_id: str) -> None:
        """403 for who has used everything up."""
        if self.remaining(asker):
            return
        advice = (
            " If you reach out to GitHub Support for help, please include the request ID"
            f" {request_id} and timestamp {self._world.clock.now:%Y-%m-%d %H:%M:%S} UTC."
        )
        if asker.user is None and asker.app is None:
            advice = (
                " (But here's the good news: Authenticated requests get a higher rate limit."
                " Check out the documentation for more details.)"
            )
        message = f"API rate limit exceeded for {asker.described}.{advice}"
        raise Refused(403, message, documentation=DOCUMENTATION)

    def count(self, asker: Asker) -> None:
        """One point less for who asked."""
        self._usage(asker).used += 1

    def spend(self, asker: Asker, remaining: int) -> None:
        """Leave so many points, and no more."""
        self._usage(asker).used = max(0, self.limit(asker) - remaining)

    def headers(self, asker: Asker) -> dict[str, str]:
        """What an answer says of the limit."""
        told = {
            f"X-RateLimit-{name.capitalize()}": str(value) for name, value in self.standing(asker).items()
        }
        return told | {"X-RateLimit-Resource": "core"}

    def standing(self, asker: Asker) -> JSON:
        """Limit, used, remaining, and when it starts anew (Unix time)."""
        usage, limit = self._usage(asker), self.limit(asker)
        used = min(usage.used, limit)
        return {"limit": limit, "used": used, "remaining": limit - used, "reset": int(usage.began) + HOUR}

    def remaining(self, asker: Asker) -> int:
        """The points that are left."""
        return int(self.standing(asker)["remaining"])

    def limit(self, asker: Asker) -> int:
        """The points of an hour."""
        allowance = self._world.allowance
        if asker.token is not None:
            covered = len(self._world.covered_by(asker.token.installation))
            more = PER_REPOSITORY * max(0, covered - FREE_REPOSITORIES)
            return min(allowance.installation + more, max(MOST, allowance.installation))
        return allowance.anonymous if asker.user is None and asker.app is None else allowance.user

    def _usage(self, asker: Asker) -> Usage:
        """What was used since the first request, within an hour of it."""
        now, known = self._world.clock.seconds, self._world.usage.get(asker.key)
        if known is None or not known.began <= now < known.began + HOUR:
            recent = known.recent if known else []
            self._world.usage[asker.key] = known = Usage(began=now, recent=recent)
        return known
