"""Findings, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.text import Text

from reviewapps.doctor.finding import Finding
from reviewapps.report.untrusted import plain

COLOURS: Final = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}
LEVEL: Final = 6
WIDTH: Final = 110
"""Characters. A longer line gets its remedy below, whole, so that it can be copied."""


def width(findings: Sequence[Finding]) -> int:
    """Of the column of areas."""
    return max((len(one.area) for one in findings), default=0) + 2


def told(findings: Sequence[Finding], console: Console, area: int) -> None:
    """Print a line for each, and one for its remedy where both together are too long."""
    for one in findings:
        line = Text(f"{one.level:<{LEVEL}}", style=COLOURS[one.level])
        line.append(f"{one.area:<{area}}", style="default not bold").append(
            plain(one.text), style="default not bold"
        )
        if one.mend:
            line.append(plain(_remedy(one, area, len(line))), style="default not bold")
        console.print(line, soft_wrap=True, highlight=False)


def _remedy(one: Finding, area: int, taken: int) -> str:
    """What mends it, beside what is wrong or below it."""
    colon = "" if one.text.endswith((".", "?", "!")) else ":"
    if taken + len(one.mend) + 2 <= WIDTH and "\n" not in one.mend:
        return f"{colon} {one.mend}"
    below = "\n" + " " * (LEVEL + area)
    return colon + below + one.mend.replace("\n", below)


def as_json(findings: Sequence[Finding]) -> str:
    """A list of ``{level, area, text, mend}``."""
    return json.dumps([asdict(one) for one in findings], indent=2, ensure_ascii=False)
