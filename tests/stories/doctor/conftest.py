"""One world for all patients; each breaks something of it, and it is healed after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewapps.playground import Playground
from tests.stories.conftest import hurry
from tests.stories.doctor.clinic import Clinic


@pytest.fixture(scope="package")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with Playground(tmp_path_factory.mktemp("clinic") / "world") as playground:
        hurry(playground.world.cloudfoundry.settings)
        yield Clinic(playground)


@pytest.fixture
def clinic(opened: Clinic) -> Iterator[Clinic]:
    yield opened
    opened.heal()
