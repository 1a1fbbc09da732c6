"""One settle at a time per environment, and none forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reviewapps.coordination.due import Due
from reviewapps.coordination.lease import Lease, Leases

BUSY_SECONDS: Final = 1.0
"""When to try again what another worker holds. A worker waits for nobody."""


class Turns:
    """Runs ``settle`` for one environment under its lease, and writes down when to look again.

    ``settle`` returns the seconds until the next look, or None when nothing more is to do.
    """

    def __init__(self, due: Due, leases: Leases, settle: Callable[[str, Lease], float | None]) -> None:
        self.due = due
        self.leases = leases
        self._settle = settle

    def take(self, environment: str) -> bool:
        """Whether there was a turn. Another worker's turn puts this one off by a second.

        If ``settle`` raises, the environment stays scored forward, so it comes again, and the error goes on.
        """
        score = self.due.claim(environment)
        lease = self.leases.take(environment)
        if lease is None:
            self.due.wake(environment, at=self.due.now() + BUSY_SECONDS)
            return False
        with lease:
            wait = self._settle(environment, lease)
            self.due.finish(environment, score, None if wait is None else self.due.now() + wait)
        return True
