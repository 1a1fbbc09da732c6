"""``make faults``: every request of four stories goes wrong, in each way that it can go wrong.

Prints how many days that are, a line for each as it ends, and in the end the tables; exits with 1 if anything
was odd. What ended badly is lived through once more at the end, and both are told. Each day is written down in
``--notes``: started again, it goes on with what is missing and what was odd. ``--days N`` or ``--minutes M`` ends
it early; ``--match WORDS`` takes those in whose line all of the words stand (several times: all of one of them);
``--write FILE`` puts the tables between the marks of that file; ``--quick`` a mixed sample, without notes."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.faults import killing
from tests.faults.campaign import LOGS, STORIES, Trial
from tests.faults.lanes import Lanes, Lived
from tests.faults.notes import Came, Note, Notes
from tests.faults.table import tables, write
from tests.faults.trials import Healthy, counted, rounds, sample

NOTES: Final = Path(".work/faults.jsonl")

ONCE_MORE: Final = 600.0
"""Seconds for those that ended badly, also where the time was over before."""

WORKERS: Final = 3
"""Processes for each story: most of a day is waiting."""


def main() -> int:
    """Run the campaign; its exit status."""
    options = _options()
    notes = Notes(None if options.quick else options.notes)
    stories = [name for name in STORIES if not options.story or name in options.story]
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        lanes = Lanes(folder, stories, 1 if options.quick else options.workers)
        try:
            healthy = lanes.healthy()
            if not _is_well(healthy, stories):
                return 1
            _live(lanes, _wanted(rounds(healthy), notes, options), notes, options.minutes)
        except KeyboardInterrupt:
            print("ended early")
        finally:
            lanes.end()
            _keep_logs(Path(folder) / LOGS)
    _tell(notes, options.write)
    kills = killing.QUICK if options.quick else options.kills
    return 1 if killing.lived_through(kills) or notes.odd else 0


def _is_well(healthy: Healthy, stories: list[str]) -> bool:
    odd = [
        f"{one}: {scene}: {what}"
        for one in healthy
        for scene, day in healthy[one].items()
        for what in day.odd
    ]
    odd += [f"{one}: it was not lived to its end" for one in stories if one not in healthy]
    if odd:
        print("Without any fault:", *odd, sep="\n  ")
    return not odd


def _live(lanes: Lanes, trials: list[Trial], notes: Notes, minutes: float | None) -> None:
    """Live through the days, and once more through those that ended badly, until all is over, or the time."""
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    print(counted(trials), flush=True)
    odd = _noted(lanes.lived(trials, deadline), notes, len(trials))
    if odd:
        print(f"once more, {len(odd)} days:", flush=True)
        _noted(lanes.lived(odd, deadline and time.monotonic() + ONCE_MORE), notes, len(odd))


def _noted(lived: Iterable[Lived], notes: Notes, total: int) -> list[Trial]:
    """Write down and tell each; those that ended badly."""
    odd: list[Trial] = []
    for number, (trial, went, seconds) in enumerate(lived, 1):
        came: Came = "odd" if went.odd else "ok" if went.struck else "not struck"
        note = Note(str(trial), trial.story, trial.kind, came, round(seconds, 1), went.odd, went.more)
        notes.add(note)
        print(f"{number}/{total}  {note}", flush=True)
        odd += [trial] if went.odd else []
    return odd


def _keep_logs(folder: Path) -> None:
    """Put the logs of the days that ended badly beside the notes."""
    if folder.exists():
        kept = shutil.copytree(folder, NOTES.parent / folder.name, dirs_exist_ok=True)
        print(f"what was written down on the days that ended badly: {kept}")


def _tell(notes: Notes, file: Path | None) -> None:
    lines = list(tables(notes.all))
    print("", *lines, sep="\n", flush=True)
    for note in notes.odd:
        print(f"\n{note}", flush=True)
    if file is not None:
        write(file, lines)


def _wanted(trials: list[Trial], notes: Notes, options: argparse.Namespace) -> list[Trial]:
    if options.rounds:
        trials = trials[: options.rounds * len({(t.story, t.scene, t.request) for t in trials})]
    if options.match:
        trials = [trial for trial in trials if any(_has(trial, words) for words in options.match)]
    if options.quick:
        return sample(trials)
    well = notes.well
    return [trial for trial in trials if str(trial) not in well][: options.days]


def _has(trial: Trial, words: str) -> bool:
    return all(word in str(trial) for word in words.split())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--notes", type=Path, default=NOTES, help=f"else {NOTES}")
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, help="every request goes wrong in so many of its ways")
    parser.add_argument("--days", type=int, help="no more than so many")
    parser.add_argument("--minutes", type=float, help="begin no day later than that")
    parser.add_argument("--match", action="append", metavar="WORDS")
    parser.add_argument("--story", action="append", choices=list(STORIES))
    parser.add_argument(
        "--workers", type=int, default=WORKERS, help=f"processes for each story, else {WORKERS}"
    )
    parser.add_argument("--kills", type=int, default=killing.ALL, help="at any moment, afterwards; 0: none")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
