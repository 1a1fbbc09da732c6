"""Placeholders: ``{url}`` and its like in the values of ``.reviewapps.yml``."""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Facts:
    """What placeholders stand for. ``number`` is None where there is no pull request, and filled as ""."""

    repo: str
    number: int | None
    branch: str
    commit: str
    host: str
    url: str


NAMES = tuple(field.name for field in fields(Facts))

_PIECE = re.compile(r"(\{\{|\}\})|\{([^{}]*)\}|([{}])")


def filled(text: str, facts: Facts) -> str:
    """``text`` with its placeholders filled in, in one pass: what is filled in is not looked at again.

    >>> filled("{{x}} on {host}", Facts("shop", 12, "blue", "3f2c", "shop-pr-12.example.gov", "https://…"))
    '{x} on shop-pr-12.example.gov'
    """
    values = {name: "" if value is None else str(value) for name, value in asdict(facts).items()}

    def piece(found: re.Match[str]) -> str:
        return found[1][0] if found[1] else values[_known(found)]

    return _PIECE.sub(piece, text)


def placeholders(text: str) -> frozenset[str]:
    """The names that ``text`` has filled in; ValueError, with the nearest name, where one is unknown."""
    return frozenset(_known(found) for found in _PIECE.finditer(text) if not found[1])


def has_placeholders(text: str) -> bool:
    """Whether ``text`` holds one that would be filled in. (A shell's own braces are none.)

    >>> has_placeholders("run {branch}"), has_placeholders("echo ${HOME} {a,b}")
    (True, False)
    """
    return any(found[2] in NAMES and not _is_shells(text, found) for found in _PIECE.finditer(text))


def _is_shells(text: str, found: re.Match[str]) -> bool:
    return text.endswith("$", 0, found.start())


def _known(found: re.Match[str]) -> str:
    name: str = found[2] or ""
    if name in NAMES:
        return name
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f"did you mean `{{{near[0]}}}`?" if near else "known are " + _list_of_names()
    raise ValueError(f"has `{found[0]}`, which is no placeholder; {hint} (`{{{{` and `}}}}` write braces)")


def _list_of_names() -> str:
    return ", ".join(f"`{{{name}}}`" for name in NAMES)
