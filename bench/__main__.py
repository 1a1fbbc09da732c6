"""``make bench``: the numbers of docs/numbers.md, measured in one run on this machine.

python -m bench [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from bench.by_hand import ByHand
from bench.worker_memory import tree_pss
from reviewapps.demo.ledger import Meter
from reviewapps.demo.onlooker import Onlooker, headings, until
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.playground import Playground
from reviewapps.sandbox.world import BOT

QUIET = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with Playground(Path(folder), settings={"LIMIT": "100"}) as playground:
            print(f"| sandbox up | {time.monotonic() - began:.2f} s |")
            worker = playground.start_worker()
            playground.await_worker()
            Bench(playground).run(rounds)
            print(f"| worker, two children, PSS of its tree | {tree_pss(worker.pid):.0f} MB |")


class Bench:
    """What people do, timed."""

    def __init__(self, playground: Playground) -> None:
        self.world = playground.world
        login = "octocat"
        token, folder = self.world.tokens[login], playground.home / login
        self.octocat = Person(self.world.github.url, self.world.repository, login, token, folder)
        self.octocat.begin(SAMPLE)
        self.onlooker = Onlooker(self.octocat, self.world.repository, BOT)
        self.by_hand = ByHand(self.world.described())

    def run(self, rounds: int) -> None:
        """Print a row per figure: median (least to most) of so many rounds."""
        times = [self._opened(number) for number in range(rounds)]
        _row("opened → the comment has the URL", [ours for ours, _, _ in times])
        _row("the same app by hand: create, upload, stage, start", [alone for _, alone, _ in times])
        _row("ours on top of the platform's own", [ours - alone for ours, alone, _ in times])
        _row("pushed → the comment has the commit", [self._pushed(number) for number in range(rounds)])
        _row("merged → the comment says removed", [self._merged(number) for number in range(rounds)])
        time.sleep(3)
        meter = Meter(self.world)
        time.sleep(QUIET)
        cost = meter.cost()
        print(
            f"| {QUIET:.0f} quiet seconds (4 quiet intervals): requests to Cloud Foundry | {cost.cf_requests} |"
        )
        print(f"| … writes to GitHub, rate-limit points | {cost.github_writes}, {cost.points} |")

    def _opened(self, number: int) -> tuple[float, float, int]:
        branch = f"b{number}"
        commit = self.octocat.write(branch, branch, {"headline.txt": f"{branch}\n"})
        began = time.monotonic()
        opened = self.octocat.open(branch, branch)
        self._live(opened, commit)
        ours = time.monotonic() - began
        return ours, self.by_hand.push(f"by-hand-{number}", SAMPLE), opened

    def _pushed(self, number: int) -> float:
        began = time.monotonic()
        commit = self.octocat.write(f"b{number}", "again", {"headline.txt": f"{number} again\n"})
        self._live(number + 1, commit)
        return time.monotonic() - began

    def _merged(self, number: int) -> float:
        self.octocat.close(number + 1)
        began = time.monotonic()
        until("removed", lambda: self.onlooker.comment(number + 1, "Preview: removed"))
        return time.monotonic() - began

    def _live(self, number: int, commit: str) -> None:
        def live() -> str | None:
            comment = self.onlooker.comment(number, f"`{commit[:7]}`")
            return comment if comment and "live at" in headings(comment) else None

        until(f"#{number} live at {commit[:7]}", live)


def _row(what: str, seconds: list[float]) -> None:
    print(
        f"| {what} | {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}) |",
        flush=True,
    )


if __name__ == "__main__":
    main()
