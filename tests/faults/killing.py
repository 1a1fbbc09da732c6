"""``python -m tests.faults.killing``: workers come to harm at any moment of a history that nobody wrote.

There are two workers, as Celery runs them. Again and again one of them is killed (SIGKILL), or stopped
(SIGSTOP) for longer than its lease lasts; now and then Redis is emptied. ``--seed N`` tells which history; from
there on seed follows seed, ``--workers`` of them side by side, until somebody was killed ``--kills K`` times. What
is pushed, and what befalls whom when, follows from the seed; how far they have come by then does not."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from subprocess import Popen
from typing import Final, TypeVar

from reviewapps.demo.onlooker import TooLate, until
from tests.contract.answers import ANSWERS, listen
from tests.faults.a_database import COMMANDS, POSTGRES, odd_data, settle_in
from tests.faults.an_app import BROKEN, CRASHES, WELL, dotted
from tests.faults.shop import Preview, Shop
from tests.stories.conftest import hurry

T = TypeVar("T")

SHORT: Final = {"REQUEST_TIMEOUT": "2", "LEASE": "3", "FORWARD": "3.5", "POSTGRES": POSTGRES}
STRUCK_AFTER: Final = (0.8, 3.5)
"""Seconds from one blow, or from when who took the place of the killed is up, to the next."""

STOPPED_FOR: Final = 3.5
"""Seconds: longer than a lease."""

BLOWS: Final = (*("killed",) * 6, "stopped", "Redis emptied")

QUICK: Final = 1
ALL: Final = 200
"""So many kills there are to be, in as many histories as that takes."""

WORKERS: Final = 4
"""So many histories side by side: most of each is waiting."""

SEED: Final = 1

GOOD: Final[dict[str, str | None]] = {**WELL, "bin__pre_compile": "true\n", "broken": ""}
PUSHES: Final[dict[str, dict[str, str | None]]] = {
    "a push": GOOD,
    "a push that cannot be built": {**GOOD, **BROKEN},
    "a push that crashes": {**GOOD, **CRASHES},
    "a push whose release fails": {**GOOD, "broken": "1"},
}
MOVES: Final = (*PUSHES, "closed and opened again")


class Fate:
    """Strikes again and again while somebody waits for something; ``blows`` are counted, by what they were."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self._shop, self._chance = shop, chance
        self.blows: Counter[str] = Counter()
        self._stopped: list[tuple[float, Popen[bytes]]] = []
        self._up = 0
        for _ in range(2):
            shop.playground.start_worker()
        self._rest()

    def until(self, what: str, seen: Callable[[], T | None], seconds: float = 30.0) -> T:
        """What is seen at last, whoever comes to harm meanwhile."""

        def seen_by_one_who_strikes() -> T | None:
            self._beat()
            return seen()

        return until(what, seen_by_one_who_strikes, 4 * seconds)

    def _beat(self) -> None:
        while self._stopped and self._stopped[0][0] < time.monotonic():
            _signal(self._stopped.pop(0)[1], signal.SIGCONT)
        if not self._is_up():
            self._rest()
        elif time.monotonic() > self._at:
            blow = self._chance.choice(BLOWS)
            self.blows[blow] += 1
            self._strike(blow)
            self._rest()

    def _strike(self, blow: str) -> None:
        well = [
            one for one in self._shop.playground.workers if one.poll() is None and not self._is_stopped(one)
        ]
        if blow == "Redis emptied":
            self._shop.redis.flushall()
        elif well and blow == "stopped":
            _signal(struck := self._chance.choice(well), signal.SIGSTOP)
            self._stopped.append((time.monotonic() + STOPPED_FOR, struck))
        elif well:
            struck = self._chance.choice(well)
            _signal(struck, signal.SIGKILL)
            struck.wait()
            self._shop.playground.start_worker()

    def _is_up(self) -> bool:
        """Whether the newest worker works: else, where the machine is busy, nobody would ever come to it."""
        number = len(self._shop.playground.workers)
        if self._up < number:
            log = self._shop.playground.logs / f"worker-{number}.log"
            self._up = number if log.exists() and "ready" in log.read_text(errors="replace") else self._up
        return self._up == number

    def _is_stopped(self, worker: Popen[bytes]) -> bool:
        return any(worker is one for _, one in self._stopped)

    def _rest(self) -> None:
        self._at = time.monotonic() + self._chance.uniform(*STRUCK_AFTER)


