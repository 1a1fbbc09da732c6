"""One line of the doctor's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """What was found in an area; ``mend`` is the command, link or setting that mends it."""

    level: Level
    area: str
    text: str
    mend: str = ""


def ok(area: str, text: str) -> Finding:
    return Finding("ok", area, text)


def warn(area: str, text: str, mend: str = "") -> Finding:
    return Finding("warn", area, text, mend)


def fail(area: str, text: str, mend: str = "") -> Finding:
    return Finding("FAIL", area, text, mend)


def counted(findings: Sequence[Finding]) -> str:
    """The last line: how many of each.

    >>> counted([fail("redis", "is away"), warn("slack", "is odd"), warn("git", "is old")])
    '1 failure, 2 warnings'
    >>> counted([ok("git", "2.39")])
    'nothing wrong'
    """
    failures = sum(one.level == "FAIL" for one in findings)
    warnings = sum(one.level == "warn" for one in findings)
    told = [_times(failures, "failure"), _times(warnings, "warning")]
    return ", ".join(filter(None, told)) or "nothing wrong"


def exit_status(findings: Sequence[Finding]) -> int:
    """1 with a failure, 0 with warnings."""
    return int(any(one.level == "FAIL" for one in findings))


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
