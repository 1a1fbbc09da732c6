"""Many pull requests at once, one worker: how long until all are live, and what each asks of Cloud Foundry."""

from __future__ import annotations

import time

from bench.results import Results
from bench.team import Team, counted

COUNTS = (1, 10, 50)


def run(results: Results) -> None:
    """Add the figures of each count."""
    with Team(LIMIT="100", MEMORY="64M") as team:
        opened = 0
        for count in COUNTS:
            commits = []
            for n in range(count):
                branch = f"crowd-{count}-{n}"
                commits.append((branch, team.octocat.write(branch, branch, {"headline.txt": f"{branch}\n"})))
            first = opened + 1

            def at_once(commits: list[tuple[str, str]] = commits, first: int = first) -> None:
                for branch, _ in commits:
                    team.octocat.open(branch, branch)
                for number, (_, commit) in enumerate(commits, first):
                    team.live(number, commit)

            took, calls = team.timed(at_once)
            opened += count
            name = f"{count} pull request{'s' if count > 1 else ''} at once: until all are live"
            results.add(name, "s", [took])
            results.add("… requests to Cloud Foundry for each", "", [counted(calls)[0] / count])
            _close(team, first, count)
        results.add("worker after that, two children, PSS of its tree", "MB", [team.memory()], "≤ 150 MB")


def _close(team: Team, first: int, count: int) -> None:
    for number in range(first, first + count):
        team.octocat.close(number)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        said = team.onlooker.comment(first + count - 1, "Preview: removed")
        if said and team.onlooker.comment(first, "Preview: removed"):
            return
        time.sleep(0.2)
