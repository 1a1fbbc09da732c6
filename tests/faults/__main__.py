"""``make faults``: every request of two days goes wrong once, in each way that it can go wrong.

Prints a line for each day as it ends, in the end a table, and exits with 1 if anything was odd. All of it takes
hours: first each request goes wrong in one way, then each in the next, so that whoever ends it early knows about
all requests. ``--quick`` takes the beginning of the first round, a mixed sample; ``--rounds 1`` all of that
round; ``--match TEXT`` (several times, if need be) those in whose line one of the texts stands.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final
from zlib import crc32

from tests.faults.campaign import Day, Trial, begin, healthy_day, tried
from tests.faults.days import STORIES
from tests.faults.requests import chosen

QUICK: Final = 56
"""So many days take seven minutes of processor time: less than five minutes on two free cores."""

WORKERS: Final = 4
"""Most of a day is waiting."""

Outcome = tuple[Trial, Day, float]

DAYS_PER_WORKER: Final = 40
KINDS: Final = 8


def main() -> int:
    """Run the campaign; its exit status."""
    options = _options()
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        ProcessPoolExecutor(
            options.workers, context, begin, (folder,), max_tasks_per_child=DAYS_PER_WORKER
        ) as pool,
    ):
        healthy = dict(zip(STORIES, pool.map(healthy_day, [folder] * len(STORIES), STORIES), strict=True))
        if odd := [f"{name}: {what}" for name, went in healthy.items() for what in went.odd]:
            print("Without any fault:", *odd, sep="\n  ")
            return 1
        trials = _wanted(list(_rounds(healthy)), options)
        print(f"{len(trials)} days on which one request goes wrong:", flush=True)
        began = [pool.submit(tried, folder, number, trial) for number, trial in enumerate(trials)]
        came = _told(began)
        pool.shutdown(cancel_futures=True)
    _print_table(came)
    return 1 if any(counts["odd"] for counts in came.values()) else 0


def _told(began: list[Future[Outcome]]) -> dict[str, Counter[str]]:
    """How often each came of each kind of fault, until all is over or somebody ends it."""
    came: defaultdict[str, Counter[str]] = defaultdict(Counter)
    try:
        for done in as_completed(began):
            trial, went, seconds = done.result()
            what = "odd" if went.odd else "ok" if went.struck else "not struck"
            came[trial.kind][what] += 1
            print(f"{what:10}  {seconds:4.1f} s  {trial}", *went.odd, sep="\n       ", flush=True)
    except (KeyboardInterrupt, BrokenProcessPool):
        print("ended early")
    return came


def _rounds(healthy: dict[str, Day]) -> Iterator[Trial]:
    """In each round every request goes wrong in another way, in an order that is mixed and always the same."""
    requests = [(story, one) for story, went in healthy.items() for one in chosen(went.requests)]
    mixed = sorted((crc32(f"{story}: {one}".encode()), story, one) for story, one in requests)
    for turn in range(KINDS):
        for place, story, request in mixed:
            if turn < len(request.kinds):
                yield Trial(story, request, request.kinds[(place + turn) % len(request.kinds)])


def _wanted(trials: list[Trial], options: argparse.Namespace) -> list[Trial]:
    if options.rounds:
        trials = trials[: options.rounds * len({(trial.story, trial.request) for trial in trials})]
    if options.match:
        trials = [trial for trial in trials if any(text in str(trial) for text in options.match)]
    return trials[:QUICK] if options.quick else trials


def _print_table(came: dict[str, Counter[str]]) -> None:
    print("\n| what goes wrong | days | ended badly | the fault did not come to pass |\n|---|---|---|---|")
    for kind, counts in sorted(came.items()):
        print(f"| {kind} | {counts.total()} | {counts['odd']} | {counts['not struck']} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--match", action="append")
    parser.add_argument("--workers", type=int, default=WORKERS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
