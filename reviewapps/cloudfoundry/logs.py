"""Envelopes of log-cache → lines for people."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from reviewapps.model import LogLine, LogSource

SOURCES: Final[tuple[LogSource, ...]] = ("STG", "APP", "TASK")

_NOT_TEXT: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements of a terminal
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)


def lines_of(body: dict[str, Any], source: str) -> tuple[str, ...]:
    """What ``source`` wrote, oldest first, in the order of the platform's clock."""
    batch = (body.get("envelopes") or {}).get("batch") or []
    written = [one for one in batch[::-1] if _wrote(one, source)]
    written.sort(key=lambda one: int(one["timestamp"]))
    return tuple(line for one in written for line in _text(one).splitlines())


def written(body: dict[str, Any]) -> tuple[LogLine, ...]:
    """What staging and the app wrote, oldest first."""
    batch = (body.get("envelopes") or {}).get("batch") or []
    lines = [
        LogLine(int(one["timestamp"]), source, line)
        for one in batch[::-1]
        for source in SOURCES
        if _wrote(one, source)
        for line in _text(one).splitlines()
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _wrote(envelope: dict[str, Any], source: str) -> bool:
    """Tasks write as ``APP/TASK/name``; of an app that is no task, whatever its process."""
    parts = _source(envelope).split("/")
    wrote = "TASK" if parts[:2] == ["APP", "TASK"] else parts[0]
    return "log" in envelope and wrote == source


def _source(envelope: dict[str, Any]) -> str:
    return str((envelope.get("tags") or {}).get("source_type", ""))


def _text(envelope: dict[str, Any]) -> str:
    payload = base64.b64decode(envelope["log"].get("payload", ""))
    return _NOT_TEXT.sub("", payload.decode("utf-8", "replace")).rstrip()