def _signal(worker: Popen[bytes], number: signal.Signals) -> None:
    """Send it to the worker and all its children at once."""
    os.killpg(worker.pid, number)


History = tuple[int, list[str], list[str], Counter[str]]


def history(folder: str, seed: int) -> History:
    """The seed, what was odd, what people did, and what befell the workers."""
    chance = random.Random(seed)
    moves = [chance.choice(MOVES) for _ in range(chance.randint(2, 5))]
    with Shop(Path(folder) / f"seed-{seed}", **SHORT) as shop:
        hurry(shop.world.cloudfoundry.settings)
        settle_in(shop)
        fate = Fate(shop, chance)
        shop.until = fate.until
        try:
            odd = _lived(shop, fate, moves, chance)
        except TooLate as late:
            odd = [str(late)]
        except Exception:
            odd = [traceback.format_exc(limit=-3)]
        return seed, odd + ANSWERS.mistakes(), moves, fate.blows


def _lived(shop: Shop, fate: Fate, moves: list[str], chance: random.Random) -> list[str]:
    preview = shop.open("blue header")
    for number, move in enumerate([*moves, "a push"]):
        _pause(shop, chance.uniform(0, 5))
        if move == "closed and opened again":
            shop.octocat.close(preview.number)
            _pause(shop, chance.uniform(0, 3))
            shop.octocat.reopen(preview.number)
        else:
            preview = shop.push(preview, f"header {number}", **dotted(PUSHES[move]))
    shop.until_live(preview)
    shop.until_settled()
    ends = _odd_ends(shop, preview, closed="closed and opened again" in moves, blows=fate.blows.total())
    shop.octocat.close(preview.number)
    shop.until_gone(preview)
    shop.until_settled()
    found = [*ends, *shop.leftovers(preview), *odd_data(shop), *_repeated(shop)]
    return [what for what in found if not what.startswith("Slack was told")]  # twice, if killed in between


def _odd_ends(shop: Shop, preview: Preview, *, closed: bool, blows: int) -> list[str]:
    """What is odd of what serves. What was closed was rightly made anew."""
    found = shop.oddities(preview, builds=2 * preview.pushes + blows if closed else preview.pushes + blows)
    return [what for what in found if not (closed and "was created" in what)]


def _repeated(shop: Shop) -> list[str]:
    """Releases that ran twice for one commit and the same data."""
    file = shop.playground.home / COMMANDS[0]
    ran = Counter(file.read_text().splitlines()) if file.exists() else Counter[str]()
    return [f"a release ran {times} times for {what}" for what, times in ran.items() if times > 1]


def _pause(shop: Shop, seconds: float) -> None:
    ends = time.monotonic() + seconds
    shop.until("the next move", lambda: time.monotonic() > ends)


def lived_through(kills: int, seed: int = SEED, workers: int = WORKERS) -> bool:
    """Live through histories until so many kills have fallen, and tell of each; whether any ended badly."""
    if not kills:
        return False
    print(f"\nHistories in which workers come to harm, from seed {seed} on:", flush=True)
    bad, blows, seeds = 0, Counter[str](), iter(range(seed, sys.maxsize))
    with (
        tempfile.TemporaryDirectory(prefix="killing-", ignore_cleanup_errors=True) as folder,
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), listen) as pool,
    ):
        under_way = {pool.submit(history, folder, next(seeds)) for _ in range(min(workers, kills))}
        while under_way:
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for one, odd, moves, befell in (done.result() for done in ended):
                bad, blows = bad + bool(odd), blows + befell
                said = f"{'odd' if odd else 'ok':3}  --seed {one}: {_counted(befell)}; {', '.join(moves)}"
                print(said, *odd, sep="\n       ", flush=True)
                if blows["killed"] < kills:
                    under_way.add(pool.submit(history, folder, next(seeds)))
    number = next(seeds) - seed
    print(f"{number} histories, {blows.total()} blows ({_counted(blows)}), {bad} ended badly", flush=True)
    return bool(bad)


def _counted(blows: Counter[str]) -> str:
    return ", ".join(f"{times} {what}" for what, times in sorted(blows.items()))


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.killing", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kills", type=int, default=QUICK)
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args()
    return 1 if lived_through(options.kills, options.seed, options.workers) else 0


if __name__ == "__main__":
    sys.exit(main())
