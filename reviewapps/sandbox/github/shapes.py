"""Bodies of the wrong type, refused before anything is done with them, in GitHub's words.

A shape is a type, a list with the shape of every item, or a dictionary of known members; null goes through
everywhere but in lists, and so do members that are not known, as on GitHub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from reviewapps.sandbox.github.refusals import Refused

Shape = type | list[Any] | Mapping[str, Any]
WORDS = {str: "a string", int: "an integer", bool: "a boolean", dict: "an object"}


def require_shape(value: Any, shape: Shape, where: str = "") -> None:
    """422 with the first member that is not of its type."""
    if value is None:
        return
    if isinstance(shape, list):
        _require(isinstance(value, list), value, "an array", where)
        for item in value:
            _require(item is not None, item, _wished(shape[0]), f"{where}/items".lstrip("/"))
            require_shape(item, shape[0], f"{where}/items".lstrip("/"))
    elif isinstance(shape, Mapping):
        _require(isinstance(value, dict), value, WORDS[dict], where)
        for name in shape.keys() & value.keys():
            require_shape(value[name], shape[name], f"{where}/properties/{name}".lstrip("/"))
    else:
        fits = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        _require(fits, value, WORDS[shape], where)


def _wished(shape: Shape) -> str:
    return "an array" if isinstance(shape, list) else WORDS[shape if isinstance(shape, type) else dict]


def whole(word: str) -> int | None:
    """The number that a path or a query has in digits; None for anything else."""
    return int(word) if re.fullmatch(r"[0-9]{1,18}", word) else None


def is_text(value: Any) -> bool:
    """Whether all words in it, however deep, are such as can be kept: no NUL, and no half of a character."""
    if isinstance(value, dict):
        return all(is_text(name) and is_text(held) for name, held in value.items())
    if isinstance(value, list):
        return all(map(is_text, value))
    return not isinstance(value, str) or not re.search("[\0\ud800-\udfff]", value)


def _require(fits: bool, value: Any, wanted: str, where: str) -> None:
    if not fits:
        message = f"For '{where}', {json.dumps(value)} is not {wanted}." if where else f"It is not {wanted}."
        raise Refused(422, f"Invalid request.\n\n{message}")
