"""What the docs name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from reviewapps.cli import app
from reviewapps.rules import rules
from reviewapps.settings import FILE, INJECTED, PREFIX, VARIABLES

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
DOCS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]


def test_the_readme_lists_every_setting_and_no_other() -> None:
    table = {
        name
        for row in README.splitlines()
        if row.startswith("| `REVIEWAPPS_")
        for name in _names(row.split("|")[1])
    }

    assert table == {FILE, *(PREFIX + name.upper() for name in VARIABLES)}


@pytest.mark.parametrize("name", sorted(INJECTED))
def test_the_readme_names_what_previews_are_given(name: str) -> None:
    assert f"_{name}`" in README


def test_every_make_target_that_the_docs_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for path in DOCS for target in re.findall(r"`?make ([a-z-]+)", path.read_text())}

    assert named <= targets | {"sure"}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_in_the_docs_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_rules_that_the_readme_shows_are_accepted() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert [rules(text).review.limit for text in shown] == [3]


def test_the_architecture_names_every_room() -> None:
    rooms = {path.stem for path in (ROOT / "reviewapps").iterdir() if not path.name.startswith("_")}

    assert {room for room in rooms if f"`{room}" not in ARCHITECTURE} == set()


COMMANDS = sorted(
    command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_what_it_does_and_the_readme_names_it(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"])

    assert told.exit_code == 0
    assert re.search(rf"(reviewapps |make |`){command}\b", README)


@pytest.mark.parametrize("name", ["manifest.yml", "docker-compose.yml"])
def test_the_deployment_files_run_a_command_that_exists(name: str) -> None:
    text = (ROOT / name).read_text()

    assert yaml.safe_load(text)
    assert "python -m reviewapps run" in text


def _names(cell: str) -> list[str]:
    return re.findall(r"REVIEWAPPS_[A-Z_]+", cell)
