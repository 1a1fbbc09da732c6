"""What visitors notice of production deploys: a page every 50 ms, while one merge after the other goes there.

python -m bench.production [--requests 500]

Before each, a previewed tree is merged into staging; right after it, in the same world, a droplet is rolled onto
another app by hand: so that the time from the merge to the page can be told over the platform's own switch.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from bench.by_hand import ByHand, source
from reviewapps.demo.onlooker import Onlooker, Visitors, page, until
from reviewapps.demo.operator import GRANTS, PASSWORD
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.playground import Playground
from reviewapps.sandbox.world import BOT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.production")
    parser.add_argument("--requests", type=int, default=500)
    requests = parser.parse_args().requests
    with (
        tempfile.TemporaryDirectory() as folder,
        Playground(Path(folder), grants=GRANTS, secrets={"GATE": PASSWORD}) as playground,
    ):
        playground.start_worker()
        playground.await_worker()
        Merges(playground).run(requests)


class Merges:
    """octocat's work, which hubot approves, one merge after the other."""

    def __init__(self, playground: Playground) -> None:
        self.world, self.home = playground.world, playground.home
        self.repository = self.world.repository
        self.octocat, self.hubot = self._person("octocat"), self._person("hubot")
        self.octocat.begin(SAMPLE)
        self.hubot.clone()
        self.octocat.branch("staging", self.octocat.head())
        self.onlooker = Onlooker(self.octocat, self.repository, BOT)

    def run(self, requests: int) -> None:
        """Merge until visitors of production have asked so often, and print what came of it."""
        self._to_production(0)
        by_hand = ByHand(self.world.described())
        one, other = (by_hand.push(f"by-hand-{n}", source(SAMPLE)) for n in (1, 2))
        ours, theirs, deploys, builds = list[float](), list[float](), 0, 0
        with Visitors(self._url("production"), PASSWORD) as visitors:
            while visitors.asked < requests:
                deploys += 1
                before = self._builds()
                ours.append(self._to_staging(deploys))
                builds += self._builds() - before - 1  # its preview's own
                theirs.append(by_hand.promote(one, other).stages["start"])
                self._to_production(deploys)
        over = statistics.median(ours) - statistics.median(theirs)
        failed = f"{visitors.asked}, {len(visitors.failed)}"
        print("| what | figure | promised |", "|---|---|---|", sep="\n")
        print(f"| production: requests during {deploys} deploys, of which failed | {failed} | 0 of ≥ 500 |")
        print(f"| merged into staging → its page says it | {_spread(ours)} | |")
        print(f"| the platform's own switch, by hand in the same world | {_spread(theirs)} | |")
        print(f"| so much longer than that, of the medians | {over:.2f} s | ≤ 2 s |")
        print(f"| builds of these {deploys} merges of previewed trees | {builds} | none |")

    def _to_staging(self, number: int) -> float:
        """Seconds from the merge of a preview's tree to its page on staging."""
        words = f"staging {number}"
        self.octocat.write(f"stage-{number}", words, {"headline.txt": words + "\n"}, base="staging")
        pull = self.octocat.open(f"stage-{number}", words, into="staging")
        until("its preview", lambda: self.onlooker.comment(pull, "Preview: live at"))
        began = time.monotonic()
        self.octocat.merge(pull)
        until(words, lambda: page(self._url("staging"), password=PASSWORD).headline == words)
        return time.monotonic() - began

    def _to_production(self, number: int) -> None:
        words = f"production {number}"
        self.octocat.write(f"work-{number}", words, {"headline.txt": words + "\n"})
        pull = self.octocat.open(f"work-{number}", words)
        self.world.github.world.clock.forward(
            1
        )  # GitHub's times are whole seconds: in the same one, which was first?
        self.hubot.approve(pull)
        self.octocat.merge(pull)
        until(words, lambda: page(self._url("production"), password=PASSWORD).headline == words)

    def _builds(self) -> int:
        asked = self.world.cloudfoundry.observed.asked("POST", "^/v3/builds$")
        return sum(1 for call in asked if call.status < 300)

    def _url(self, environment: str) -> str:
        told = self.world.described()
        return f"http://shop-{environment}.{told['app_domain']}:{told['app_port']}"

    def _person(self, login: str) -> Person:
        folder = self.home / "people" / login
        return Person(self.world.github.url, self.repository, login, self.world.tokens[login], folder)


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    main()
