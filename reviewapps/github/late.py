"""What we gave up waiting for may still be done by GitHub, after something newer: nothing is written meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reviewapps.errors import TimedOut
from reviewapps.github.connection import Connection
from reviewapps.ports import Memory


@contextmanager
def not_overtaken(
    connection: Connection, memory: Memory, name: str, forget: Callable[[], None]
) -> Iterator[None]:
    """Write what people read under this ``name``, here and nowhere else.

    Raises TimedOut, at once and with the seconds left, while an earlier request may still be done: for twice as
    long as one may last. Where a request within times out, ``forget`` is called: what was said before may not be
    the last word any more. A memory that is lost meanwhile costs that protection, and no more.
    """
    left = (memory.read(f"{name}/late") or 0.0) - time.time()
    if left > 0:
        raise TimedOut("GitHub may still write what was told before", left)
    try:
        yield
    except TimedOut:
        patience = 2 * connection.timeout
        memory.write(f"{name}/late", time.time() + patience, patience)
        forget()
        raise
