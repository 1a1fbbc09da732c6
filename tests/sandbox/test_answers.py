"""The tests hear every answer, of whatever server, and fail where one is wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from reviewapps.sandbox.cloudfoundry import CloudFoundry
from reviewapps.sandbox.github import GitHub
from reviewapps.sandbox.replies import Reply
from tests.contract.answers import ANSWERS, Answers

GOOD = Reply("cloudfoundry", "GET", "/api/v1/info", 200, b'{"version": "4.0.4", "vm_uptime": "1"}')
WRONG = Reply("cloudfoundry", "GET", "/api/v1/info", 200, b'{"version": "4.0.4", "vm_uptime": 1}')
SAID = "cloudfoundry: GET /api/v1/info 200: $.vm_uptime: 1 is not of type 'string'"
RUN = """
from reviewapps.sandbox.replies import Reply, listeners
from tests.contract.answers import ANSWERS

def test_good():
    pass

def test_wrong():
    for listener in listeners:
        listener({reply!r})

def test_unchecked():
    ANSWERS.given["github"] += 1
"""


def test_servers_that_no_fixture_knows_are_heard_whatever_they_are_asked(tmp_path: Path) -> None:
    async def ask() -> None:
        cloudfoundry, github = CloudFoundry(tmp_path / "cf"), GitHub(tmp_path / "gh")
        async with aiohttp.ClientSession() as session:
            for server in (cloudfoundry, github):
                await server.start()
                url = cloudfoundry.api_url if server is cloudfoundry else github.url
                for path in ("/meta", "/v3/info", "/nowhere/at/all/like/this"):
                    async with session.get(url + path) as answer:
                        await answer.read()
                await server.stop()

    before = dict(ANSWERS.given)
    asyncio.run(ask())

    assert {name: ANSWERS.given[name] - before.get(name, 0) for name in ("cloudfoundry", "github")} == {
        "cloudfoundry": 3,
        "github": 3,
    }


def test_what_is_wrong_is_told_once_and_what_is_right_is_checked_once() -> None:
    answers = Answers()
    for reply in (GOOD, WRONG, GOOD, WRONG):
        answers.hear(reply)

    assert answers.mistakes() == [SAID]
    assert answers.mistakes() == []
    assert (answers.given, answers.checked) == ({"cloudfoundry": 4}, {"cloudfoundry": 4})
    answers.hear(WRONG)
    assert answers.mistakes() == [SAID], "the next test is told, too"


@pytest.mark.parametrize("server", ["cloudfoundry", "github"])
def test_what_is_no_json_is_wrong(server: str) -> None:
    answers = Answers()
    answers.hear(Reply(server, "GET", "/meta", 404, b"<html>"))

    assert "is no JSON" in str(answers.mistakes())


def test_what_other_processes_heard_counts_here(tmp_path: Path) -> None:
    here, there = Answers(), Answers()
    here.asker, there.asker = "tests/a.py::test_one", "tests/a.py::test_two"
    for answers, reply in ((here, GOOD), (there, WRONG)):
        answers.hear(reply)

    here.add(json.loads(json.dumps(there.tally())))

    assert here.tally() == {
        "given": {"cloudfoundry": 2},
        "checked": {"cloudfoundry": 2},
        "asked": {"cloudfoundry GET /api/v1/info": {"tests/a.py": 2}},
        "wrong": [SAID],
    }


def test_a_run_fails_where_an_answer_was_wrong_and_where_one_was_not_checked(tmp_path: Path) -> None:
    (tmp_path / "test_run.py").write_text(RUN.format(reply=WRONG))

    def run(which: str) -> subprocess.CompletedProcess[str]:
        words = ["-q", "-p", "tests.conftest", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "-k", which]
        command = [sys.executable, "-m", "pytest", *words, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    wrong, unchecked = run("good or wrong"), run("good or unchecked")

    assert wrong.returncode == 1
    assert f"{SAID}\n" in wrong.stdout
    assert "1 error in" in wrong.stdout
    assert "answers of cloudfoundry: 1 of 1 checked" in wrong.stdout
    assert unchecked.returncode == 1
    assert "answers of github: 0 of 1 checked" in unchecked.stdout
