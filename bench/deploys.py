"""A first deploy, a push of one changed file, a tag of what was previewed: against the same by hand."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterable
from statistics import median

from bench.by_hand import ByHand, Pushed, source
from bench.results import Results
from bench.team import Team, counted
from reviewapps.demo.onlooker import until
from reviewapps.demo.story import SAMPLE
from reviewapps.sandbox.observed import Call

Spans = dict[str, float]
"""Seconds by stage, in the order of time."""

KINDS = ("first deploy", "push of one changed file", "tag of a previewed tree")
PROMISED = dict(zip(KINDS, ("≤ 14", "≤ 10", "≤ 7"), strict=True))

ENDS = (
    ("noticed", "PATCH|POST", r"^/v3/apps"),
    ("app, address, upload", "POST", r"/upload$"),
    ("package processed", "POST", r"^/v3/builds$"),
    ("staged", "PATCH|POST", r"/environment_variables$|^/v3/droplets\?source"),
    ("switch asked for", "POST", r"^/v3/deployments$"),
    ("up, and marked live", "PATCH", r"^/v3/apps/[^/]+$"),
)
"""The stages of a deploy, each with the request that ends it."""


class Deploys:
    """So many rounds of each kind; ``spans`` are where the time went, by kind."""

    def __init__(self, team: Team, results: Results) -> None:
        self._team, self._results = team, results
        self._by_hand = ByHand(team.world.described())
        self.spans: dict[str, Spans] = {}

    def run(self, rounds: int) -> None:
        """Measure, and add a few figures for each kind."""
        hands: list[Pushed] = []
        self._opened(0, [])  # logins, and what is asked for once in ten minutes
        self._kind(KINDS[0], [self._opened(n, hands) for n in range(1, rounds + 1)])
        self._kind(KINDS[1], [self._pushed(n, hands) for n in range(rounds)])
        self._kind(KINDS[2], [self._tagged(n, hands) for n in range(rounds)])
        merged = [self._merged(n) for n in range(rounds)]
        self._results.add("merged → the comment says removed", "s", merged)

    def _kind(self, kind: str, rounds: list[tuple[float, Pushed, list[Call], float]]) -> None:
        ours, alone = [took for took, _, _, _ in rounds], [hand.seconds for _, hand, _, _ in rounds]
        add = self._results.add
        add(f"{kind}: reviewapps", "s", ours)
        add(f"{kind}: the fewest requests by hand, without pause", "s", alone)
        over = [mine - its for mine, its in zip(ours, alone, strict=True)]
        add(f"{kind}: over the platform's own time", "s", over, "≤ 2 s")
        asked = [counted(calls) for _, _, calls, _ in rounds]
        add(
            f"{kind}: requests to Cloud Foundry, without waiting",
            "",
            [few for _, few in asked],
            PROMISED[kind],
        )
        add(f"{kind}: … with all that asked whether it was over", "", [many for many, _ in asked])
        self.spans[kind] = _medians(_spans(calls, began, took) for took, _, calls, began in rounds)
        self.spans[f"{kind}, by hand"] = _medians(hand.stages for _, hand, _, _ in rounds)

    def _opened(self, number: int, hands: list[Pushed]) -> tuple[float, Pushed, list[Call], float]:
        branch = f"b{number}"
        commit = self._team.octocat.write(branch, branch, {"headline.txt": f"{branch}\n"})

        def opened() -> None:
            self._team.live(self._team.octocat.open(branch, branch), commit)

        ours = self._timed(opened)
        hands.append(self._by_hand.push(f"by-hand-{number}", source(SAMPLE, headline_txt=f"{branch}\n")))
        return ours[0], hands[-1], ours[1], ours[2]

    def _pushed(self, number: int, hands: list[Pushed]) -> tuple[float, Pushed, list[Call], float]:
        words = f"{number} again\n"

        def pushed() -> None:
            commit = self._team.octocat.write(f"b{number + 1}", "again", {"headline.txt": words})
            self._team.live(number + 2, commit)

        ours = self._timed(pushed)
        hands[number] = self._by_hand.push_again(hands[number], source(SAMPLE, headline_txt=words))
        return ours[0], hands[number], ours[1], ours[2]

    def _tagged(self, number: int, hands: list[Pushed]) -> tuple[float, Pushed, list[Call], float]:
        commit = self._head(number + 2)

        def tagged() -> None:
            self._team.octocat.tag(f"dev-{number + 1}", commit)
            self._team.dev_serves(commit)

        if number == 0:  # the shared app is there before: a promotion is what is measured
            main = self._team.octocat.write("main", "main", {"headline.txt": "main\n"})
            self._team.octocat.tag("dev-0", main)
            self._team.dev_serves(main)
        ours = self._timed(tagged)
        target = hands[(number + 1) % len(hands)]
        return ours[0], self._by_hand.promote(hands[number], target), ours[1], ours[2]

    def _merged(self, number: int) -> float:
        self._team.octocat.close(number + 2)
        began = time.monotonic()
        until("removed", lambda: self._team.onlooker.comment(number + 2, "Preview: removed"))
        return time.monotonic() - began

    def _timed(self, done: Callable[[], object]) -> tuple[float, list[Call], float]:
        began = time.time()
        took, calls = self._team.timed(done)
        return took, calls, began

    def _head(self, number: int) -> str:
        found = self._team.octocat.api("GET", f"/repos/{self._team.world.repository}/pulls/{number}")
        return str(found["head"]["sha"])


def _spans(calls: list[Call], began: float, took: float) -> Spans:
    """Where the time between the push and the word that it is live went."""
    spans, at = Spans(), began
    rest = iter(calls)
    for stage, methods, path in ENDS:
        ahead, rest = itertools.tee(rest)
        found = next((c for c in ahead if re.search(methods, c.method) and re.search(path, c.path)), None)
        if found is None:
            continue
        rest = ahead
        spans[stage], at = found.at + found.milliseconds / 1000 - at, found.at + found.milliseconds / 1000
    spans["told"] = began + took - at
    return spans


def _medians(rounds: Iterable[Spans]) -> Spans:
    """The median of each stage that every round had."""
    all_rounds = list(rounds)
    stages = [stage for stage in all_rounds[0] if all(stage in one for one in all_rounds)]
    return {stage: max(0.0, median(one[stage] for one in all_rounds)) for stage in stages}
