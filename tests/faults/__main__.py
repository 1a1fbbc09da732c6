"""``make faults``: every request of three stories goes wrong, in each way that it can go wrong.

Prints a line for each day as it ends, in the end a table, and exits with 1 if anything was odd. Each day is
written down in ``--notes``: started again, it goes on with what is missing and what was odd. ``--days N`` or
``--minutes M`` ends it early; ``--match TEXT`` (several times, if need be) takes those in whose line one of the
texts stands; ``--quick`` a mixed sample of all, without notes."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tests.faults import killing
from tests.faults.campaign import STORIES, Day, Trial, begin, healthy_day, tried
from tests.faults.notes import Came, Note, Notes
from tests.faults.trials import rounds, sample

NOTES: Final = Path(".work/faults.jsonl")

WORKERS: Final = 2
"""Processes for each story: most of a day is waiting."""

Outcome = tuple[Trial, Day, float]
Pools = dict[str, ProcessPoolExecutor]


def main() -> int:
    """Run the campaign; its exit status."""
    options = _options()
    notes = Notes(None if options.quick else options.notes)
    workers = 1 if options.quick else options.workers
    with (
        tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder,
        ExitStack() as opened,
    ):
        stories = [name for name in STORIES if not options.story or name in options.story]
        pools = {name: opened.enter_context(_pool(folder, workers)) for name in stories}
        begun = {name: pool.submit(healthy_day, folder, name) for name, pool in pools.items()}
        healthy = {name: days.result() for name, days in begun.items()}
        if odd := [
            f"{story}: {scene}: {what}"
            for story, scenes in healthy.items()
            for scene, day in scenes.items()
            for what in day.odd
        ]:
            print("Without any fault:", *odd, sep="\n  ")
            return 1
        trials = _wanted(list(rounds(healthy, all_reads=options.all_reads)), notes, options)
        print(f"{len(trials)} days on which one request goes wrong:", flush=True)
        try:
            _live(pools, folder, trials, notes, options.minutes)
        except (KeyboardInterrupt, BrokenProcessPool, TimeoutError) as ended:
            print(f"ended early: {type(ended).__name__}")
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
    print("", *notes.table(), sep="\n", flush=True)
    histories = killing.QUICK if options.quick else options.histories
    return 1 if notes.odd or killing.lived_through(histories) else 0


def _pool(folder: str, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), begin, (folder,))


def _live(pools: Pools, folder: str, trials: list[Trial], notes: Notes, minutes: float | None) -> None:
    """Live through the days, until all is over, or the time."""
    began = [pools[trial.story].submit(partial(tried, folder), trial) for trial in trials]
    for note in _told(began, None if minutes is None else time.monotonic() + 60 * minutes):
        notes.add(note)
        print(note, flush=True)


def _told(began: list[Future[Outcome]], deadline: float | None) -> Iterator[Note]:
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    for done in as_completed(began, left):
        trial, went, seconds = done.result()
        came: Came = "odd" if went.odd else "ok" if went.struck else "not struck"
        yield Note(str(trial), trial.story, trial.kind, came, round(seconds, 1), went.odd)


def _wanted(trials: list[Trial], notes: Notes, options: argparse.Namespace) -> list[Trial]:
    if options.rounds:
        trials = trials[: options.rounds * len({(t.story, t.scene, t.request) for t in trials})]
    if options.match:
        trials = [trial for trial in trials if any(text in str(trial) for text in options.match)]
    if options.quick:
        return sample(trials)
    well = notes.well
    return [trial for trial in trials if str(trial) not in well][: options.days]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--notes", type=Path, default=NOTES, help=f"else {NOTES}")
    parser.add_argument("--rounds", type=int, help="every request goes wrong in so many of its ways")
    parser.add_argument("--days", type=int, help="no more than so many")
    parser.add_argument("--minutes", type=float, help="no longer than that")
    parser.add_argument("--match", action="append", metavar="TEXT")
    parser.add_argument("--story", action="append", choices=list(STORIES))
    parser.add_argument(
        "--all-reads", action="store_true", help="what reads goes wrong in every way, not in two"
    )
    parser.add_argument(
        "--workers", type=int, default=WORKERS, help=f"processes for each story, else {WORKERS}"
    )
    parser.add_argument("--histories", type=int, default=killing.ALL, help="of kills at any moment; 0: none")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
