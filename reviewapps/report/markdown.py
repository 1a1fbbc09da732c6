"""GitHub's Markdown out of text that may hold anything: it is shown, and means nothing."""

from __future__ import annotations

import re

_RUN = re.compile(r"`+")
_SPAN = re.compile(r"`([^`]+)`")
_HARMLESS = re.compile(r"(?!.*(?:www\.|://|GH-))(?:[^\W_]|[.,:;()'\"/%+=?!–…•·-])+", re.IGNORECASE)
_POINTS = re.compile(r"[.,:;()'\"?!–…•·]+")


def code(text: str) -> str:
    """``text`` as a code span: in there GitHub sees no mention, no reference, no HTML.

    >>> code("a`b")
    '``a`b``'
    """
    line = " ".join(text.split()) or " "
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """``text`` as a block of code, its fence longer than any in the text."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def prose(text: str) -> str:
    """One line of ``text`` as a sentence. Its code spans stay; any other word that could mean something to
    GitHub is shown as code too.

    >>> prose("`shop`: no buildpack matched for @all in <img>, see #12")
    '`shop`: no buildpack matched for `@all` in `<img>,` see `#12`'
    """
    pieces = _SPAN.split(text.replace("\n", " "))
    shown = (code(piece) if at % 2 else _words(piece) for at, piece in enumerate(pieces))
    # two spans that touch would read as one
    return "".join(shown).replace("``", "` `")


def link(text: str, url: str) -> str:
    return f"[{text}]({url})"


def table(rows: dict[str, str]) -> str:
    """A table without a head: what a row is about, and what there is to say."""
    cells = {about: said.replace("|", "\\|") for about, said in rows.items()}
    return "\n".join(["| | |", "|---|---|", *(f"| {about} | {said} |" for about, said in cells.items())])


def _words(text: str) -> str:
    spaced = re.split(r"(\s+)", text.replace("`", "'"))
    return "".join(_word(word) for word in spaced)


def _word(word: str) -> str:
    if not word or word.isspace() or _POINTS.fullmatch(word):
        return word
    means_nothing = _HARMLESS.fullmatch(word) and any(c.isalnum() for c in word)
    return word if means_nothing else code(word)


def _longest_run(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)
