"""Why a worker outlives its Redis."""

from __future__ import annotations

from typing import Any

from celery.worker.consumer import Consumer


class SurvivingConsumer(Consumer):  # type: ignore[misc]
    """Celery 5.7.0's consumer, without the fault that ends its worker.

    When the connection to Redis drops, 5.7.0 first collects it, which takes its transport apart, and then
    closes it as well. Closing wants to put unacknowledged messages back, asks the transport that is gone, and
    fails with an AttributeError that nobody expects: a worker with a running task exits. Collected is closed
    enough; running tasks acknowledge through the channel's pool, which reconnects by itself.

    The version is pinned; ``tests/workers/test_redis_lost.py`` shows both the fault and this cure.
    """

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Go back to connecting, as Celery does, and leave the collected connection alone."""
        if self.connection is not None:
            self.connection.close = _nothing_more
        super().on_connection_error_after_connected(exc)


def _nothing_more(*_: Any) -> None:
    """Stand in for closing what was collected already."""
