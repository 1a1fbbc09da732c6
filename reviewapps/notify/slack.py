"""One line to a Slack channel by an incoming webhook. That Slack is away harms nobody."""

from __future__ import annotations

import requests
import structlog

from reviewapps.model import Secret


class Slack:
    """The channel behind one incoming webhook; without one, every line is dropped."""

    def __init__(self, webhook: Secret | None, timeout: float = 3.0) -> None:
        self._webhook = webhook
        self._timeout = timeout

    def announce(self, line: str) -> None:
        """Send the line. Any failure is logged and forgotten; the webhook's address is a secret."""
        if self._webhook is None:
            return
        try:
            answer = requests.post(self._webhook, json={"text": line}, timeout=self._timeout)
            if not answer.ok:
                structlog.get_logger().warning("slack refused a line", status=answer.status_code)
        except requests.RequestException as gone:
            structlog.get_logger().warning("slack did not answer", reason=type(gone).__name__)
