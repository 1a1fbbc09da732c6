"""Waiting for a condition, with a deadline: tests never sleep for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import psutil


def until(holds: Callable[[], object], what: str, *, seconds: float = 30.0) -> None:
    """Return as soon as it holds; fail, naming what did not come, when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)


def until_dead(processes: Iterable[psutil.Process], *, seconds: float = 30.0) -> None:
    """Return when none of them runs any more; whoever inherited them may be slow to bury them."""
    running = list(processes)

    def dead() -> bool:
        running[:] = [each for each in running if each.is_running() and not is_zombie(each)]
        return not running

    until(dead, f"the end of {len(running)} processes", seconds=seconds)


def is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
