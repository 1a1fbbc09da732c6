"""``reviewapps demo``: told with the user's own repository, broken off, and where it must fail."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from reviewapps.demo.onlooker import until
from tests.coordination.waiting import until_dead
from tests.stories.workers.command import ended, family, residents, running

pytestmark = pytest.mark.story

PAGE = "<!doctype html><title>Mine</title><h1>mine</h1>\n"
MANIFEST = "applications:\n- name: mine\n  memory: 32M\n  buildpacks: [staticfile_buildpack]\n"


def test_the_story_is_told_with_a_repository_of_ones_own_which_is_only_read(tmp_path: Path) -> None:
    mine = repository(tmp_path / "mine", {"index.html": PAGE, "Staticfile": "", "manifest.yml": MANIFEST})
    before = contents(mine)
    went = ended("demo", "--home", str(tmp_path / "home"), "--repository", str(mine))
    assert went.returncode == 0, went.stdout + went.stderr
    assert "All 9 steps as they should be" in went.stdout
    assert contents(mine) == before
    assert residents(tmp_path) == []


def test_a_repository_without_anything_to_stage_ends_the_story_with_the_reason(tmp_path: Path) -> None:
    empty = repository(tmp_path / "empty", {"README": "nothing here\n"})
    went = ended("demo", "--home", str(tmp_path / "home"), "--repository", str(empty))
    assert went.returncode == 1
    assert "Not as it should be: #1" in went.stdout
    assert f"Logs are in {tmp_path / 'home' / 'logs'}" in went.stdout
    assert residents(tmp_path) == []


def test_a_folder_that_is_no_repository_is_refused_before_anything_starts(tmp_path: Path) -> None:
    went = ended("demo", "--home", str(tmp_path / "home"), "--repository", str(tmp_path))
    assert went.returncode != 0
    assert went.stderr == f"reviewapps: {tmp_path} is no git repository\n"
    assert not (tmp_path / "home").exists()


def test_ctrl_c_in_the_middle_of_the_story_stops_all_of_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running("demo", "--home", str(home)) as demo:
        until("an app that runs", lambda: any("app.py" in line for line in residents(home)), 60)
        everybody = family(demo)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=20) == 130
    until_dead(everybody, seconds=10)
    assert residents(home) == []


def repository(folder: Path, files: dict[str, str]) -> Path:
    """A git repository with these files in one commit."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    me = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgSign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], [*me, "commit", "--quiet", "--message", "Mine"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, git's own included."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_demo_has_a_home_of_its_own_so_that_a_kept_sandbox_stays() -> None:
    demo, sandbox = (ended(command, "--help").stdout for command in ("demo", "sandbox"))
    assert "[default: .demo]" in demo
    assert "[default: .sandbox]" in sandbox
