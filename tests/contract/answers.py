"""Every answer that a server of the sandbox gives, and what is wrong with it.

tests/conftest.py listens from the beginning to the end of a run, so no test has to think of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TypedDict

from reviewapps.sandbox.replies import Reply, listeners
from tests.contract import cloudfoundry, github

CONTRACTS: dict[str, Callable[[Reply], list[str]]] = {
    "cloudfoundry": cloudfoundry.mistakes,
    "github": github.mistakes,
}


class Tally(TypedDict):
    """What one process tells another of the answers that it heard: how many each server gave, how many of them
    were checked, how many tests of which file asked for which operation, and what was wrong."""

    given: dict[str, int]
    checked: dict[str, int]
    asked: dict[str, dict[str, int]]
    wrong: list[str]


class Answers:
    """The answers given to the tests of this process. ``asker`` is the test that runs."""

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()
        self.checked: Counter[str] = Counter()
        self.asker = ""
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._asked_elsewhere: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._waiting: deque[Reply] = deque()
        self._passed: set[int] = set()
        self._wrong_elsewhere: list[str] = []

    def hear(self, reply: Reply) -> None:
        """Note an answer. It is checked when the test is over: the server has no time for that."""
        if reply.server not in CONTRACTS:
            return
        if reply.method == "HEAD":  # whose body is not sent
            reply = replace(reply, method="GET")
        self.given[reply.server] += 1
        self._asked[f"{reply.server} {reply.method} {reply.template}"].add(self.asker)
        self._waiting.append(reply)

    def mistakes(self) -> list[str]:
        """What is wrong with the answers since this was asked last."""
        found, self._wrong_elsewhere = dict.fromkeys(self._wrong_elsewhere), []
        while self._waiting:
            reply = self._waiting.popleft()
            self.checked[reply.server] += 1
            found |= dict.fromkeys(self._wrongs(reply))
        return list(found)

    def tally(self) -> Tally:
        """All of it, to be told to another process."""
        wrong = self.mistakes()
        here = {
            name: Counter(test.partition("::")[0] for test in tests) for name, tests in self._asked.items()
        }
        asked = {
            name: dict(here.get(name, Counter()) + self._asked_elsewhere.get(name, Counter()))
            for name in here.keys() | self._asked_elsewhere.keys()
        }
        return Tally(given=dict(self.given), checked=dict(self.checked), asked=asked, wrong=wrong)

    def add(self, tally: Tally) -> None:
        """What another process heard."""
        self.given.update(tally["given"])
        self.checked.update(tally["checked"])
        self._wrong_elsewhere += tally["wrong"]
        for operation, files in tally["asked"].items():
            self._asked_elsewhere[operation].update({file or self.asker: n for file, n in files.items()})

    def _wrongs(self, reply: Reply) -> list[str]:
        key = hash(reply)
        if key in self._passed:  # people who wait are told the same again and again
            return []
        try:
            wrongs = CONTRACTS[reply.server](reply)
        except ValueError as broken:
            wrongs = [f"is no JSON: {broken}"]
        if not wrongs:
            self._passed.add(key)
        return [f"{reply.server}: {reply.method} {reply.template} {reply.status}: {one}" for one in wrongs]


ANSWERS = Answers()
"""Those of this process, from when somebody listens."""


def listen() -> None:
    """Hear what the servers of this process answer from now on."""
    if ANSWERS.hear not in listeners:
        listeners.append(ANSWERS.hear)
