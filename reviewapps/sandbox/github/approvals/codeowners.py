"""The CODEOWNERS file: which names stand behind which paths, and what is wrong with it.

Patterns are gitignore's (`pathspec`), with GitHub's three differences: no ``!``, no ``[ ]`` and no ``\\#``,
and a pattern that ends in ``/*`` means what lies in the folder itself, not what lies deeper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pathspec import GitIgnoreSpec

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where it may lie; the first that exists counts."""
LARGEST = 3 * 1024 * 1024

_UNSUPPORTED = re.compile(r"^!|\[|\]|^\\#|\*\*\*")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_OWNER = re.compile(r"@[\w.-]+(?:\[bot\])?(?:/[\w.-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True)
class Mistake:
    """Something wrong with the file: in which line and column (from 1), and what might mend it."""

    line: int
    column: int
    kind: str
    source: str
    suggestion: str | None = None

    @property
    def message(self) -> str:
        """All of it, laid out for a terminal."""
        why = f" {self.suggestion}" if self.suggestion else ""
        return f"{self.kind} on line {self.line}:{why}\n\n  {self.source}\n  {' ' * (self.column - 1)}^"


@dataclass(frozen=True)
class Line:
    """A pattern, and the names behind it, each with the column where it stands; maybe no names."""

    number: int
    source: str
    pattern: str
    owners: tuple[tuple[str, int], ...]

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        return GitIgnoreSpec.from_lines([self.pattern])

    def covers(self, path: str) -> bool:
        """Whether this line speaks of the file at ``path``."""
        if not self._spec.match_file(path):
            return False
        folder = path.rpartition("/")[0]
        return not (self.pattern.endswith("/*") and folder and self._spec.match_file(folder))


@dataclass(frozen=True)
class CodeOwners:
    """The lines that can be understood, and the mistakes of the others, which are passed over."""

    lines: tuple[Line, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The names behind a file: those of the last line that covers it."""
        for line in reversed(self.lines):
            if line.covers(path):
                return tuple(name for name, _ in line.owners)
        return ()


def parsed(text: str) -> CodeOwners:
    """The file as values."""
    lines, mistakes = [], []
    for number, source in enumerate(text.splitlines(), start=1):
        words = list(_WORD.finditer(re.sub(r"(^|\s)#.*", "", source)))
        if not words:
            continue
        wrong = _mistake(number, source, words)
        if wrong:
            mistakes.append(wrong)
            continue
        owners = tuple((word[0], word.start() + 1) for word in words[1:])
        lines.append(Line(number, source, words[0][0], owners))
    return CodeOwners(tuple(lines), tuple(mistakes))


def _mistake(number: int, source: str, words: list[re.Match[str]]) -> Mistake | None:
    pattern, *owners = words
    if _UNSUPPORTED.search(pattern[0]):
        return Mistake(number, pattern.start() + 1, "Invalid pattern", source)
    if pattern[0] == "/":
        suggestion = "The pattern `/` will never match anything, did you mean `*` instead?"
        return Mistake(number, pattern.start() + 1, "Invalid pattern", source, suggestion)
    for owner in owners:
        if not _OWNER.fullmatch(owner[0]):
            return Mistake(number, owner.start() + 1, "Invalid owner", source)
    return None
