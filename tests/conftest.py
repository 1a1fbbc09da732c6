"""Whatever a test asks of the sandbox, every answer is held against what the platforms document."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import engine

from tests.contract.answers import ANSWERS, listen

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Of the hundred and more processes that the tests start, and of the tests themselves, each would compile all of
it anew: a third of a second each time."""


settings.register_profile(
    "daily", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("daily"), max_examples=3000)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "daily")
settings.load_profile(PROFILE)
"""How long an example takes is a matter of what else the machine does. With ``HYPOTHESIS_PROFILE=long`` each
property that names no number of its own is tried fifty times as often."""

if PROFILE == "daily":
    engine.MAX_SHRINKING_SECONDS = 20
"""For so long a failing example is made smaller. Hypothesis has no setting for it, and takes five minutes for a
long history, which its warning still speaks of. With the long profile it may have them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tally", metavar="FILE", help="write there what was asked of the sandbox, by which tests"
    )


def pytest_configure() -> None:
    listen()


LONGEST = ("tests/stories/workers/", "tests/stories/", "tests/faults/")
"""Where the tests are that take long, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that in the end no worker is left alone with it."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONGEST])


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    ANSWERS.asker = item.nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail the test in which a wrong answer was given, be it by a server that outlives the test."""
    yield
    if found := ANSWERS.mistakes():
        pytest.fail("the sandbox answered as its platforms do not:\n" + "\n".join(found), pytrace=False)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What one of several processes has heard."""
    if "answers" in getattr(node, "workeroutput", {}):
        ANSWERS.add(node.workeroutput["answers"])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which answers were given and not checked is not a good one."""
    tally = ANSWERS.tally()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["answers"] = tally
    elif file := session.config.getoption("--tally"):
        Path(file).write_text(json.dumps(tally, indent=1, sort_keys=True))
    if tally["wrong"] or tally["given"] != tally["checked"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for server, given in sorted(ANSWERS.given.items()):
        terminalreporter.write_line(f"answers of {server}: {ANSWERS.checked[server]} of {given} checked")
