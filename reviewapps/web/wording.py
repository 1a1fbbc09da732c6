"""Times as they stand in a table: short, and rounded to what matters."""

from __future__ import annotations

from datetime import timedelta


def ago(time: timedelta) -> str:
    """One unit, the largest.

    >>> ago(timedelta(seconds=12)), ago(timedelta(hours=30)), ago(timedelta(days=3))
    ('12 s', '1 d', '3 d')
    """
    seconds = max(0, int(time.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def is_commit(runs: str) -> bool:
    """Whether that is a commit's name and not a tag's.

    >>> is_commit("3f2c1ab" + 33 * "0"), is_commit("dev-1")
    (True, False)
    """
    return len(runs) == 40 and set(runs) <= set("0123456789abcdef")
