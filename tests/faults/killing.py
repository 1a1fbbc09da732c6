"""``python -m tests.faults.killing``: the worker is killed at any moment of a history that nobody wrote.

``--seed N`` tells which history, and ``--days K`` how many seeds from there on. What is pushed, and when
the worker is killed, follows from the seed; how far it has come by then does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from reviewapps.demo.onlooker import TooLate, until
from tests.contract.answers import ANSWERS, listen
from tests.faults.days import COMMANDS, POSTGRES, ask_for_data, odd_data, settle_in
from tests.faults.shop import Preview, Shop
from tests.stories.conftest import hurry
from tests.stories.samples import BROKEN_BUILD, CRASHES_AT_START, WORKING_APP

T = TypeVar("T")

SHORT: Final = {"REQUEST_TIMEOUT": "2", "LEASE": "3", "FORWARD": "3.5", "POSTGRES": POSTGRES}
KILLED_AFTER: Final = (1.5, 6.0)
"""Seconds from the start of a worker; it needs one to be up."""

WELL: Final[dict[str, str | None]] = {**WORKING_APP, "bin/pre_compile": "true\n", "broken": ""}
PUSHES: Final[dict[str, dict[str, str | None]]] = {
    "a push": WELL,
    "a push that cannot be built": {**WELL, **BROKEN_BUILD},
    "a push that crashes": {**WELL, **CRASHES_AT_START},
    "a push whose release fails": {**WELL, "broken": "1"},
}
MOVES: Final = (*PUSHES, "closed and opened again")


class Killer:
    """Kills the worker again and again while somebody waits for something; ``kills`` are counted."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self._shop, self._chance, self.kills = shop, chance, 0
        self._start()

    def until(self, what: str, seen: Callable[[], T | None], seconds: float = 30.0) -> T:
        def seen_by_one_who_kills() -> T | None:
            self._beat()
            return seen()

        return until(what, seen_by_one_who_kills, 4 * seconds)

    def _beat(self) -> None:
        if time.monotonic() > self._at:
            self._shop.playground.kill_workers()
            self.kills += 1
            self._start()

    def _start(self) -> None:
        self._shop.playground.start_worker()
        self._at = time.monotonic() + self._chance.uniform(*KILLED_AFTER)


def history(home: Path, seed: int) -> tuple[list[str], list[str], int]:
    """What was odd, what happened, and how often the worker was killed."""
    chance = random.Random(seed)
    moves = [chance.choice(MOVES) for _ in range(chance.randint(2, 5))]
    with Shop(home, **SHORT) as shop:
        hurry(shop.world.cloudfoundry.settings)
        settle_in(shop)
        ask_for_data(shop)
        killer = Killer(shop, chance)
        shop.until = killer.until
        try:
            odd = _lived(shop, killer, moves, chance)
        except TooLate as late:
            odd = [str(late)]
        return odd + ANSWERS.mistakes(), moves, killer.kills


def _lived(shop: Shop, killer: Killer, moves: list[str], chance: random.Random) -> list[str]:
    preview = shop.open("blue header")
    for number, move in enumerate([*moves, "a push"]):
        _pause(shop, chance.uniform(0, 5))
        if move == "closed and opened again":
            shop.octocat.close(preview.number)
            _pause(shop, chance.uniform(0, 3))
            shop.octocat.reopen(preview.number)
        else:
            files: Any = {name.replace("/", "__"): text for name, text in PUSHES[move].items()}
            preview = shop.push(preview, f"header {number}", **files)
    shop.until_live(preview)
    shop.until_settled()
    ends = _odd_ends(shop, preview, closed="closed and opened again" in moves, kills=killer.kills)
    shop.octocat.close(preview.number)
    shop.until_gone(preview)
    shop.until_settled()
    found = [*ends, *shop.leftovers(preview), *odd_data(shop), *_repeated(shop)]
    return [what for what in found if not what.startswith("Slack was told")]  # twice, if killed in between


def _odd_ends(shop: Shop, preview: Preview, *, closed: bool, kills: int) -> list[str]:
    """What is odd of what serves. What was closed was rightly made anew."""
    found = shop.oddities(preview, builds=2 * preview.pushes + kills if closed else preview.pushes + kills)
    return [what for what in found if not (closed and "was created" in what)]


def _repeated(shop: Shop) -> list[str]:
    """Releases that ran twice for one commit and the same data."""
    file = shop.playground.home / COMMANDS[0]
    ran = Counter(file.read_text().splitlines()) if file.exists() else Counter[str]()
    return [f"a release ran {times} times for {what}" for what, times in ran.items() if times > 1]


def _pause(shop: Shop, seconds: float) -> None:
    ends = time.monotonic() + seconds
    shop.until("the next move", lambda: time.monotonic() > ends)


def main() -> int:
    """Live through so many histories; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.killing", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--days", type=int, default=1)
    options = parser.parse_args()
    listen()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="killing-") as folder:
        for seed in range(options.seed, options.seed + options.days):
            odd, moves, kills = history(Path(folder) / f"seed-{seed}", seed)
            bad += bool(odd)
            said = f"{'odd' if odd else 'ok':3}  --seed {seed}: {kills} kills; {', '.join(moves)}"
            print(said, *odd, sep="\n       ", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
