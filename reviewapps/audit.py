"""One line of JSON in the log per side effect on GitHub or Cloud Foundry: who did what to which thing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from reviewapps.model import Environment


class Say(Protocol):
    """Write one audit line: the action in the platform's words, and the facts."""

    def __call__(self, action: str, **facts: object) -> None: ...


def about(
    repository: str, environment: Environment, commit: str | None = None
) -> AbstractContextManager[None]:
    """Let all that is written to the log meanwhile say whom it concerns, in whichever command or task."""
    known = {"repository": repository, "environment": environment.key, "commit": commit}
    return structlog.contextvars.bound_contextvars(**{name: one for name, one in known.items() if one})


def audit(action: str, **facts: object) -> None:
    """The audit line of the running process."""
    structlog.get_logger("audit").info("audit", action=action, **facts)
