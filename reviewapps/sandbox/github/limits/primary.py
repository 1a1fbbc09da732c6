"""The primary rate limits: so many points an hour for REST and as many for GraphQL, each counted by itself.

REST answers 403 until the hour is over; GraphQL says so among its errors (:data:`GRAPHQL`).
"""

from __future__ import annotations

from reviewapps.sandbox.github.access import Asker
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import JSON, Usage
from reviewapps.sandbox.github.world import World

HOUR = 3600
CORE, GRAPHQL = "core", "graphql"
"""The resources that points are counted for, as headers and `/rate_limit` name them."""
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

    def count(self, asker: Asker, resource: str = CORE, points: int = 1) -> None:
        """So many points less for who asked."""
        self._usage(asker, resource).used += points

    def spend(self, asker: Asker, remaining: int, resource: str = CORE) -> None:
        """Leave so many points, and no more."""
        self._usage(asker, resource).used = max(0, self.limit(asker, resource) - remaining)

    def headers(self, asker: Asker, resource: str = CORE) -> dict[str, str]:
        """What an answer says of the limit."""
        standing = self.standing(asker, resource)
        told = {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in standing.items()}
        return told | {"X-RateLimit-Resource": resource}

    def standing(self, asker: Asker, resource: str = CORE) -> JSON:
        """Limit, used, remaining, and when it starts anew (Unix time)."""
        usage, limit = self._usage(asker, resource), self.limit(asker, resource)
        used = min(usage.used, limit)
        return {"limit": limit, "used": used, "remaining": limit - used, "reset": int(usage.began) + HOUR}

    def remaining(self, asker: Asker, resource: str = CORE) -> int:
        """The points that are left."""
        return int(self.standing(asker, resource)["remaining"])

    def limit(self, asker: Asker, resource: str = CORE) -> int:
        """The points of an hour."""
        allowance = self._world.allowance
        nobody = asker.user is None and asker.app is None
        if resource == GRAPHQL and nobody:
            return 0
        if asker.token is not None:
            base = allowance.graphql if resource == GRAPHQL else allowance.installation
            covered = len(self._world.covered_by(asker.token.installation))
            more = PER_REPOSITORY * max(0, covered - FREE_REPOSITORIES)
            return min(base + more, max(MOST, base))
        if resource == GRAPHQL:
            return allowance.graphql
        return allowance.anonymous if nobody else allowance.user

    def _usage(self, asker: Asker, resource: str) -> Usage:
        """What was used since the first request, within an hour of it."""
        key = asker.key if resource == CORE else f"{resource}:{asker.key}"
        now, known = self._world.clock.seconds, self._world.usage.get(key)
        if known is None or not known.began <= now < known.began + HOUR:
            recent = known.recent if known else []
            self._world.usage[key] = known = Usage(began=now, recent=recent)
        return known
