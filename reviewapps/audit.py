"""One line of JSON in the log per side effect on GitHub or Cloud Foundry: who did what to which thing."""

from __future__ import annotations

from typing import Protocol

import structlog


class Say(Protocol):
    """Write one audit line: the action in the platform's words, and the facts."""

    def __call__(self, action: str, **facts: object) -> None: ...


def audit(action: str, **facts: object) -> None:
    """The audit line of the running process."""
    structlog.get_logger("audit").info("audit", action=action, **facts)
