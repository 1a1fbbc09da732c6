"""Is the process alive, and is the installation at work?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from reviewapps.overview import longest
from reviewapps.web.looks import Seen
from reviewapps.web.site import Site

ALIVE, READY = "/healthz", "/readyz"


def health(site: Site) -> APIRouter:
    """Open to everybody, so neither names anything."""
    router = APIRouter(include_in_schema=False)
    fresh = longest(site.told.quiet_every)

    @router.get(ALIVE)
    async def alive() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get(READY)
    def ready() -> JSONResponse:
        try:
            site.redis.ping()
            stale = [seen for seen in site.looks.all() if not _is_fresh(seen, fresh)]
        except RedisError:
            return _not_ready("Redis does not answer")
        if stale and site.told.grants.mode != "paused":
            return _not_ready(_reason(stale, len(site.looks.repositories)))
        return JSONResponse({"ready": True, "mode": site.told.grants.mode})

    return router


def _is_fresh(seen: Seen, fresh: timedelta) -> bool:
    return seen.overview is not None and datetime.now(UTC) - seen.overview.looked_at < fresh


def _reason(stale: list[Seen], of: int) -> str:
    never = sum(1 for seen in stale if seen.overview is None)
    if never:
        return f"not looked yet: {never} of {of} repositories; is a worker running?"
    return f"the last look is too old: {len(stale)} of {of} repositories; is a worker running?"


def _not_ready(reason: str) -> JSONResponse:
    return JSONResponse({"ready": False, "reason": reason}, 503)
