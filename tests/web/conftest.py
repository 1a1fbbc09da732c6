"""One Redis, and web processes on it: one that is open to this machine, one that asks for a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewapps.coordination.embedded import EmbeddedRedis
from tests.web.serving import TOKEN, Serving, serving, told


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis.start(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="package")
def open_web(server: EmbeddedRedis) -> Iterator[Serving]:
    with serving(told(server.url)) as web:
        yield web


@pytest.fixture(scope="package")
def closed_web(server: EmbeddedRedis) -> Iterator[Serving]:
    with serving(told(server.url, WEB_TOKEN=TOKEN)) as web:
        yield web


@pytest.fixture
def web(open_web: Serving) -> Serving:
    open_web.redis.flushall()
    return open_web


@pytest.fixture
def asking(closed_web: Serving) -> Serving:
    closed_web.redis.flushall()
    return closed_web
