"""One JSON object a line, whichever process writes it: what was done, for whom, and in which tick."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

QUIET: Final = {
    # These print tokens, passwords and whole bodies at DEBUG.
    "cloudfoundry_client": logging.INFO,
    "oauth2_client": logging.INFO,
    "urllib3": logging.INFO,
    "github": logging.INFO,
    "slack_sdk": logging.INFO,
    # These print two lines for each of thousands of messages.
    "celery.worker.strategy": logging.WARNING,
    "celery.app.trace": logging.WARNING,
}
"""The lowest level at which each of these may speak, whatever the others do."""


def _without_celerys_copy(_: Any, __: str, event: EventDict) -> EventDict:
    """The event without ``data``, in which Celery says everything a second time."""
    if str(event.get("logger", "")).startswith("celery."):
        event.pop("data", None)
    return event


SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_celerys_copy,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(*, level: int = logging.INFO, file: Path | None = None) -> None:
    """Send the whole logging tree, as JSON lines, to stderr or to the end of that file."""
    handler = logging.FileHandler(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, level))


def new_tick() -> str:
    """A name for one beat of the clock or one command, by which the log's lines about it are found. It decides
    nothing."""
    return token_hex(4)
