"""Somebody who reads comments, opens pages and waits for things to happen."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from reviewapps.demo.people import Person
from reviewapps.errors import ReviewAppsError

T = TypeVar("T")

BEAT = 0.03
"""Between two looks, seconds."""


class TooLate(ReviewAppsError):
    """What was waited for did not happen."""


def until(what: str, seen: Callable[[], T | None], seconds: float = 60.0) -> T:
    """The first thing that is seen; TooLate, naming what was missed, if that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        found = seen()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {seconds:g} s")
        time.sleep(BEAT)


@dataclass(frozen=True)
class Page:
    """What an address answered. ``unrouted`` is the router's own answer: nobody lives there."""

    status: int
    text: str
    unrouted: bool

    @property
    def headline(self) -> str:
        """Its first heading."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return found[1].strip() if found else ""


def page(url: str, timeout: float = 10.0, *, password: str = "") -> Page:
    """The page behind a URL of the sandbox, as somebody sees it who knows the ``password`` or none. (Python's
    resolver does not know *.localhost; browsers do.)"""
    parts = urlsplit(url)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"http://127.0.0.1:{parts.port}{parts.path or '/'}",
            headers={"Host": parts.netloc, "Connection": "close"},
            auth=("preview", password) if password else None,
            timeout=timeout,
            allow_redirects=False,
        )
    return Page(answer.status_code, answer.text, "X-Cf-RouterError" in answer.headers)


class Onlooker:
    """Reads pull requests of one repository as ``person`` sees them."""

    def __init__(self, person: Person, repository: str, bot: str) -> None:
        self._person, self._repository, self._bot = person, repository, bot

    def comments(self, number: int) -> list[str]:
        """The bot's comments on a pull request."""
        found = self._person.api("GET", f"/repos/{self._repository}/issues/{number}/comments?per_page=100")
        return [c["body"] for c in found if c["user"]["login"] == self._bot]

    def comment(self, number: int, *words: str) -> str | None:
        """The bot's comment, if all these words stand in it."""
        return next((c for c in self.comments(number) if all(word in c for word in words)), None)

    def deployment_states(self, environment: str) -> list[str]:
        """The newest state of each deployment to an environment, as GitHub shows them, newest first."""
        path = f"/repos/{self._repository}/deployments?per_page=100&environment={environment}"
        return [self._state(deployment) for deployment in self._person.api("GET", path)]

    def deployment(self, environment: str, commit: str) -> tuple[str, str] | None:
        """The newest state of the newest deployment of this commit, and what is said of it; None where there is
        none."""
        path = f"/repos/{self._repository}/deployments"
        for found in self._person.api("GET", f"{path}?per_page=1&environment={environment}&sha={commit}"):
            for status in self._person.api("GET", f"{path}/{found['id']}/statuses?per_page=1"):
                return str(status["state"]), str(status["description"])
        return None

    def _state(self, deployment: Any) -> str:
        path = f"/repos/{self._repository}/deployments/{deployment['id']}/statuses?per_page=1"
        return next((str(status["state"]) for status in self._person.api("GET", path)), "")


def headings(comment: str) -> str:
    """The state that a comment tells, as people read it."""
    line = next((line for line in comment.splitlines() if line.startswith("###")), comment[:80])
    return line.lstrip("# ").strip()


def shown(comment: str) -> str:
    """What people see of a comment: all but the marker in its first line."""
    return comment.partition("\n")[2].strip()


def linked(comment: str) -> str:
    """The first URL of a preview in a comment's heading."""
    found = re.search(r"https?://[^\s)|]+", headings(comment))
    if found is None:
        raise ReviewAppsError(f"there is no URL in: {headings(comment)}")
    return found[0]


@dataclass
class Visitors:
    """People who open a page every 50 ms; ``failed`` are the answers that were not the page."""

    url: str
    password: str = ""
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    headlines: set[str] = field(default_factory=set)

    def __enter__(self) -> Visitors:
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._leave.wait(0.05):
            self.asked += 1
            try:
                seen = page(self.url, password=self.password)
            except requests.RequestException as broken:
                self.failed.append(type(broken).__name__)
                continue
            if seen.status != 200:
                self.failed.append(str(seen.status))
            self.headlines.add(seen.headline)
