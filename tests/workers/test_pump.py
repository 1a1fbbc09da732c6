"""What the threads of a worker's main process send, and that nothing ends them."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator

import pytest

from tests.coordination.waiting import until
from workers.pump import Beats


@pytest.fixture
def started() -> Iterator[Callable[..., Beats]]:
    """Starts beats that end with the test."""
    threads: list[Beats] = []

    def start(beat: Callable[[], float | None], seconds: float = 0.005) -> Beats:
        threads.append(Beats("pump", seconds, beat))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.stop()
        thread.join(timeout=5)


def test_an_outage_is_logged_once_and_so_is_its_end(
    started: Callable[..., Beats], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "workers.pump")
    beats = iter([*[ConnectionError("Redis is away")] * 5, *[None] * 5])
    count = 0

    def beat() -> None:
        nonlocal count
        count += 1
        if error := next(beats, None):
            raise error

    started(beat)
    until(lambda: count > 12, "the beats after the outage")
    assert [record.getMessage() for record in caplog.records] == [
        "pump: failed, tries again every 0.005 s",
        "pump: works again",
    ]


def test_a_stopped_thread_beats_no_more(started: Callable[..., Beats]) -> None:
    count = 0

    def beat() -> None:
        nonlocal count
        count += 1

    thread = started(beat)
    until(lambda: count > 2, "the first beats")
    thread.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_beat_comes_again_sooner_where_it_says_so(
    started: Callable[..., Beats],
) -> None:
    said, at = iter([0.001, None, 60.0]), list[float]()

    def beat() -> float | None:
        at.append(time.monotonic())
        return next(said, None)

    started(beat, 0.2)
    until(lambda: len(at) > 3, "four beats")
    sooner, usual, no_later = (after - before for before, after in itertools.pairwise(at[:4]))
    assert sooner < 0.2 <= usual
    assert no_later < 5
