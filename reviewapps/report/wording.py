"""Times, spans and places as people read them. Months are English whatever the machine's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from reviewapps.model import Over

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(at: datetime) -> str:
    """``2 Dec``"""
    there = at.astimezone(UTC)
    return f"{there.day} {_MONTHS[there.month - 1]}"


def moment(at: datetime) -> str:
    """``22 Nov 14:05 UTC``; a comment is read on other days too, so the day is always said."""
    return f"{day(at)} {at.astimezone(UTC):%H:%M} UTC"


def span(time: timedelta) -> str:
    """The two largest units of ``time``.

    >>> span(timedelta(seconds=168))
    '2 min 48 s'
    """
    seconds = max(0, round(time.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return _both(hours, "h", minutes % 60, "min")
    return _both(minutes, "min", seconds % 60, "s") if minutes else f"{seconds} s"


def age(time: timedelta) -> str:
    """``time`` in its largest unit, as a column has room for.

    >>> age(timedelta(hours=26)), age(timedelta(seconds=40))
    ('1 d', '40 s')
    """
    seconds = max(0, int(time.total_seconds()))
    for size, unit in ((24 * 3600, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def overwritten(over: Sequence[Over]) -> str:
    """What a wish took the place of, to be read after its own name; "" where there is nothing.

    >>> overwritten([Over("dev-map", "a" * 40, 4.2)])
    ' over dev-map, 4 s earlier'
    >>> overwritten([Over("dev-9", "b" * 40), Over("dev-8", "c" * 40), Over(None, "a" * 40, 7200, True)])
    ' over dev-9 and dev-8, seen at once, and aaaaaaa, 2 h earlier'
    """
    at_once = [called(one) for one in over if one.seconds is None]
    before = [
        f"{called(one)}, {age(timedelta(seconds=one.seconds))} earlier"
        for one in over
        if one.seconds is not None
    ]
    said = [f"{listed(at_once)}, seen at once"] if at_once else []
    return f" over {', and '.join([*said, *before])}" if over else ""


def called(wish: Over) -> str:
    """A wish's tag, else its commit."""
    return wish.source or wish.commit[:7]


def ordinal(place: int) -> str:
    """``1st``, ``2nd``, ``11th``"""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'th' if place % 100 in (11, 12, 13) else ending}"


def several(number: int, thing: str) -> str:
    """``1 preview``, ``2 previews``"""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def listed(words: list[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``"""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _both(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
