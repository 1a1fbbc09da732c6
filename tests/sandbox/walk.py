"""Everything that a server answers to reading: its lists, and whatever they link to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

import requests

LARGEST = 2_000


def answers(
    ask: Callable[[str], requests.Response], origin: str, first: Iterable[str], passing: str
) -> dict[str, tuple[int, Any]]:
    """Status and JSON by path, beginning at the paths ``first`` and following every link below ``origin``.

    What matches the regular expression ``passing`` is not asked for.
    """
    found: dict[str, tuple[int, Any]] = {}
    waiting = list(first)
    while waiting:
        path = waiting.pop()
        if path in found or re.search(passing, path):
            continue
        assert len(found) < LARGEST, f"the links of {origin} have no end"
        answer = ask(path)
        is_json = "json" in answer.headers.get("Content-Type", "")
        found[path] = answer.status_code, answer.json() if is_json else answer.text
        waiting += _links(found[path][1], origin)
    return found


def differences(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Where two answers, or two worlds of them, are not the same, with both sides."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from differences(before.get(key), after.get(key), f"{at} {key}")
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for number, pair in enumerate(zip_longest(before, after)):
            yield from differences(*pair, f"{at} {number}")
    elif before != after:
        yield f"{at}: {before!r} -> {after!r}"


def _links(said: Any, origin: str) -> Iterator[str]:
    if isinstance(said, dict):
        for value in said.values():
            yield from _links(value, origin)
    elif isinstance(said, list):
        for value in said:
            yield from _links(value, origin)
    elif isinstance(said, str) and said.startswith(f"{origin}/"):
        yield re.sub(r"\{.*", "", said.removeprefix(origin))
