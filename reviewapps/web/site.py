"""What the web process works with, wired here: it needs no client of GitHub's or Cloud Foundry's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from redis.asyncio import Redis as HastyRedis
from redis.asyncio.retry import Retry as HastyRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from reviewapps.coordination.budget import Budget, of_cloudfoundry, of_github
from reviewapps.coordination.cache import Cache
from reviewapps.coordination.counters import RedisCounters
from reviewapps.coordination.due import Due
from reviewapps.coordination.embedded import embedded_url
from reviewapps.coordination.lease import Leases
from reviewapps.settings import Settings
from reviewapps.web.access import Access
from reviewapps.web.looks import Looks
from reviewapps.web.tally import Tally

PATIENCE = 2.0
"""Seconds that Redis has to answer; it is asked twice, since a connection may have died while it was idle."""


@dataclass(frozen=True)
class Site:
    """One installation, as the web process sees it. ``hasty`` is the same Redis, for those who await."""

    told: Settings
    redis: redis.Redis
    hasty: HastyRedis
    looks: Looks
    due: Due
    leases: Leases
    counters: RedisCounters
    budgets: tuple[Budget, ...]
    access: Access
    tally: Tally


def site(told: Settings) -> Site:
    """Everything that the web process works with. Asks nobody anything yet."""
    url = told.redis_url or embedded_url(told.home / "redis")
    timeouts: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    here = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **timeouts)
    keys = told.prefix
    return Site(
        told,
        here,
        HastyRedis.from_url(url, retry=HastyRetry(NoBackoff(), 1), **timeouts),
        Looks(Cache(here, keys), told.repositories),
        Due(here, keys, forward=told.forward),
        Leases(here, keys, seconds=told.lease),
        RedisCounters(here, keys),
        (
            of_cloudfoundry(here, keys, told.cf_requests_per_second),
            of_github(here, keys, told.github_requests_per_second),
        ),
        Access(told.grants.web_token, told.grants.github.sign_in, told.instance),
        Tally(),
    )
