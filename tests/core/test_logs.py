"""What the log looks like to whoever reads it."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from reviewapps.logs import SHARED, Form, is_read, renderer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("form", "file", "stream", "read"),
    [
        ("auto", None, Terminal(), True),
        ("auto", None, io.StringIO(), False),
        ("auto", "log", Terminal(), False),
        ("lines", "log", io.StringIO(), True),
        ("json", None, Terminal(), False),
    ],
)
def test_people_on_a_terminal_get_lines_and_programs_json(
    form: Form, file: str | None, stream: io.StringIO, read: bool
) -> None:
    assert is_read(form, file, stream) is read


def logged(message: str, *, read: bool, **extra: str) -> str:
    """The line of a record as a library writes one."""
    record = logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, message, (), None)
    record.__dict__ |= extra
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer(read=read)],
    )
    return formatter.format(record)


def test_json_says_nothing_twice_and_nothing_in_colour() -> None:
    line = logged("Started server process", read=False, color_message="Started \x1b[36m%d\x1b[0m")
    told = json.loads(line)
    assert (told["event"], "color_message" in told) == ("Started server process", False)


def test_a_line_for_people_cannot_command_their_terminal() -> None:
    line = logged("looked \x1b]0;owned\x07 at it", read=True, repository="acme/shop\x9b31m")
    assert "looked" in line and "repository=" in line
    assert all(one.isprintable() for one in line)
