"""``reviewapps sandbox`` ends, or is killed, and is started again: people and previews go on where they were."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from reviewapps.demo.onlooker import until
from reviewapps.demo.people import Person
from tests.stories.workers.command import ended, residents, running
from tests.stories.workers.conftest import Gate

pytestmark = pytest.mark.story


@dataclass
class House:
    """A home, whoever lives there at the moment, and octocat, whose clone stays what it is."""

    home: Path
    told: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def inhabited(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The sandbox, once it has told where it is; ended at the end. None of its apps outlives it."""
        (self.home / "sandbox.json").unlink(missing_ok=True)
        with running("sandbox", "--home", str(self.home), *words) as sandbox:
            until("sandbox.json", lambda: self._told(sandbox), 40)
            yield sandbox
            sandbox.terminate()
            sandbox.wait(timeout=20)
        until("the end of its apps", lambda: residents(self.home / "cloudfoundry") == [], 10)

    def _told(self, sandbox: subprocess.Popen[str]) -> bool:
        assert sandbox.poll() is None, sandbox.communicate()
        try:
            self.told = json.loads((self.home / "sandbox.json").read_text())
        except FileNotFoundError:
            return False
        return True

    def octocat(self) -> Person:
        told = self.told
        where = self.home.with_name("clone")
        return Person(told["github_url"], "acme/shop", told["github_user"], told["github_token"], where)

    def page(self, number: int) -> str:
        """What the preview of a pull request shows; nothing while it does not answer."""
        host = f"shop-pr-{number}.{self.told['app_domain']}:{self.told['app_port']}"
        url = f"http://127.0.0.1:{self.told['app_port']}/"
        key = (self.told["gate_user"], self.told["gate_password"])
        answer = requests.get(url, headers={"Host": host}, auth=key, timeout=30)
        return answer.text if answer.status_code == 200 else ""


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


def told(person: Person, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.api("GET", f"/repos/acme/shop/issues/{number}/comments")
    return found


def live(person: Person, number: int, commit: str) -> Callable[[], bool]:
    def told_so() -> bool:
        bodies = [comment["body"] for comment in told(person, number)]
        return any("Preview: live" in body and commit[:7] in body for body in bodies)

    return told_so


def files(words: str) -> dict[str, str | None]:
    return {"headline.txt": f"{words}\n"}


def test_a_preview_and_its_people_go_on_after_a_kill_in_its_build_and_after_a_restart(
    house: House, gate: Gate
) -> None:
    with house.inhabited() as sandbox:
        person = house.octocat()
        person.clone()
        hook: dict[str, str | None] = {"bin/pre_compile": gate.hook("staging")}
        first = person.write("blue", "Blue header", files("blue header") | hook)
        number = person.open("blue", "Blue header")
        gate.until_somebody_waits("staging")
        sandbox.kill()
    gate.open("staging")
    with house.inhabited():
        until("the preview", live(person, number, first), 40)
        assert "blue header" in house.page(number)
        before, comments = dict(house.told), told(person, number)
        assert len(comments) == 1
    with house.inhabited():
        assert {**house.told, "redis_url": ""} == {**before, "redis_url": ""}
        until("the same page at the same address", lambda: "blue header" in house.page(number), 20)
        second = person.write("blue", "Green header", files("green header"))  # by the old remote
        until("the update", live(person, number, second), 40)
        assert "green header" in house.page(number)
        assert [comment["id"] for comment in told(person, number)] == [comments[0]["id"]]
        person.merge(number)
        until("the end", lambda: "Preview: removed" in told(person, number)[0]["body"], 40)
        assert house.page(number) == ""


def test_an_address_that_somebody_took_meanwhile_is_told_and_another_one_is_found(house: House) -> None:
    with house.inhabited("--world-only") as sandbox:
        before = dict(house.told)
        sandbox.send_signal(signal.SIGTERM)
        assert sandbox.wait(timeout=20) == 0
    with socket.create_server(("127.0.0.1", before["app_port"])), house.inhabited("--world-only") as sandbox:
        assert house.told["app_port"] != before["app_port"]
        assert [house.told[name] for name in ("github_url", "cf_api")] == [
            before["github_url"],
            before["cf_api"],
        ]
        sandbox.send_signal(signal.SIGTERM)
        said = sandbox.communicate(timeout=20)[1]
    assert said.startswith(f"reviewapps: the apps: port {before['app_port']} could not be had again")
    assert said.count("\n") == 1


def test_a_home_of_another_version_is_refused_in_a_sentence_and_fresh_begins_anew(house: House) -> None:
    with house.inhabited("--world-only"):
        before = dict(house.told)
    snapshot = house.home / "cloudfoundry" / "world.snapshot"
    line, _, rows = snapshot.read_bytes().partition(b"\n")
    snapshot.write_bytes(json.dumps({**json.loads(line), "format": 0}).encode() + b"\n" + rows)
    went = ended("sandbox", "--home", str(house.home), "--world-only")
    assert went.returncode == 1
    assert went.stderr.startswith(f"reviewapps: {house.home / 'cloudfoundry'} was kept by another version")
    assert went.stderr.endswith("begin anew with --fresh, or choose another --home\n")
    assert went.stderr.count("\n") == 1
    assert residents(house.home) == []
    with house.inhabited("--world-only", "--fresh"):
        assert house.told["github_token"] != before["github_token"]
        house.octocat().clone()
