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
        refusal = self.send(line)
        if refusal is not None:
            structlog.get_logger().warning("slack did not take a line", reason=refusal)

    def send(self, line: str) -> str | None:
        """Send the line: why it was not taken; None where it was, or there is no channel."""
        if self._webhook is None:
            return None
        try:
            answer = requests.post(self._webhook, json={"text": line}, timeout=self._timeout)
        except requests.RequestException as gone:
            return type(gone).__name__
        return None if answer.ok else f"it answered {answer.status_code}"
