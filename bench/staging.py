"""Two hundred environments in staging at once, and one worker process that waits for all of them."""

from __future__ import annotations

import time

from bench.results import Results
from bench.team import OWN_PACE, Team
from reviewapps.demo.onlooker import until
from reviewapps.sandbox.cloudfoundry.state import Build

COUNT = 200
LONG = 3600.0
WATCHED = 65.0
"""Seconds: a little more than the minute after which each that waits is looked at more closely."""


def run(results: Results, count: int = COUNT) -> None:
    """Add the figures. Filling the platform is not held to what it may be asked; waiting is."""
    fast = {"CF_REQUESTS_PER_SECOND": "500", "GITHUB_REQUESTS_PER_SECOND": "500", "CONCURRENCY": "1"}
    own = {"REQUEST_TIMEOUT": "60", "LEASE": "90", "FORWARD": "95"}
    settings = {**OWN_PACE, **own, **fast, "LIMIT": str(count), "MEMORY": "64M", "DEADLINE": "1h"}
    with Team(**settings) as team:
        world = team.world.cloudfoundry.world
        world.settings.staging_seconds, world.settings.staging_timeout = LONG, 2 * LONG
        world.settings.cell_memory_in_mb = 10**6
        began = time.monotonic()
        refs = f"/repos/{team.world.repository}/git/refs"
        commit = team.octocat.write("many", "many", {"headline.txt": "many\n"})
        for number in range(count):
            team.octocat.api("POST", refs, {"ref": f"refs/heads/many-{number}", "sha": commit})
            team.octocat.open(f"many-{number}", f"many-{number}")

        def all_stage() -> bool:
            return sum(build.state == "STAGING" for build in world.all(Build)) >= count

        until(f"{count} builds", all_stage, 400.0)
        results.add(f"{count} opened, and all in staging", "s", [time.monotonic() - began])
        _, calls = team.timed(lambda: time.sleep(WATCHED))
        what = f"{count} in staging at once: requests to Cloud Foundry a second, over {WATCHED:.0f} s"
        results.add(what, "", [len(calls) / WATCHED], "≤ 6")
        results.add("… the most in one second", "", [_busiest([call.at for call in calls])])
        results.add("… one worker with one child, PSS of its tree", "MB", [team.memory()], "≤ 200 MB")


def _busiest(times: list[float]) -> int:
    seconds = [int(at) for at in times]
    return max((seconds.count(one) for one in set(seconds)), default=0)
