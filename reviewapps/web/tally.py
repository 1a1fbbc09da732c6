"""What became of webhooks, counted in this process: a stranger's forgery must not cause a write anywhere."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

RESULTS = ("accepted", "double", "ignored", "forged", "malformed", "unavailable")
"""``ignored``: an event, or a repository, that is not ours."""

BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)


class Tally:
    """The counters of this process alone."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._webhooks = Counter(
            "reviewapps_webhooks", "Webhooks by result.", ["result"], registry=self.registry
        )
        self._seconds = Histogram(
            "reviewapps_webhook_answer_seconds",
            "How long a webhook waited for its answer.",
            buckets=BOUNDS,
            registry=self.registry,
        )
        for result in RESULTS:
            self._webhooks.labels(result)

    def webhook(self, result: str, seconds: float) -> None:
        """One webhook was answered."""
        self._webhooks.labels(result).inc()
        self._seconds.observe(seconds)
