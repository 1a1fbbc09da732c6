"""A shop with real workers, in processes of their own that a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewapps.demo.onlooker import until
from tests.faults.shop import Shop

SHORT = {"REQUEST_TIMEOUT": "2", "LEASE": "3", "FORWARD": "3.5"}
"""So that what a dead worker held is free again soon."""


class Gate:
    """A door that scripts in builds and apps wait at until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def hook(self, name: str) -> str:
        """A ``bin/pre_compile`` that waits."""
        return f"#!/bin/sh\n{self.line(name)}"

    def line(self, name: str) -> str:
        """A line of shell that says it has come, and waits."""
        here, opened = self._folder / f"{name}.here", self._folder / f"{name}.open"
        return f"touch '{here}'\nwhile [ ! -e '{opened}' ]; do sleep 0.02; done\n"

    def until_somebody_waits(self, name: str) -> None:
        until(f"somebody at the gate {name}", lambda: (self._folder / f"{name}.here").exists(), 30)

    def open(self, name: str) -> None:
        (self._folder / f"{name}.open").touch()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """It has one worker."""
    with Shop(tmp_path / "shop", **SHORT) as shop:
        shop.playground.start_worker()
        yield shop
        shop.playground.kill_workers()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gates")


def signal_worker(worker: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send it to the worker and all its children at once."""
    os.killpg(worker.pid, number)
