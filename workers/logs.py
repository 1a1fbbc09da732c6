"""What the lines of a worker's log say of the task in which they were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog


def begin(task: Any, args: Any, kwargs: Mapping[str, Any], **_: Any) -> None:
    """Name the task, its tick, and the environment or repository it is for, in every line until ``end``."""
    what = "repository" if task.name.endswith(".look") else "environment"
    tick = {"tick": kwargs["tick"]} if "tick" in kwargs else {}
    structlog.contextvars.bind_contextvars(task=task.name, **tick, **{what: args[0]} if args else {})


def end(**_: Any) -> None:
    """Forget what ``begin`` named."""
    structlog.contextvars.clear_contextvars()
