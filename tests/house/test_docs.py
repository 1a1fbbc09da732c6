"""What the docs name exists, and what exists is named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from reviewapps.cli import app
from reviewapps.grants.file import grants
from reviewapps.rules import rules
from reviewapps.rules.file import ReviewSection, RulesFile, SharedSection
from reviewapps.settings import FILE, INJECTED, PREFIX, VARIABLES
from reviewapps.web.metrics import COUNTERS, HISTOGRAMS

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def blocks(language: str, having: str) -> list[str]:
    """Every block of this language in the docs in which the pattern is found."""
    fenced = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    found = [block for path in DOCS for block in fenced.findall(path.read_text())]
    return [block for block in found if re.search(having, block, re.MULTILINE)]


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


@pytest.mark.parametrize("text", blocks("yaml", r"^(environments|all|manifest|apps):"))
def test_rules_that_the_docs_show_are_accepted(text: str) -> None:
    assert rules(text) != rules(None)


@pytest.mark.parametrize("text", blocks("toml", r"^\[\[repository\]\]"))
def test_grants_that_the_docs_show_are_accepted(text: str) -> None:
    assert grants(text, lambda name, where: "xoxb-somebody:a-word-that-nobody-guesses").grants.repositories


def test_every_key_of_the_rules_has_its_row_and_no_other() -> None:
    page = (ROOT / "docs" / "reviewapps.yml.md").read_text()
    rows = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }

    keys = ReviewSection.model_fields.keys() | SharedSection.model_fields.keys()
    assert rows == RulesFile.model_fields.keys() | keys


def test_every_metric_has_its_row_and_no_other() -> None:
    page = (ROOT / "docs" / "operators.md").read_text()
    code = "".join((ROOT / "reviewapps" / "web" / f"{name}.py").read_text() for name in ("metrics", "tally"))
    gauges = re.findall(r'_gauge\(\s*"(\w+)"', code) + re.findall(
        r'GaugeMetricFamily\(\s*"reviewapps_(\w+)"', code
    )
    counters = [*COUNTERS, *re.findall(r' Counter\(\s*"reviewapps_(\w+)"', code)]
    histograms = [
        *(f"{name}_seconds" for name in HISTOGRAMS),
        *re.findall(r' Histogram\(\s*"reviewapps_(\w+)"', code),
    ]

    rows = re.findall(r"^\| `reviewapps_(\w+)", page, re.MULTILINE)
    assert sorted(rows) == sorted({*gauges, *histograms, *(f"{name}_total" for name in counters)})


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_tests_and_files_that_the_docs_name_exist(path: Path) -> None:
    text = path.read_text()
    tests = "".join(test.read_text() for test in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", text))
    files = re.findall(r"`((?:reviewapps|tests|workers|bench)/[\w/.-]*)`", text)

    assert {name for name in named if f"def {name}(" not in tests} == set()
    assert [name for name in files if not (ROOT / name).exists()] == []


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


# --- what the docs tell people to type ---


def typed(text: str) -> Iterator[list[str]]:
    """Every command of ours in a block of shell: its words after `reviewapps`."""
    for line in text.replace("\\\n", " ").splitlines():
        if "reviewapps" not in line:
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        words, command = [*lexer, ";"], list[str]()
        for word in words:
            if set(word) <= set("();<>|&"):
                yield from _ours(command)
                command = []
            else:
                command.append(word)


def _ours(command: list[str]) -> Iterator[list[str]]:
    """The words after `reviewapps`, if that is what the command runs."""
    said = [word for word in command if not re.match(r"[A-Z_]+=", word)]
    for before in (["docker", "compose", "exec", "worker"], ["python", "-m"]):
        said = said[len(before) :] if said[: len(before)] == before else said
    if said and said[0] in ("reviewapps", ".venv/bin/reviewapps"):
        yield said[1:]


TYPED = [words for block in blocks("sh", "reviewapps") for words in typed(block)]
INLINE = sorted(
    {
        " ".join(span.split())
        for path in DOCS
        for span in re.findall(r"`reviewapps( [^`]+)`", path.read_text())
    }
)


def test_commands_are_found_wherever_they_stand_in_a_line() -> None:
    text = (
        "A=b reviewapps list --json | jq .  # reviewapps x\ncf push reviewapps && python -m reviewapps look"
    )

    assert list(typed(text)) == [["list", "--json"], ["look"]]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_what_the_docs_tell_people_to_type_is_understood(words: list[str]) -> None:
    name, *arguments = words

    _command(name).make_context(name, arguments)


@pytest.mark.parametrize("span", INLINE)
def test_a_command_that_the_docs_name_has_these_options(span: str) -> None:
    name, *arguments = shlex.split(span)
    command = _command(name)

    _, left, _ = command.make_parser(typer.Context(command)).parse_args(arguments)
    assert left == []


def _command(name: str) -> TyperCommand:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    assert isinstance(command, TyperCommand)
    return command


def _names(cell: str) -> list[str]:
    return re.findall(r"REVIEWAPPS_[A-Z_]+", cell)
