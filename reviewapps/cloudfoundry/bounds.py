"""What anybody in the space may have edited, read within bounds; else Unreadable, which stops its own environment.

Nothing that we write is outside of them, and all other rooms count on that: they add to times, raise to powers,
and let commits stand in paths.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from reviewapps.errors import OperatorMustAct
from reviewapps.model import Attempt, Built, Over, Pin

YEARS: Final = range(2000, 2200)
MOST_TRIES: Final = 20
MOST: Final = 10**10
MOST_SHOWN: Final = 200
LARGEST_NUMBER: Final = 2**31 - 1
"""Of a pull request: GitHub takes no larger one, and would answer nothing else of the same question."""

WORDS: Final[dict[type, tuple[str, ...]]] = {
    Attempt: ("id", "commit", "config", "build_key"),
    Built: ("key", "droplet"),
    Pin: ("commit", "over", "since"),
    Over: ("commit",),
}
"""Fields that stand in paths, labels and arguments."""

_WORD: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,62})?")
_ENVIRONMENT: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_REPOSITORY: Final = re.compile(r"[1-9][0-9]{0,18}")

More = ParamSpec("More")
Noun = TypeVar("Noun")


class Unreadable(OperatorMustAct):
    """Something bears our labels and says what we never wrote."""


def reads(
    parse: Callable[Concatenate[dict[str, Any], More], Noun],
) -> Callable[Concatenate[dict[str, Any], More], Noun]:
    """``parse``, which raises Unreadable and nothing else, whatever a resource says."""
    noun = parse.__name__.strip("_").replace("_", " ")

    @wraps(parse)
    def read(resource: dict[str, Any], /, *more: More.args, **named: More.kwargs) -> Noun:
        try:
            return parse(resource, *more, **named)
        except Unreadable:
            raise
        except (
            Exception
        ) as odd:  # nothing is done here but to read, and nobody foresees all that people write
            said = f"{type(odd).__name__} {odd}"[:MOST_SHOWN]
            raise Unreadable(f"{noun} {resource.get('guid')} cannot be read: {said}") from odd

    return read


def moment(text: str) -> datetime:
    """A time that is written with its zone; else ValueError."""
    at = datetime.fromisoformat(text)
    check(at)
    return at.astimezone(UTC)


def word(text: str | None) -> str | None:
    """What can stand in a path and a label, such as a commit; else ValueError."""
    if text is not None and not _WORD.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no word")
    return text


def repository(text: str) -> int:
    """The id of a repository; else ValueError."""
    if not _REPOSITORY.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no repository")
    return int(text)


def environment(text: str) -> str:
    """The name of an environment; else ValueError."""
    number = re.fullmatch(r"pr-([1-9][0-9]*)", text)
    if not _ENVIRONMENT.fullmatch(text) or (number is not None and int(number[1]) > LARGEST_NUMBER):
        raise ValueError(f"{text[:80]!r} is no environment")
    return text


def check(found: object) -> None:
    """ValueError where anything in a value of the model is out of bounds: a time without its zone, for one, cannot
    be compared with ours."""
    match found:
        case datetime():
            if found.tzinfo is None or found.year not in YEARS:
                raise ValueError("a time without its zone, or of another age")
        case bool() | str() | None:
            pass
        case int() | float():
            if not (math.isfinite(found) and 0 <= found <= MOST):
                raise ValueError("a number that is none of ours")
        case tuple():
            for one in found:
                check(one)
        case _ if is_dataclass(found):
            if isinstance(found, Attempt) and found.tries > MOST_TRIES:
                raise ValueError("more tries than there are")
            for name in WORDS.get(type(found), ()):
                word(getattr(found, name))
            for field in fields(found):
                check(getattr(found, field.name))
