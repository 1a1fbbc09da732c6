"""A database of its own: from the request for its service until the app is bound to it, filled with nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.results import Results
from bench.team import Team
from reviewapps.sandbox.observed import Call
from tests.stories.operator import Operator

ROUNDS = 5
POSTGRES = "review-db"
RULES = "environments:\n  review:\n    services:\n      shop-db: {database: own}\n"
MANIFEST = "applications:\n- name: shop\n  services: [shop-db]\n"
ASKED, BOUND = r"^/v3/service_instances$", r"^/v3/service_credential_bindings$"


def run(results: Results, rounds: int = ROUNDS) -> None:
    """Add the figures."""
    with Team(POSTGRES=POSTGRES, QUIET_EVERY="60") as team:
        Operator(team.world).create_service(POSTGRES, "aws-rds/micro-psql")
        team.octocat.write("main", "data", {".reviewapps.yml": RULES, "manifest.yml": MANIFEST})
        asked = [_calls(team, number) for number in range(rounds)]
        ready = [_took(calls) for calls in asked]
    results.add("a database of its own: asked for → made, and the app bound to it", "s", ready, "≤ 2 s")
    results.add("… requests to Cloud Foundry in between", "", [_between(calls) for calls in asked])


def _calls(team: Team, number: int) -> Sequence[Call]:
    branch = f"data-{number}"
    commit = team.octocat.write(branch, branch, {"headline.txt": f"{branch}\n"})
    _, calls = team.timed(lambda: team.live(team.octocat.open(branch, branch), commit))
    return calls


def _took(calls: Sequence[Call]) -> float:
    first, last = _first(calls, ASKED), _first(calls, BOUND)
    return last.at + last.milliseconds / 1000 - first.at


def _between(calls: Sequence[Call]) -> int:
    return list(calls).index(_first(calls, BOUND)) - list(calls).index(_first(calls, ASKED)) + 1


def _first(calls: Sequence[Call], path: str) -> Call:
    return next(call for call in calls if call.method == "POST" and re.search(path, call.path))
