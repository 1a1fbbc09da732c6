"""Where the log of a command goes: never into what it prints."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import structlog

from reviewapps.logs import Form, is_read, new_tick, renderer


def log_to(file: Path | None, form: Form = "auto") -> None:
    """Send the log to the end of this file, else to stderr: there all of it where a program keeps it, such as a
    workflow; only warnings where somebody looks on."""
    onlooker = file is None and sys.stderr.isatty()
    # urllib3 warns of what it tries again: the command tells of it, should that not help
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    structlog.contextvars.bind_contextvars(tick=new_tick())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer(read=is_read(form, file)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if onlooker else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file.open("a") if file else sys.stderr),
        cache_logger_on_first_use=False,  # whoever called us may want its own log back
    )
