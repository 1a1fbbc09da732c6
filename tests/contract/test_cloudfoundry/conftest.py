"""One platform for all tests, swept after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewapps.cloudfoundry import SpaceClient
from reviewapps.model import Space
from tests.contract.test_cloudfoundry.platform import Platform, client
from tests.contract.test_cloudfoundry.scenes import removed


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = Platform(tmp_path_factory.mktemp("cloudfoundry"))
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture(scope="package")
def sweepers(running: Platform) -> tuple[SpaceClient, ...]:
    return client(running), client(running, instance="umbrella")


@pytest.fixture
def platform(running: Platform, sweepers: tuple[SpaceClient, ...]) -> Iterator[Platform]:
    running.forget()
    yield running
    running.forget()
    for sweeper in sweepers:
        sweep(sweeper)


@pytest.fixture
def space(platform: Platform) -> SpaceClient:
    return client(platform)


def sweep(space: SpaceClient) -> None:
    """Delete all that is ours, through the same door."""
    found = space.look()
    while found != Space():
        for environment in {a.environment for a in found.apps} | {r.environment for r in found.routes}:
            removed(space, found.actual(environment))
        found = space.look()
