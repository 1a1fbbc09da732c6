"""``make test`` brings a browser where it can, and breaks nothing where it cannot."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SKIPS = "tested as HTML alone, until you say, as root: apt-get install chromium"
APT = '#!/bin/sh\necho "$@" >> "$0.asked"\n'
BROKEN = f"{APT}echo 'E: Temporary failure resolving deb.debian.org' >&2; exit 100\n"


def brought(folder: Path, user: int, **programs: str) -> tuple[str, str]:
    """What is said on a machine that has these programs, and what apt-get was asked there."""
    _install(folder, {"id": f"#!/bin/sh\necho {user}\n", **programs})
    for name in ("tail", "timeout"):
        (folder / name).symlink_to(shutil.which(name) or name)
    command = ["/bin/sh", str(ROOT / "tests/web/chromium.sh")]
    went = subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=True)
    assert went.stderr == ""
    asked = folder / "apt-get.asked"
    return went.stdout, asked.read_text() if asked.exists() else ""


def _install(folder: Path, programs: Mapping[str, str]) -> None:
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_one_that_is_there_is_enough(tmp_path: Path, name: str) -> None:
    assert brought(tmp_path, 0, **{name: "#!/bin/sh\n", "apt-get": APT}) == ("", "")


def test_root_gets_one_by_apt(tmp_path: Path) -> None:
    said, asked = brought(tmp_path, 0, **{"apt-get": APT})
    assert (said.count("\n"), said.endswith("(apt-get install chromium) … done\n")) == (1, True)
    assert asked.splitlines() == ["update", "install --yes --no-install-recommends chromium fonts-liberation"]


def test_where_apt_cannot_bring_it_the_tests_go_on_without(tmp_path: Path) -> None:
    said, _ = brought(tmp_path, 0, **{"apt-get": BROKEN})
    assert "not done: E: Temporary failure resolving deb.debian.org" in said
    assert SKIPS in said


@pytest.mark.parametrize(("user", "programs"), [(1000, {"apt-get": APT}), (0, {}), (1000, {})])
def test_who_may_install_nothing_is_told_how_to(tmp_path: Path, user: int, programs: dict[str, str]) -> None:
    said, asked = brought(tmp_path, user, **programs)
    assert (said.count("\n"), SKIPS in said, asked) == (1, True, "")


def test_make_test_asks_for_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.partition("\ntest: ")[2].partition("\n\n")[0]
    assert "tests/web/chromium.sh" in recipe
