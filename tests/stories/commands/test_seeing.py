"""Commands that only read: they need neither a worker nor a Redis, and write nothing anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.world import BOT
from tests.stories.commands.terminal import Terminal
from tests.stories.samples import BROKEN_BUILD, headline
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story


def test_reading_commands_tell_all_of_it_without_a_redis(town: Town, tmp_path: Path) -> None:
    live, broken = town.open("blue"), town.open("broken", BROKEN_BUILD)
    theirs = town.stranger.fork()
    theirs.write("gift", "A gift", headline("a gift"))
    fork = theirs.open("gift", "A gift", base=town.repository)
    url = town.until_live(live)
    town.until_comment(broken, "Preview: build failed")
    town.until_idle()
    page(url)
    home = tmp_path / "empty"
    terminal, before = Terminal(town, {"REDIS_URL": "", "HOME": str(home)}), len(town.calls())

    listed = terminal.types("list")
    assert f"pr-{live}   {town.head(live)[:7]}   live" in listed and url in listed
    assert f"no preview: #{fork} fork" in listed and "review: 64 of " in listed
    rows = {row["environment"]: row for row in terminal.reads("list", "ACME/shop")["repositories"][0]["rows"]}
    assert rows[f"pr-{live}"]["address"] == url and rows[f"pr-{broken}"]["state"] == "failed"

    assert "build failed" in terminal.types("show", f"acme/shop#{broken}")
    assert terminal.reads("show", f"#{live}")["app"]["name"] == "shop-pr-1"
    assert "not fetched, built or run" in terminal.types("why", f"#{fork}")
    assert terminal.reads("why", f"#{live}")["right"] is True

    assert "the stylesheet ends in the middle" in terminal.types("logs", f"#{broken}", "--build")
    assert " STG " not in terminal.types("logs", f"#{live}", "--app")
    assert terminal.types("logs", f"#{live}", "-n", "1").count("\n") == 1
    assert terminal.reads("logs", f"#{live}", "--app", "-n", "1").keys() == {"at", "source", "text"}
    assert "there is no app that could have a log" in terminal.is_refused("logs", f"#{fork}")
    assert "exclude each other" in terminal.is_refused("logs", f"#{live}", "--build", "--app")

    assert writes(town.calls()[before:]) == []
    assert not (home / "redis").exists()
    assert "is no repository of ours" in terminal.is_refused("list", "acme/other")
    assert "names no environment" in terminal.is_refused("why", "acme/shop")


def test_a_rehearsal_says_what_would_be_done_and_does_nothing(town: Town) -> None:
    terminal = Terminal(town)
    gone, stays = town.open("blue"), town.open("green")
    town.until_live(gone)
    town.until_live(stays)
    town.until_idle()
    assert terminal.types("look", "--dry-run") == "2 environments right, 0 not; nothing was written\n"
    town.orchestrators.clear()
    town.octocat.close(gone)
    commit = town.push("green", headline("greener"))
    new = town.open("red")
    town.operator.stop(f"shop-pr-{stays}")
    before = len(town.calls())

    said = terminal.types("look", "--dry-run")

    assert f"acme/shop#{gone}: delete its address. Nothing should be there (closed)." in said
    assert f"acme/shop#{new}: make the app shop-pr-{new}." in said
    assert f"acme/shop#{stays}: stop it. {commit[:7]} should run" in said
    assert writes(town.calls()[before:]) == []
    assert {one["environment"] for one in terminal.reads("look", "--dry-run")} == {
        f"acme/shop#{number}" for number in (gone, stays, new)
    }
    assert "leave one of both away" in terminal.is_refused("look", "--dry-run", "--wait")


def test_a_look_tells_what_it_changed_and_what_it_repaired(town: Town) -> None:
    terminal = Terminal(town)
    town.until_live(kept := town.open("blue"))
    town.until_idle()
    town.orchestrators.clear()
    town.operator.stop(f"shop-pr-{kept}")
    new = town.open("green")
    commit = town.head(new)[:7]
    (row,) = [one for one in terminal.reads("list")["repositories"][0]["rows"] if one["state"] == "due"]
    assert row["reason"] == f"{commit} is to be built; nobody has begun"
    assert f"waiting   acme/shop#{new}: {commit} is to be built; nobody has begun" in terminal.types("look")

    said = terminal.types("look", "--wait")

    assert "looked at acme/shop: 2 environments right" in said
    assert f"changed   acme/shop#{new}: live {town.url(f'shop-pr-{new}')}" in said
    assert f"repaired  acme/shop#{kept}: its app had been stopped" in said
    again = json.loads(terminal.types("look", "--wait", "--json"))
    assert (again["tick"]["right"], again["tick"]["changed"], again["needs"]) == (2, [], {})


def test_a_secret_that_an_app_prints_is_not_shown(town: Town) -> None:
    leaks = {"bin/pre_compile": f"echo the token is {town.world.tokens[BOT]}\n"}
    town.until_live(number := town.open("leaky", leaks))

    said = Terminal(town).types("logs", f"#{number}", "--build")

    assert "the token is •••" in said and town.world.tokens[BOT] not in said
