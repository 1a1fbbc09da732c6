"""Which days are to be lived through, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final
from zlib import crc32

from tests.faults.campaign import Day, Trial
from tests.faults.requests import chosen

FIRST_READS: Final = 2
"""In so many of its ways a read goes wrong before any goes wrong in the others: it leaves nothing behind."""

LAST: Final = 100
"""More rounds than anything has ways to go wrong."""

QUICK: Final = 6
"""So many days of each story, the first of the mixed order."""

Healthy = Mapping[str, Mapping[str, Day]]
"""The healthy scenes' days, by story."""


def rounds(healthy: Healthy) -> list[Trial]:
    """In each round every request goes wrong in another way, in an order that is mixed and always the same: who
    ends it early knows about all requests. The last rounds are of reads alone."""
    turns = sorted(_turns(healthy), key=lambda one: (one[0], one[1], str(one[2])))
    return [trial for *_, trial in turns]


def _turns(healthy: Healthy) -> Iterator[tuple[int, int, Trial]]:
    """Each day, after the round that it belongs to and its place there."""
    for story, scenes in healthy.items():
        for scene, went in scenes.items():
            for one in chosen(went.requests):
                place = crc32(f"{story}: {scene}: {one}".encode())
                for turn in range(len(one.kinds)):
                    kind = one.kinds[(place + turn) % len(one.kinds)]
                    late = LAST if one.is_read and turn >= FIRST_READS else 0
                    yield turn + late, place, Trial(story, scene, one, kind)


def counted(trials: list[Trial]) -> str:
    """How many days of which story, and what for, in words."""
    stories = ", ".join(f"{story} {days}" for story, days in Counter(trial.story for trial in trials).items())
    reads = sum(trial.request.is_read for trial in trials)
    requests = len({(trial.story, trial.scene, trial.request) for trial in trials})
    return (
        f"{len(trials)} days, on which one of {requests} requests goes wrong ({stories}): "
        f"{len(trials) - reads} of what changes something, {reads} of what reads"
    )


def sample(trials: list[Trial], size: int = QUICK) -> list[Trial]:
    """The first so many of each story."""
    by_story = sorted(trials, key=lambda trial: trial.story)
    return [one for _, days in groupby(by_story, lambda trial: trial.story) for one in list(days)[:size]]
