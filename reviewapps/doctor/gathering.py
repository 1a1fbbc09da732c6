"""Looking at several sides at once, none of which can hold up or hide the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from reviewapps.errors import ReviewAppsError, Unavailable


class Gathering:
    """What is found under each name within so many seconds. Whoever takes longer is left to itself."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._found: dict[str, Any] = {}
        self._open: set[str] = set()
        self._broken: list[BaseException] = []
        self._changed = threading.Condition()

    def start(self, name: str, look: Callable[[], Any]) -> None:
        """Look, in a thread of its own, which may start others."""
        with self._changed:
            self._open.add(name)
        threading.Thread(target=self._run, args=(name, look), daemon=True).start()

    def wait(self) -> None:
        """Return when all have looked, or the time is over. What nobody foresaw is raised."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, max(0.0, self._deadline - time.monotonic()))
            if self._broken:
                raise self._broken[0]
            for name in self._open:
                self._found[name] = Unavailable(f"it took longer than {self._seconds:g} s to answer")
            self._open = set()

    def found(self, name: str) -> Any:
        """What was seen, the ReviewAppsError that kept it from being seen, or None: nobody looked."""
        return self._found.get(name)

    def _run(self, name: str, look: Callable[[], Any]) -> None:
        seen: Any = None
        try:
            seen = look()
        except ReviewAppsError as wrong:
            seen = wrong
        except BaseException as unforeseen:
            self._broken.append(unforeseen)
        with self._changed:
            if name in self._open:  # else the time was over
                self._found[name] = seen
                self._open.discard(name)
            self._changed.notify_all()
