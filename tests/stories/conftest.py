"""A new world for every story: real git, Redis, processes and HTTP; only Celery is left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from reviewapps import logs
from reviewapps.playground import Playground
from reviewapps.sandbox.cloudfoundry.world import Settings
from tests.stories.beginning import committed
from tests.stories.town import Town


def hurry(platform: Settings) -> None:
    """Let what only takes time take hundredths of a second."""
    platform.job_delay = platform.upload_delay = platform.copy_delay = 0.01
    platform.deployment_tick = 0.05


@pytest.fixture(scope="package")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the log goes, written as a worker writes it."""
    root, file = logging.getLogger(), tmp_path_factory.mktemp("log") / "stories.log"
    before, level = list(root.handlers), root.level
    logs.configure(file=file)
    yield file
    for handler in root.handlers:
        handler.close()
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with the first commit, made once."""
    return committed(tmp_path_factory.mktemp("first"))


@pytest.fixture
def quiet_town(tmp_path: Path, log: Path, first: Path) -> Iterator[Town]:
    """A town that nobody works for yet."""
    with Playground(tmp_path / "town") as playground:
        hurry(playground.world.cloudfoundry.settings)
        log.write_text("")
        yield Town(playground, log, first)


@pytest.fixture
def town(quiet_town: Town) -> Town:
    """A town with one orchestrator."""
    quiet_town.employ()
    return quiet_town
