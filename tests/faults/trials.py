"""Which days are to be lived through, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final
from zlib import crc32

from tests.faults.campaign import Day, Trial
from tests.faults.requests import chosen

READS_TWICE: Final = 2
"""In so many of its ways a read goes wrong, each read in others than its neighbours: a read leaves nothing
behind."""

QUICK: Final = 6
"""So many days of each story, the first of the mixed order."""

Healthy = Mapping[str, Mapping[str, Day]]
"""The healthy scenes' days, by story."""


def rounds(healthy: Healthy, *, all_reads: bool = False) -> Iterator[Trial]:
    """In each round every request goes wrong in another way, in an order that is mixed and always the same: who
    ends it early knows about all requests."""
    requests = [
        (story, scene, one)
        for story, scenes in healthy.items()
        for scene, went in scenes.items()
        for one in chosen(went.requests)
    ]
    mixed = sorted(
        (crc32(f"{story}: {scene}: {one}".encode()), story, scene, one) for story, scene, one in requests
    )
    for turn in range(max((len(one.kinds) for *_, one in mixed), default=0)):
        for place, story, scene, request in mixed:
            if turn < (READS_TWICE if request.is_read and not all_reads else len(request.kinds)):
                yield Trial(story, scene, request, request.kinds[(place + turn) % len(request.kinds)])


def sample(trials: list[Trial], size: int = QUICK) -> list[Trial]:
    """The first so many of each story."""
    by_story = sorted(trials, key=lambda trial: trial.story)
    return [one for _, days in groupby(by_story, lambda trial: trial.story) for one in list(days)[:size]]
