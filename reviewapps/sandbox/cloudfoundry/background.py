"""Work that goes on after the answer was sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Background:
    """The work under way; it is ended with the server. ``ended`` is told of every end."""

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self._tell = ended
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start ``work`` and keep it alive. What it raises is logged: nobody waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel what is still under way, and wait for its end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._tell()
        if not task.cancelled() and (wrong := task.exception()):
            log.error("the sandbox's Cloud Foundry failed at something", exc_info=wrong)
