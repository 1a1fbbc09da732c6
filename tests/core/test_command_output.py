"""What commands print, next to golden files. ``UPDATE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from reviewapps import steps
from reviewapps.cli import app
from reviewapps.cli.as_json import as_json
from reviewapps.cli.menu import ORDER, in_a_sentence
from reviewapps.cli.printed.details import explained, shown
from reviewapps.cli.printed.listing import Memory, listing, shortened
from reviewapps.cli.printed.past import past_as_json, past_deploys
from reviewapps.cli.printed.ticks import rehearsal, reported
from reviewapps.cli.working import greeting
from reviewapps.doctor.finding import Finding
from reviewapps.doctor.printed import told
from reviewapps.errors import BadManifest
from reviewapps.model import ADOPTED, Actual, App, Attempt, Environment, PastDeploy, Refusal, Route, Service
from reviewapps.overview import (
    Answer,
    Decision,
    Noted,
    Overview,
    Passed,
    Row,
    Tick,
    detail,
    in_words,
    nobody_looks,
    tick,
    watched,
)
from reviewapps.reconcile import Rehearsed
from reviewapps.report.untrusted import Mask
from reviewapps.settings import settings

HOSTILE = "`\x1b]0;owned\x07\x9b31m` \u202eevil"
GOLDEN = Path(__file__).parent.parent / "golden" / "commands"
NOW = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIVE, NEXT = "3f2c1ab" + "0" * 33, "9a8b7c6" + "0" * 33
MASK = Mask.over(["hunter2"])
ESCAPE = "\x1b[31m"


def environment(name: str) -> Environment:
    return Environment(123, name)


SHOP = Overview(
    repository="acme/shop",
    private=False,
    looked_at=NOW,
    rows=(
        Row(
            environment("pr-12"),
            "live",
            LIVE,
            LIVE,
            NOW - 2 * HOUR,
            NOW + 240 * HOUR,
            256,
            "https://shop-pr-12.app.cloud.gov",
        ),
        Row(
            environment("pr-15"),
            "failed",
            LIVE,
            NEXT,
            NOW - HOUR / 15,
            None,
            256,
            "https://shop-pr-15.app.cloud.gov",
            f"9a8b7c6: build failed: {ESCAPE}exit status 14\nand more",
        ),
        Row(environment("pr-16"), "waiting", reason="1st of 1: needs 512 MB, 256 free"),
        Row(environment("dev"), "kept", ADOPTED, ADOPTED, NOW - 26 * HOUR, memory_mb=1024),
    ),
    passed=(Passed(13, "bot"), Passed(14, "fork"), Passed(17, "removed by hand")),
)
WEB = Overview("acme/web", True, NOW, unsafe="7 pull requests are unknown to GitHub all at once")


def is_as_golden(name: str, lines: Iterable[Text | str]) -> bool:
    text = "".join(f"{line.plain if isinstance(line, Text) else line}\n" for line in lines)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    return path.read_bytes() == text.encode()


def test_a_list_reads_as_its_golden_file() -> None:
    memory = [Memory("review", 640, 2048), Memory("dev", 512, None), Memory("unseen", None, None)]
    assert is_as_golden("list", listing([SHOP, WEB], memory, NOW))


def test_where_nothing_is_there_a_list_has_no_header() -> None:
    (name, nothing, _, _) = (line.plain for line in listing([WEB], [], NOW))
    assert (name, nothing) == ("acme/web", "  nothing is there")


def test_a_list_says_where_no_worker_looks() -> None:
    due = replace(SHOP, rows=(Row(environment("pr-1"), "due", commit=LIVE),))
    young, old = NOW - timedelta(minutes=4), NOW - timedelta(minutes=12)

    def said(of: Overview, looked_at: datetime | None, quiet: float = 60.0) -> list[str]:
        return nobody_looks([watched(of.repository, looked_at, NOW, quiet)], [of], NOW)

    assert said(SHOP, young) == said(SHOP, old, quiet=300.0) == said(SHOP, None) == []
    assert said(SHOP, old) == ["acme/shop: no worker has looked for 12 min; does `reviewapps run` run?"]
    assert said(due, None)[0].startswith("acme/shop: no worker is known here. `reviewapps run`")


def test_no_line_of_a_list_can_colour_what_follows() -> None:
    assert not any("\x1b" in line.plain for line in listing([SHOP], [], NOW))


@pytest.mark.parametrize(
    ("runs", "short"),
    [(LIVE, "3f2c1ab"), ("dev-map", "dev-map"), (None, "-"), ("dev-" + "9" * 40, "dev-99999999999…")],
)
def test_a_commit_is_short_and_a_tag_is_itself(runs: str | None, short: str) -> None:
    assert shortened(runs) == short


def test_all_that_is_known_reads_as_its_golden_file() -> None:
    log = ("pip: no such package", "the password is hunter2")
    refusal = Refusal("build", "exit status 14, hunter2", NOW - HOUR, log)
    attempt = Attempt("1.1", NEXT, "c" * 40, NOW - 2 * HOUR, tries=1, refusal=refusal, copied_from="pr-9")
    app = App("guid", "shop-pr-15", environment("pr-15"), "app", True, "d", LIVE, "c" * 40, NOW, attempt)
    record = replace(app, guid="old", name="shop-pr-15-2dc23a-gone")
    routes = (
        Route("r1", "shop-pr-15", "shop-pr-15.app.cloud.gov", app.environment, frozenset({"guid"})),
        Route("r2", "other", "other.app.cloud.gov", app.environment, frozenset()),
    )
    actual = Actual(app.environment, (app, record), routes)
    one = detail("acme/shop#15", SHOP.rows[1], "9a8b7c6 should run.", actual, "https://github.com/pull/15")
    assert is_as_golden("show", shown(one, MASK, NOW))
    assert json.loads(as_json(one))["app"]["attempt"]["refusal"]["fault"] == "build"


def test_nothing_is_known_of_what_never_was() -> None:
    one = detail("acme/shop:dev", None, "Whatever is there stays as it is.", Actual(environment("dev")))
    assert is_as_golden("show-nothing", shown(one, MASK, NOW))


def test_a_decision_reads_as_its_golden_file() -> None:
    answers = (Answer("it is open", True), Answer("a person opened it", False))
    right = Rehearsed(environment("pr-13"), True, "nothing", "")
    refused = Rehearsed(environment("pr-13"), False, "nothing", "Build failed: exit status 14.")
    upload = Rehearsed(environment("pr-13"), False, "upload its source", "")
    decision = Decision(answers, "Nothing should be there (bot).")
    lines = [
        line
        for next_ in (right, refused, upload)
        for line in explained("acme/shop#13", decision, next_, MASK)
    ]
    assert is_as_golden("why", lines)


def test_a_tick_reads_as_its_golden_file() -> None:
    gone = environment("pr-3")
    repaired = {environment("dev"): "its app had been stopped"}
    seen = tick([SHOP, WEB], {"acme/shop": 123}, [gone, environment("pr-12")], repaired)
    assert is_as_golden("look", reported(seen, MASK))
    assert isinstance(json.loads(as_json(seen))["right"], int)


def test_what_would_be_done_reads_as_its_golden_file() -> None:
    differing = [Noted("acme/shop#7", "delete its address. Nothing should be there (merged).")]
    assert is_as_golden("dry-run", rehearsal(4, differing, MASK))


def test_a_quiet_tick_is_one_line() -> None:
    quiet = Tick(("acme/shop",), 1, (), (), (), (), ())
    assert reported(quiet, MASK) == ["looked at acme/shop: 1 environment right"]


@pytest.mark.parametrize("step", [*steps.Step.__args__, steps.ReadSource, steps.Wait, steps.Done])
def test_every_step_has_its_words(step: type) -> None:
    """A step without words would be no infinitive of ours, but what is said of another one."""
    made = _any(step)
    assert in_words(made) and "object at" not in in_words(made)


def _any(step: type) -> steps.Next:
    attempt = Attempt("1.1", LIVE, "c", NOW)
    texts = {"names": ("shop",), "hosts": ("shop",), "attempt": attempt, "kind": "builds", "on": "staging"}
    service = Service("shop-db", "database")
    refusal = Refusal("build", "exit status 14", NOW)
    known = {
        **texts,
        "commit": LIVE,
        "host": "h",
        "address": "h",
        "refusal": refusal,
        "guid": "g",
        "service": service,
    }
    fields = [name for name, field in step.__dataclass_fields__.items()]  # type: ignore[attr-defined]
    return step(**{name: known.get(name) for name in fields})  # type: ignore[no-any-return]


def test_every_golden_file_is_printed_by_a_command() -> None:
    written = {"list", "show", "show-nothing", "why", "look", "dry-run"}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == written


def test_what_ends_a_command_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> int:
        raise BadManifest(HOSTILE)

    with pytest.raises(typer.Exit):
        in_a_sentence(refused)()

    assert capsys.readouterr().err == "reviewapps: `31m` evil\n"


def test_a_finding_about_a_strangers_text_cannot_command_the_terminal() -> None:
    printed = StringIO()

    told([Finding("FAIL", "manifest", HOSTILE, HOSTILE)], Console(file=printed, force_terminal=False), 10)

    assert not [c for c in printed.getvalue() if c != "\n" and not c.isprintable()]


def helped(*words: str) -> str:
    """What a command's help says."""
    return str(CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"}).stdout)


def test_the_help_has_every_command_in_the_order_of_use_and_no_types_of_flags() -> None:
    said = helped()
    ordered = [name for names in ORDER.values() for name in names]
    assert sorted(ordered) == sorted(one.name for one in app.registered_commands if one.name)
    places = [said.index(f"│ {name} ") for name in ordered]
    assert places == sorted(places)
    assert all(said.index(panel) for panel in ORDER)
    assert "bool" not in said + helped("look") + helped("deploy")
    for name, words in {
        "lock": "TIME WHY",
        "approve": "COMMIT",
        "rollback": "COMMIT",
        "deploy": "REF",
    }.items():
        usage = (
            helped(name)
            .split("Arguments")[0]
            .replace("{", "")
            .replace("}", "")
            .replace("[", "")
            .replace("]", "")
        )
        assert f"ENVIRONMENT {words}" in usage


def test_who_starts_it_is_told_what_it_works_for_and_where_its_page_is() -> None:
    named = {"REPOSITORIES": "acme/shop,acme/web", "GITHUB_TOKEN": "t", "CF_ORG": "o", "CF_SPACE": "s"}
    told = {**named, "CF_USER": "u", "CF_PASSWORD": "p", "ACCESS": "public", "BIND": "127.0.0.1:8765"}
    here = settings({f"REVIEWAPPS_{name}": value for name, value in told.items()})
    first, page, end = greeting(here, served=True).splitlines()
    assert first == "reviewapps works for acme/shop and acme/web."
    assert page == "Its page: http://127.0.0.1:8765"
    assert end.startswith("Ctrl-C ends it")
    assert "page" not in greeting(here, served=False)


def test_history_marks_what_runs_now_wherever_it_stands() -> None:
    newer = PastDeploy(NEXT, "success", NOW - HOUR, NOW, "Live: 9a8b7c6")
    back = PastDeploy(LIVE, "success", NOW - 2 * HOUR, NOW, "Live: 3f2c1ab; chosen by ada", runs=True)
    lines = list(past_deploys([newer, back], MASK, NOW))
    assert ["runs now; Live: 3f2c1ab; chosen by ada" in line for line in lines] == [False, True]
    assert [one["runs"] for one in json.loads(past_as_json([newer, back], MASK))["deploys"]] == [False, True]
