"""All brokers of one platform."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import Backing
from reviewapps.sandbox.cloudfoundry.brokers.catalog import ACCOUNTS, POSTGRES, REDIS
from reviewapps.sandbox.cloudfoundry.brokers.databases import Databases
from reviewapps.sandbox.cloudfoundry.brokers.redis import RedisServers
from reviewapps.sandbox.cloudfoundry.brokers.service_accounts import ServiceAccounts, Users
from reviewapps.sandbox.cloudfoundry.world import World


class Brokers:
    """The backing of each offering; their data is kept below ``home``. ``users`` may log in."""

    def __init__(self, home: Path, users: Users, world: World) -> None:
        self._backings: dict[str, Backing] = {
            POSTGRES: Databases(home / "postgres"),
            REDIS: RedisServers(home / "redis"),
            ACCOUNTS: ServiceAccounts(users, world),
        }

    def of(self, offering: str) -> Backing:
        """What is behind the offering of this name."""
        return self._backings[offering]

    async def close(self) -> None:
        """End every server; the data stays."""
        await asyncio.gather(*(one.close() for one in self._backings.values()))
