"""The tables of what came of all days, as docs/faults.md has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.faults.notes import Note

BEGIN: Final = "<!-- what came of all days: written by make faults -->"
END: Final = "<!-- until here -->"

WAYS: Final[Mapping[str, str]] = {
    "403": "403, GitHub's second limit",
    "cut": "half an answer",
    "lost": "done, the answer lost",
    "reset": "reset before",
    "timeout": "given up, done all the same (what reads: no answer in time)",
    "killed": "done, and who asked is killed",
    "emptied": "the same, and Redis is emptied",
    "stopped": "done, and who asked is stopped beyond its lease",
}

HARMS: Final[Mapping[str, str]] = {
    "something left over": r"^left over|^after all there |(is|are) left$|still answers",
    "two comments, or two deployments of a commit": r"comments on #|several deployments",
    "a wrong deletion": r"^DELETE |was deleted$",
    "a command run twice": r"ran \d+ times for",
    "more than one build more": r"builds where",
}
"""What must never be, and how a day says that it was."""


def tables(notes: Iterable[Note]) -> Iterator[str]:
    """One by what goes wrong, one by story, and what harm was done."""
    days: dict[str, list[Note]] = {}
    for note in notes:
        days.setdefault(note.line, []).append(note)
    lives = list(days.values())
    yield from _table("what goes wrong", lives, lambda note: WAYS.get(note.kind, note.kind))
    yield ""
    yield from _table("story", lives, lambda note: note.story)
    yield ""
    yield "| harm | days |"
    yield "|---|---|"
    for harm, words in HARMS.items():
        yield f"| {harm} | {sum(any(_says(note, words) for note in life) for life in lives)} |"
    yield f"| (one build more, which is allowed) | {sum(any(note.more == 1 for note in life) for life in lives)} |"


def write(file: Path, lines: Iterable[str]) -> None:
    """Put them into the file, in place of those that stand there between the two marks."""
    before, _, rest = file.read_text().partition(BEGIN)
    if not rest:
        raise ValueError(f"{file} has no line {BEGIN}")
    _, _, after = rest.partition(END)
    file.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]))


def _says(note: Note, words: str) -> bool:
    return any(re.search(words, line) for line in note.why)


def _table(head: str, lives: list[list[Note]], of: Callable[[Note], str]) -> Iterator[str]:
    yield f"| {head} | days | ended badly | again when lived once more | the fault did not come to pass |"
    yield "|---|---|---|---|---|"
    for name in sorted({of(life[0]) for life in lives}):
        yield _row(name, [life for life in lives if of(life[0]) == name])
    yield _row("all", lives)


def _row(name: str, lives: list[list[Note]]) -> str:
    badly = [life for life in lives if any(note.came == "odd" for note in life)]
    again = [life for life in badly if len(life) > 1 and life[-1].came == "odd"]
    missed = [life for life in lives if life[-1].came == "not struck"]
    return f"| {name} | {len(lives)} | {len(badly)} | {len(again)} | {len(missed)} |"
