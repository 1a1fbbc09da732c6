"""All brokers of one platform."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import Backing
from reviewapps.sandbox.cloudfoundry.brokers.catalog import POSTGRES, REDIS
from reviewapps.sandbox.cloudfoundry.brokers.databases import Databases
from reviewapps.sandbox.cloudfoundry.brokers.redis import RedisServers


class Brokers:
    """The backing of each offering; their data is kept below ``home``."""

    def __init__(self, home: Path) -> None:
        self._backings: dict[str, Backing] = {
            POSTGRES: Databases(home / "postgres"),
            REDIS: RedisServers(home / "redis"),
        }

    def of(self, offering: str) -> Backing:
        """What is behind the offering of this name."""
        return self._backings[offering]

    async def close(self) -> None:
        """End every server; the data stays."""
        await asyncio.gather(*(one.close() for one in self._backings.values()))
