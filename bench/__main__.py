"""``make bench``: the numbers of docs/numbers.md, measured in one run on this machine.

python -m bench [--rounds 5] [--only deploys,quiet,own-pace,crowd,staging]

A table, a picture of where the time goes (docs/where-the-time-goes.svg) and, of all parts together,
``bench/results.json``.
"""

from __future__ import annotations

import argparse
import time

from bench import crowd, own_pace, picture, staging
from bench.deploys import Deploys
from bench.results import FILE, Results
from bench.team import Team
from reviewapps.demo.ledger import Meter

QUIET = 20.0
PARTS = ("deploys", "quiet", "own-pace", "crowd", "staging")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=lambda words: words.split(","), default=PARTS)
    asked = parser.parse_args()
    began, results = time.monotonic(), Results()
    more: dict[str, object] = {}
    print("| what | figure | promised |\n|---|---|---|", flush=True)
    if "deploys" in asked.only:
        with Team(QUIET_EVERY="60") as team:  # or each round would pay for an interval of its own
            results.add("sandbox up", "s", [team.up_after])
            deploys = Deploys(team, results)
            deploys.run(asked.rounds)
        picture.draw(deploys.spans)
        more["seconds_by_stage"] = deploys.spans
    if "quiet" in asked.only:
        with Team() as team:
            _quiet(team, results)
    if "own-pace" in asked.only:
        more["requests"] = own_pace.run(results)
    if "crowd" in asked.only:
        crowd.run(results)
    if "staging" in asked.only:
        staging.run(results)
    results.add("all of this", "s", [time.monotonic() - began])
    if set(asked.only) == set(PARTS):
        results.write(**more)
        print(f"\nWritten to {FILE}")


def _quiet(team: Team, results: Results) -> None:
    """What it costs when nobody does anything, and one preview is there."""
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
    main()
