"""A real server for all tests of this folder, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from reviewapps.coordination.embedded import EmbeddedRedis

PREFIX = "reviewapps:acme:"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis.start(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis(server: EmbeddedRedis) -> Iterator[Redis]:
    with Redis.from_url(server.url) as client:
        client.flushall()
        yield client
