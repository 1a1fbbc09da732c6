"""Waiting for a condition, with a deadline: tests never sleep for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], what: str, *, seconds: float = 5.0) -> None:
    """Return as soon as it holds; fail, naming what did not come, when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)
