"""What visitors notice of production deploys: a page every 50 ms, while one merge after the other goes there.

python -m bench.production [--requests 500]

Before each, a previewed tree is merged into staging, of which the time over the platform's own switch is told:
from the merge to the page, less what Cloud Foundry's own rolling deployment took.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from reviewapps.demo.onlooker import Onlooker, Visitors, page, until
from reviewapps.demo.operator import GRANTS, PASSWORD
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.playground import Playground
from reviewapps.sandbox.cloudfoundry.state import Deployment
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
        over, deploys, builds = [], 0, 0
        with Visitors(self._url("production"), PASSWORD) as visitors:
            while visitors.asked < requests:
                deploys += 1
                before = self._builds()
                over.append(self._to_staging(deploys))
                builds += self._builds() - before - 1  # its preview's own
                self._to_production(deploys)
        least, most = min(over), max(over)
        print(
            f"| production: requests during {deploys} deploys, of which failed | {visitors.asked}, ", end=""
        )
        print(f"{len(visitors.failed)} | 0 of ≥ 500 |")
        print(
            f"| merged into staging → its page, over the platform's switch | {statistics.median(over):.2f} s ",
            end="",
        )
        print(f"({least:.2f} to {most:.2f}), {builds} builds | ≤ 2 s, none |")

    def _to_staging(self, number: int) -> float:
        """Seconds from the merge of a preview's tree to its page on staging, less the platform's own switch."""
        words = f"staging {number}"
        self.octocat.write(f"stage-{number}", words, {"headline.txt": words + "\n"}, base="staging")
        pull = self.octocat.open(f"stage-{number}", words, into="staging")
        until("its preview", lambda: self.onlooker.comment(pull, "Preview: live at"))
        began, at = time.monotonic(), time.time()
        self.octocat.merge(pull)
        until(words, lambda: page(self._url("staging"), password=PASSWORD).headline == words)
        took = time.monotonic() - began
        return took - self._switching(at)

    def _to_production(self, number: int) -> None:
        words = f"production {number}"
        self.octocat.write(f"work-{number}", words, {"headline.txt": words + "\n"})
        pull = self.octocat.open(f"work-{number}", words)
        self.hubot.approve(pull)
        self.octocat.merge(pull)
        until(words, lambda: page(self._url("production"), password=PASSWORD).headline == words)

    def _switching(self, since: float) -> float:
        """How long the platform's rolling deployments took that began since then."""
        rolls = [one for one in self.world.cloudfoundry.world.all(Deployment) if one.created_at >= since]
        return sum(one.updated_at - one.created_at for one in rolls)

    def _builds(self) -> int:
        asked = self.world.cloudfoundry.observed.asked("POST", "^/v3/builds$")
        return sum(1 for call in asked if call.status < 300)

    def _url(self, environment: str) -> str:
        told = self.world.described()
        return f"http://shop-{environment}.{told['app_domain']}:{told['app_port']}"

    def _person(self, login: str) -> Person:
        folder = self.home / "people" / login
        return Person(self.world.github.url, self.repository, login, self.world.tokens[login], folder)


if __name__ == "__main__":
    main()
