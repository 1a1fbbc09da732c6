"""What the threads of a worker's main process send, and that nothing ends them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from tests.coordination.waiting import until
from workers.pump import Beats


@pytest.fixture
def started() -> Iterator[Callable[[Callable[[], None]], Beats]]:
    """Starts beats that end with the test."""
    threads: list[Beats] = []

    def start(beat: Callable[[], None]) -> Beats:
        threads.append(Beats("pump", 0.005, beat))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.stop()
        thread.join(timeout=5)


def test_an_outage_is_logged_once_and_so_is_its_end(
    started: Callable[[Callable[[], None]], Beats], caplog: pytest.LogCaptureFixture
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


def test_a_stopped_thread_beats_no_more(started: Callable[[Callable[[], None]], Beats]) -> None:
    count = 0

    def beat() -> None:
        nonlocal count
        count += 1

    thread = started(beat)
    until(lambda: count > 2, "the first beats")
    thread.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()
