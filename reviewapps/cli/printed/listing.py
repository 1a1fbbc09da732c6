"""``reviewapps list``: a line for each environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.text import Text

from reviewapps.overview import Overview, Row
from reviewapps.report.untrusted import clipped, plain
from reviewapps.report.wording import age, day

STYLES: Final[Mapping[str, str]] = {
    "live": "green",
    "failed": "bold red",
    "unreadable": "bold red",
    "building": "yellow",
    "waiting": "yellow",
    "held": "yellow",
    "removing": "yellow",
    "STATE": "",
}
REASON: Final = 160
"""Characters; all of it is in ``reviewapps show``."""

SHORT: Final = 7
TAG: Final = 16

Cells = tuple[str, str, str, str, str, str]
HEAD: Final[Cells] = ("", "RUNS", "STATE", "SINCE", "MB", "ADDRESS / REASON")


@dataclass(frozen=True)
class Memory:
    """The MB that a target's space holds, and may hold where that is known."""

    target: str
    used_mb: int | None
    limit_mb: int | None


def listing(overviews: Sequence[Overview], memory: Sequence[Memory], now: datetime) -> Iterator[Text]:
    """The lines: each repository with its environments, and what all of them hold."""
    cells = {one.repository: [_cells(row, now) for row in one.rows] for one in overviews}
    widths = _widths([HEAD, *(line for lines in cells.values() for line in lines)])
    yield _line(HEAD, widths)
    for one in overviews:
        yield Text(one.repository, style="bold")
        yield from (_line(line, widths) for line in cells[one.repository])
        if not cells[one.repository]:
            yield Text("  nothing is there")
        if one.passed:
            yield _passed(one)
        if one.unsafe is not None:
            yield Text(f"  held back: {plain(one.unsafe)}", style="bold red")
    yield _footer(overviews, memory)


def _cells(row: Row, now: datetime) -> Cells:
    return (
        f"  {row.environment.name}",
        shortened(row.runs),
        row.state,
        age(now - row.since) if row.since is not None else "",
        str(row.memory_mb),
        _said(row),
    )


def shortened(runs: str | None) -> str:
    """A commit in seven digits, a tag as it is; ``-`` for nothing."""
    if runs is None:
        return "-"
    is_commit = len(runs) == 40 and set(runs) <= set("0123456789abcdef")
    return runs[:SHORT] if is_commit else clipped(plain(runs), TAG)


def _said(row: Row) -> str:
    notes = "".join(f"   {clipped(' '.join(plain(one).split()), REASON)}" for one in row.notes)
    if not row.reason:
        ends = f"   ends {day(row.ends)}" if row.ends is not None else ""
        return f"{row.address or ''}{ends}{notes}"
    serves = row.address is not None and row.runs is not None
    still = f"; {shortened(row.runs)} still live" if serves and row.state != "removing" else ""
    return clipped(" ".join(plain(row.reason).split()), REASON) + still + notes


def _passed(one: Overview) -> Text:
    said = ", ".join(f"#{passed.number} {passed.why}" for passed in one.passed)
    return Text(f"  no preview: {said} (reviewapps why {one.repository}#{one.passed[0].number})")


def _footer(overviews: Sequence[Overview], memory: Sequence[Memory]) -> Text:
    held = [f"{one.target}: {_held(one)}" for one in memory if one.used_mb is not None]
    return Text(" · ".join([*held, _judgement(overviews)]))


def _held(one: Memory) -> str:
    return f"{one.used_mb:,} MB" if one.limit_mb is None else f"{one.used_mb:,} of {one.limit_mb:,} MB"


def _judgement(overviews: Sequence[Overview]) -> str:
    states = [row.state for one in overviews for row in one.rows]
    counted = {state: states.count(state) for state in ("failed", "unreadable", "waiting", "building")}
    said = [f"{number} {state}" for state, number in counted.items() if number]
    if any(one.unsafe for one in overviews):
        said.append("deletions held back")
    return ", ".join(said) or "nothing wrong"


def _widths(lines: Sequence[Cells]) -> list[int]:
    return [max(len(line[at]) for line in lines) for at in range(len(HEAD))]


def _line(cells: Cells, widths: Sequence[int]) -> Text:
    *first, memory, said = cells
    line = Text()
    for cell, width in zip(first, widths, strict=False):
        line.append(f"{cell:<{width}}   ", style=STYLES.get(cell, ""))
    line.append(f"{memory:>{widths[4]}}   {said}")
    line.rstrip()
    return line
