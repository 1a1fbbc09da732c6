"""What all requests share."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from .entrance import Entrance

AT_ONCE = 200
"""Requests under way at one time, each in a thread of its own; more would not fit into the memory."""

MOST_HOSTS = 5000

FORM_WITHIN = 10.0
"""Seconds that a form may take to come in."""


class Gate:
    """Who may come in, where it may lead, what is under way, and when each host was visited last."""

    def __init__(
        self, entrance: Entrance, domains: tuple[str, ...], form_within: float = FORM_WITHIN
    ) -> None:
        self.entrance, self.domains, self.form_within = entrance, domains, form_within
        self._visits: dict[str, float] = {}
        self._lock = threading.Condition()
        self._under_way = 0

    @contextlib.contextmanager
    def place(self) -> Iterator[bool]:
        """Whether there is room for one more request, which this is."""
        with self._lock:
            self._under_way += 1
            fits = self._under_way <= AT_ONCE
        try:
            yield fits
        finally:
            with self._lock:
                self._under_way -= 1
                self._lock.notify_all()

    def await_last(self, seconds: float) -> None:
        """Return when nothing is under way any more, or after so long."""
        with self._lock:
            self._lock.wait_for(lambda: self._under_way == 0, seconds)

    def visit(self, host: str) -> None:
        """Somebody looked at this preview. Tests and checks, which bypass the password, do not count."""
        with self._lock:
            self._visits.pop(host, None)
            self._visits[host] = time.time()
            if len(self._visits) > MOST_HOSTS:
                del self._visits[next(iter(self._visits))]

    def visits(self) -> dict[str, str]:
        """When each host was visited last, as far as this process remembers."""
        with self._lock:
            return {host: datetime.fromtimestamp(at, UTC).isoformat() for host, at in self._visits.items()}
