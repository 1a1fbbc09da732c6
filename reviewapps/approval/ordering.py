"""In which order a branch moved: by time, and within one second by where each move began."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TypeVar

from reviewapps.approval.evidence import Move

T = TypeVar("T")


def in_order(told: Iterable[T], move_of: Callable[[T], Move]) -> tuple[T, ...]:
    """The same, newest first. GitHub tells those of one second in any order: each goes before the one that ended
    where it began."""
    found: list[T] = []
    for _, same in groupby(told, key=lambda one: move_of(one).at):
        waiting = list(same)
        while waiting:
            begun = {move_of(one).before for one in waiting}
            last = [one for one in waiting if move_of(one).after not in begun]
            linked = [one for one in waiting if found and move_of(one).after == move_of(found[-1]).before]
            found.append((linked or last or waiting)[0])
            waiting.remove(found[-1])
    return tuple(found)
