"""``reviewapps sandbox``: a world to click around in, of which nothing runs any more when it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from reviewapps.demo.onlooker import linked, until
from reviewapps.demo.people import Person
from reviewapps.errors import ReviewAppsError
from reviewapps.playground import Playground
from reviewapps.sandbox.addresses import Ports
from tests.coordination.waiting import until_dead
from tests.stories.workers.command import ended, family, residents, running

pytestmark = pytest.mark.story

PROMISED = {
    *("github_url", "github_user", "github_token", "cf_api", "cf_user", "cf_password", "cf_org", "cf_space"),
    *("app_domain", "app_port", "redis_url", "gate_user", "gate_password"),
}


def test_a_sandbox_describes_itself_to_its_owner_alone_when_everything_works(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running("sandbox", "--home", str(home)) as sandbox:
        told = described(home, sandbox)
        assert (home / "sandbox.json").stat().st_mode & 0o777 == 0o600
        assert told.keys() >= PROMISED
        person = octocat(told, tmp_path / "clone")
        person.clone()
        person.write("blue", "Blue header", {"headline.txt": "blue header\n"})
        number = person.open("blue", "Blue header")
        until("the preview", lambda: "Preview: live" in comments(person, number), 40)
        host = {"Host": linked(comments(person, number)).removeprefix("http://")}
        where, key = f"http://127.0.0.1:{told['app_port']}/", (told["gate_user"], told["gate_password"])
        assert requests.get(where, headers=host, timeout=30).status_code == 401
        assert "blue header" in requests.get(where, headers=host, auth=key, timeout=30).text
        everybody = family(sandbox)
        assert len(everybody) > 4, "the workers, a Redis and an app were to be seen"
        stop(sandbox)
    until_dead(everybody, seconds=10)
    assert residents(home) == []
    assert not (home / "sandbox.json").exists()


def test_a_world_without_orchestrator_makes_no_preview_and_two_worlds_live_side_by_side_but_not_in_one_home(
    tmp_path: Path,
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with (
        running("sandbox", "--world-only", "--home", str(one)) as first,
        running("sandbox", "--world-only", "--home", str(other)) as second,
    ):
        told, also = described(one, first), described(other, second)
        assert all(told[name] != also[name] for name in ("github_url", "cf_api", "app_port", "redis_url"))
        assert not any("workers" in " ".join(p.cmdline()) for p in family(first))
        third = ended("sandbox", "--home", str(one), "--world-only")
        assert third.returncode == 1
        assert "another sandbox runs there" in third.stderr
        assert (one / "sandbox.json").exists()
        stop(first)
        octocat(also, tmp_path / "clone").clone()
        stop(second)
    assert residents(tmp_path) == []


def test_a_port_in_use_is_told_in_a_sentence_and_nothing_half_made_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        went = ended("sandbox", "--home", str(home), "--app-port", str(port))
        for which in ("github", "cloudfoundry"):
            with (
                pytest.raises((ReviewAppsError, OSError), match=str(port)),
                Playground(home, ports=Ports(**{which: port})),
            ):
                pass
    assert went.returncode != 0
    assert went.stderr.startswith("reviewapps: ")
    assert str(port) in went.stderr
    assert went.stderr.count("\n") == 1
    assert residents(home) == []
    assert not (home / "sandbox.json").exists()


def described(home: Path, sandbox: subprocess.Popen[str]) -> dict[str, Any]:
    """What is in ``sandbox.json`` as soon as there is one."""
    until("sandbox.json", lambda: (home / "sandbox.json").exists() or sandbox.poll() is not None, 40)
    told: dict[str, Any] = json.loads((home / "sandbox.json").read_text())
    return told


def octocat(told: dict[str, Any], folder: Path) -> Person:
    return Person(told["github_url"], "acme/shop", told["github_user"], told["github_token"], folder)


def comments(person: Person, number: int) -> str:
    found = person.api("GET", f"/repos/acme/shop/issues/{number}/comments")
    return "\n".join(comment["body"] for comment in found)


def stop(sandbox: subprocess.Popen[str]) -> None:
    """Ctrl-C, to which it answers with a good end."""
    sandbox.send_signal(signal.SIGINT)
    assert sandbox.wait(timeout=20) == 0
