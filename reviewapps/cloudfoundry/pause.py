"""To slow down where Cloud Foundry asks us to: what one worker is told, all obey."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from reviewapps.errors import RateLimited
from reviewapps.ports import Memory

PAUSED = "paused:cloudfoundry"
"""Under this name all workers remember until when nothing is asked."""


def check_pause(memory: Memory, to: str) -> None:
    """Raise RateLimited, without a request, while any worker was told to slow down."""
    until = memory.read(PAUSED)
    left = until - time.time() if isinstance(until, float) else 0.0
    if left > 0:
        raise RateLimited(f"we do not {to} for {left:.0f} s: Cloud Foundry asked us to slow down", left)


@contextmanager
def noting_pause(memory: Memory) -> Iterator[None]:
    """Around what only Cloud Foundry answers: our own budget is no reason to keep the others away."""
    try:
        yield
    except RateLimited as slow:
        memory.write(PAUSED, time.time() + slow.after, slow.after)
        raise
