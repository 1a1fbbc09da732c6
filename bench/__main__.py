"""``make bench``: the numbers of docs/numbers.md, measured in one run on this machine.

python -m bench [--rounds 5] [--only deploys,quiet,own-pace,database,kill,crowd,staging]

A table, a picture of where the time goes (docs/where-the-time-goes.svg) and, of all parts together,
``bench/results.json``. A part that fails is named, and the others go on.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable

from bench import crowd, database, kill, own_pace, picture, staging
from bench.deploys import Deploys
from bench.results import FILE, Results
from bench.team import Team
from reviewapps.demo.ledger import Meter

QUIET = 20.0
PARTS = ("deploys", "quiet", "own-pace", "database", "kill", "crowd", "staging")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=lambda words: words.split(","), default=PARTS)
    asked = parser.parse_args()
    began, results, failed = time.monotonic(), Results(), []
    more: dict[str, object] = {}
    parts: dict[str, Callable[[], object]] = {
        "deploys": lambda: more.update(seconds_by_stage=_deploys(results, asked.rounds)),
        "quiet": lambda: _quiet(results),
        "own-pace": lambda: more.update(requests=own_pace.run(results)),
        "database": lambda: database.run(results),
        "kill": lambda: kill.run(results),
        "crowd": lambda: crowd.run(results),
        "staging": lambda: staging.run(results),
    }
    print("| what | figure | promised |\n|---|---|---|", flush=True)
    for name in asked.only:
        try:
            parts[name]()
        except Exception:  # the other figures are worth having all the same
            traceback.print_exc()
            failed.append(name)
    results.add("all of this", "s", [time.monotonic() - began])
    if set(asked.only) == set(PARTS):
        results.write(**more, failed=failed)
        print(f"\nWritten to {FILE}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _deploys(results: Results, rounds: int) -> dict[str, dict[str, float]]:
    """The three kinds, each beside the same by hand; a picture of where the time goes."""
    with Team(QUIET_EVERY="60") as team:  # or each round would pay for an interval of its own
        results.add("sandbox up", "s", [team.up_after])
        deploys = Deploys(team, results)
        deploys.run(rounds)
    picture.draw(deploys.spans)
    return deploys.spans


def _quiet(results: Results) -> None:
    """What it costs when nobody does anything, and one preview is there."""
    with Team() as team:
        _at_rest(team, results)


def _at_rest(team: Team, results: Results) -> None:
    commit = team.octocat.write("quiet", "quiet", {"headline.txt": "quiet\n"})
    team.live(team.octocat.open("quiet", "quiet"), commit)
    time.sleep(3)
    meter = Meter(team.world)
    time.sleep(QUIET)
    cost = meter.cost()
    intervals = f"{QUIET:.0f} quiet seconds, 4 quiet intervals"
    results.add(f"{intervals}: requests to Cloud Foundry", "", [cost.cf_requests], "≤ 2 each")
    results.add("… writes to GitHub", "", [cost.github_writes], "0")
    results.add("… rate-limit points", "", [cost.points], "0")


if __name__ == "__main__":
    sys.exit(main())
