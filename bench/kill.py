"""After SIGKILL in the middle of a request: how long until another worker goes on with what the killed one had."""

from __future__ import annotations

import time

from bench.results import Results
from bench.team import Team
from reviewapps.demo.onlooker import until
from reviewapps.sandbox.faults import Fault

LEASE, LOOK = 10.0, 1.0
ROUNDS = 3
UPLOAD = r"/v3/packages/[^/]+/upload$"
GOES_ON = r"^/v3/(packages|builds)\b"


def run(results: Results, rounds: int = ROUNDS) -> None:
    """Add the figure. Nobody may go on before the killed one's lease has run out."""
    settings = {
        "REQUEST_TIMEOUT": "8",
        "LEASE": f"{LEASE:g}",
        "FORWARD": f"{LEASE + 1:g}",
        "LOOK_EVERY": f"{LOOK:g}",
    }
    with Team(**settings, QUIET_EVERY="60") as team:
        commit = team.octocat.write("warm", "warm", {"headline.txt": "warm\n"})
        team.live(team.octocat.open("warm", "warm"), commit)
        waited = [_killed(team, number) for number in range(rounds)]
    promised = f"≤ {LEASE + LOOK:.0f} s"
    what = f"killed in an upload, lease {LEASE:.0f} s, tick {LOOK:.0f} s: until another worker goes on"
    results.add(what, "s", waited, promised)


def _killed(team: Team, number: int) -> float:
    observed, branch = team.world.cloudfoundry.observed, f"kill-{number}"
    commit = team.octocat.write(branch, branch, {"headline.txt": f"{branch}\n"})
    held = Fault(path=UPLOAD, method="POST", kind="delay", seconds=1.0)
    observed.plan(held)
    pull = team.octocat.open(branch, branch)
    until("an upload on its way", lambda: held.seen > 0, 60.0)
    team.playground.kill_workers()
    began, at = time.monotonic(), time.time()
    team.worker = team.playground.start_worker()

    def goes_on() -> bool:
        asked = observed.asked(path=GOES_ON)
        return any(call.at > at and call.who == team.user and "/upload" not in call.path for call in asked)

    until("another worker goes on", goes_on, 3 * LEASE)
    waited = time.monotonic() - began
    team.live(pull, commit)
    return waited
