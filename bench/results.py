"""What was measured: a table for people, ``bench/results.json`` for whoever compares."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Figure:
    """One row: the ``median`` of ``all`` that was measured, in ``unit``; and what is ``promised``."""

    what: str
    unit: str
    median: float
    all: tuple[float, ...]
    promised: str = ""

    def row(self) -> str:
        """As a row of a table."""
        between = f" ({_words(min(self.all))} to {_words(max(self.all))})" if len(set(self.all)) > 1 else ""
        return f"| {self.what} | {_words(self.median)} {self.unit}{between} | {self.promised} |"


@dataclass
class Results:
    """All figures of one run, and what else was running on the machine."""

    figures: list[Figure] = field(default_factory=list)
    load: tuple[float, ...] = field(default_factory=lambda: tuple(round(one, 1) for one in os.getloadavg()))

    def add(self, what: str, unit: str, values: Sequence[float], promised: str = "") -> float:
        """One more figure, which is printed at once; its median."""
        rounded = tuple(round(value, 3) for value in values)
        figure = Figure(what, unit, round(statistics.median(rounded), 3), rounded, promised)
        self.figures.append(figure)
        print(figure.row(), flush=True)
        return figure.median

    def write(self, **more: object) -> None:
        """Into ``bench/results.json``."""
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
            "load_before": self.load,
            "figures": [asdict(figure) for figure in self.figures],
        }
        FILE.write_text(json.dumps({**told, **more}, indent=1) + "\n")


def _words(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
