"""How long one query may take, so that whoever else asks is answered meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")

LONGEST = 10.0
"""Seconds until GitHub gives a query up."""
HELD = 1.0
"""Seconds of our thread's own time, for as long as nobody else is answered: GitHub has more than one thread."""
AT_ONCE = 8
"""So many values are looked up in git side by side,"""
MOST_WAITING = 2_000
"""and so many may wait for that: to look all up would take longer than ``LONGEST`` in any case."""


class TakesTooLong(Exception):
    """The query is given up, as a whole."""


class Patience:
    """Ends for one query, and then for all of it."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + LONGEST
        self._turn = time.thread_time()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._over = False

    def check(self) -> None:
        """Raise TakesTooLong where it is over."""
        held = time.thread_time() - self._turn
        late = held > HELD or time.monotonic() > self._ends or self._waiting > MOST_WAITING
        self._over = self._over or late
        if self._over:
            raise TakesTooLong

    def value(self, sought: Coroutine[Any, Any, Value]) -> Coroutine[Any, Any, Value]:
        """What ``sought`` finds, in its turn; others had theirs, so that our time begins anew."""
        self._waiting += 1
        return self._in_turn(sought)

    async def _in_turn(self, sought: Coroutine[Any, Any, Value]) -> Value:
        try:
            async with self._places:
                self._turn = time.thread_time()
                self.check()
                found = await sought
        finally:
            sought.close()
            self._waiting -= 1
        self._turn = time.thread_time()
        return found
