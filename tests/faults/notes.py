"""What came of the days that were lived through, in a file: a campaign may be ended, and gone on with later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Came = Literal["ok", "odd", "not struck"]


@dataclass(frozen=True)
class Note:
    """What came of one day, known by its ``line``; ``why`` is all that was odd, ``more`` how many builds there
    were more than without the fault."""

    line: str
    story: str
    kind: str
    came: Came
    seconds: float
    why: tuple[str, ...] = ()
    more: int = 0

    def __str__(self) -> str:
        return "\n       ".join([f"{self.came:10}  {self.seconds:5.1f} s  {self.line}", *self.why])


class Notes:
    """``file`` has a line of JSON for each day; None keeps nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.all: list[Note] = [] if file is None else list(_read(file))

    def add(self, note: Note) -> None:
        """Write it down, whatever comes next."""
        self.all.append(note)
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as file:
                file.write(json.dumps(asdict(note)) + "\n")

    @property
    def well(self) -> set[str]:
        """The lines of the days that need not be lived through again."""
        return {note.line for note in self.all if note.came != "odd"}

    @property
    def odd(self) -> list[Note]:
        """Those that ended badly, and not well when they were tried again."""
        return [note for note in self.all if note.came == "odd" and note.line not in self.well]


def _read(file: Path) -> Iterator[Note]:
    for line in file.read_text().splitlines() if file.exists() else ():
        told = json.loads(line)
        yield Note(**{**told, "why": tuple(told["why"])})
