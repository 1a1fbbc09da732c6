"""Regular expressions of others: by RE2, so that none can be slow on purpose.

The time that a search takes grows with the text and no faster, and what an expression may weigh is bounded.
It knows no back references and does not look around.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import re2

LONGEST = 1000
"""Characters of an expression."""

_QUIET = re2.Options()
_QUIET.log_errors = False


@lru_cache(maxsize=256)
def expression(words: str) -> Callable[[str], bool]:
    """What tells whether a text has what the expression describes; ValueError where it describes nothing."""
    if len(words) > LONGEST:
        raise ValueError(f"no regular expression: longer than {LONGEST} characters")
    try:
        compiled = re2.compile(words.encode(), _QUIET)
    except re2.error as wrong:
        raise ValueError(f"no regular expression: {_told(wrong)}") from None
    return lambda text: compiled.search(text.encode(errors="replace")) is not None


def _told(wrong: Exception) -> str:
    said = wrong.args[0] if wrong.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
