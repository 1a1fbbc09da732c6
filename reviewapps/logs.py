"""What was done, for whom, and in which tick, whichever process writes it: one JSON object a line, or, where a
person looks on, a line to be read."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

QUIET: Final = {
    # These print tokens, passwords and whole bodies at DEBUG.
    "cloudfoundry_client": logging.INFO,
    "oauth2_client": logging.INFO,
    "github": logging.INFO,
    "slack_sdk": logging.INFO,
    # It warns of what it tries again: of what does not help, we tell ourselves.
    "urllib3": logging.ERROR,
    # These print two lines for each of thousands of messages.
    "celery.worker.strategy": logging.WARNING,
    "celery.app.trace": logging.WARNING,
}
"""The lowest level at which each of these may speak, whatever the others do."""


Form = Literal["auto", "lines", "json"]
"""``auto``: lines to be read on a terminal, JSON wherever a program keeps them."""


def _without_copies(_: Any, __: str, event: EventDict) -> EventDict:
    """The event without what says everything a second time: Celery's ``data``, uvicorn's ``color_message``."""
    if str(event.get("logger", "")).startswith("celery."):
        event.pop("data", None)
    event.pop("color_message", None)
    return event


def is_read(form: Form, file: object, stream: TextIO | None = None) -> bool:
    """Whether a person reads the log, who wants lines and no JSON."""
    return form == "lines" or (form == "auto" and file is None and (stream or sys.stderr).isatty())


def renderer(*, read: bool) -> Processor:
    """What makes a line of an event. No word of a stranger can command the terminal that shows it."""
    if not read:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    written = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)

    def line(logger: Any, name: str, event: EventDict) -> str:
        return "".join(
            one if one.isprintable() or one in "\n\t" else "\ufffd" for one in written(logger, name, event)
        )

    return line


SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_copies,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(*, level: int = logging.INFO, file: Path | None = None, form: Form = "auto") -> None:
    """Send the whole logging tree to stderr or to the end of that file."""
    handler = logging.FileHandler(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer(read=is_read(form, file)),
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
