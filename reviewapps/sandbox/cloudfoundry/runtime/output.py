"""What a process writes, as lines in a log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

LogLine = Callable[[str, str], None]
"""Takes one line without its newline: (stream "OUT" or "ERR", line)."""

LONGEST_LINE = 60_000
"""Longer lines are cut into pieces, as an envelope of log-cache holds no more."""


class Output:
    """A pipe whose writing ``end`` a process is given; ``logged`` is done when nobody writes any more.

    It is ours and not asyncio's own for subprocesses, since there the end of a process is only noticed when
    its pipes are closed too, and what it left behind may keep them open.
    """

    def __init__(self, end: int, reader: asyncio.StreamReader, log: Callable[[str], None]) -> None:
        self.end = end
        self.logged = asyncio.create_task(_forward(reader, log))

    @classmethod
    async def open(cls, stream: str, log: LogLine) -> Output:
        """A pipe whose lines go to ``log`` as ``stream``."""
        ours, theirs = os.pipe()
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", 0))
        return cls(theirs, reader, lambda line: log(stream, line))


async def _forward(reader: asyncio.StreamReader, log: Callable[[str], None]) -> None:
    rest = b""
    while chunk := await reader.read(LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            log(_text(line))
    if rest:
        log(_text(rest))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
