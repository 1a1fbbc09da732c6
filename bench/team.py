"""A sandbox with a team in it and one worker: people open, push, tag and merge, and see what comes of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bench.deliveries import SECRET
from bench.worker_memory import tree_pss
from reviewapps.demo.ledger import without_waiting
from reviewapps.demo.onlooker import Onlooker, headings, until
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.playground import Playground
from reviewapps.sandbox.cloudfoundry.state import App
from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT
from tests.stories.workers.visiting import answers, free_port

OWN_PACE: Mapping[str, str] = {
    "LOOK_EVERY": "1",
    "QUIET_EVERY": "60",
    "POLL_EVERY": "5",
    "PUMP_EVERY": "0.2",
    "PAUSE": "10",
    "REQUEST_TIMEOUT": "60",
    "LEASE": "90",
    "FORWARD": "95",
    "CF_REQUESTS_PER_SECOND": "6",
    "GITHUB_REQUESTS_PER_SECOND": "12",
}
"""The product's own intervals, with a look each second as if GitHub's webhooks called for it."""


class Team:
    """``settings`` are the worker's, without their prefix."""

    def __init__(self, **settings: str) -> None:
        self._settings, self._open = {"LIMIT": "200", **settings}, ExitStack()

    def __enter__(self) -> Self:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        began = time.monotonic()
        self.playground = self._open.enter_context(Playground(folder, settings=self._settings))
        self.up_after = time.monotonic() - began
        self.world = self.playground.world
        token = self.world.tokens["octocat"]
        self.octocat = Person(
            self.world.github.url, self.world.repository, "octocat", token, folder / "octocat"
        )
        self.octocat.begin(SAMPLE)
        self.onlooker = Onlooker(self.octocat, self.world.repository, BOT)
        self.worker = self.playground.start_worker()
        self.playground.await_worker()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def user(self) -> str:
        """Who the orchestrator is, as Cloud Foundry knows it."""
        return str(self.world.described()["cf_user"])

    def hook(self) -> None:
        """Let GitHub tell the product's own web process of all that happens, as an administrator sets it up."""
        port = free_port()
        env = self.playground.environment(WEBHOOK_SECRET=SECRET, BIND=f"127.0.0.1:{port}")
        web = subprocess.Popen([sys.executable, "-m", "reviewapps.web"], env=env, stderr=subprocess.DEVNULL)
        self._open.callback(web.wait)
        self._open.callback(web.terminate)
        until("the web process", lambda: answers(port, "/healthz"))
        shop = self.world.github.world.named(*self.world.repository.split("/"))
        assert shop is not None
        shop.roles["octocat"] = "admin"
        config = {"url": f"http://127.0.0.1:{port}/webhooks/github", "content_type": "json", "secret": SECRET}
        wanted = {"config": config, "events": ["push", "pull_request", "create", "delete"]}
        self.octocat.api("POST", f"/repos/{self.world.repository}/hooks", wanted)

    def memory(self) -> float:
        """MB of the worker and its children, PSS."""
        return tree_pss(self.worker.pid)

    def live(self, number: int, commit: str, seconds: float = 300.0) -> None:
        """Return when the comment says that this commit is live."""

        def said() -> str | None:
            comment = self.onlooker.comment(number, f"`{commit[:7]}`")
            return comment if comment and "live at" in headings(comment) else None

        until(f"#{number} live at {commit[:7]}", said, seconds)

    def dev_serves(self, commit: str, seconds: float = 300.0) -> None:
        """Return when the shared app is known to serve this commit."""

        def served() -> bool:
            apps = (app for app in self.world.cloudfoundry.world.all(App) if app.name.endswith("-dev"))
            return any(app.labels.get("reviewapps-commit") == commit for app in apps)

        until(f"dev at {commit[:7]}", served, seconds)

    def timed(self, done: Callable[[], object]) -> tuple[float, list[Call]]:
        """The seconds that it took, and what the orchestrator asked of Cloud Foundry meanwhile."""
        observed, began = self.world.cloudfoundry.observed, time.monotonic()
        before = observed.calls[-1].number if observed.calls else 0
        done()
        took = time.monotonic() - began
        calls = [c for c in observed.calls if c.number > before and c.path.startswith("/v3")]
        return took, [call for call in calls if call.who == self.user]


def counted(calls: list[Call]) -> tuple[int, int]:
    """How many there were, and how many without those that only asked whether something was over yet."""
    return len(calls), len(without_waiting(calls))
