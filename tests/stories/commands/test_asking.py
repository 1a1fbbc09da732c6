"""What somebody asks for by hand is remembered where the environments are, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.commands.terminal import Terminal
from tests.stories.samples import BROKEN_BUILD, headline
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story


def test_what_somebody_destroys_stays_away_until_a_push_or_a_deploy(town: Town) -> None:
    terminal = Terminal(town)
    url = town.until_live(number := town.open("blue"))
    town.until_idle()

    said = terminal.types("destroy", f"#{number}", "--yes")

    assert f"acme/shop#{number}: {town.head(number)[:7]} is removed" in said
    assert page(url).unrouted
    (record,) = town.apps
    assert record.endswith("-gone") and town.hosts == []
    assert "Removed by hand" in town.onlooker.comments(number)[0]
    assert [town.status(d)["state"] for d in town.deployments()] == ["inactive"]
    assert writes(town.look_once()) == []
    assert f"no preview: #{number} removed by hand" in terminal.types("list")
    assert "nobody took it away by hand" in terminal.types("why", f"#{number}")
    assert "`reviewapps deploy acme/shop#1` brings it back" in terminal.is_refused("redeploy", f"#{number}")

    assert f"live {url}" in terminal.types("deploy", f"#{number}", "--wait")
    assert page(url).headline == "blue" and town.apps == ["shop-pr-1"]

    would = terminal.reads("destroy", f"#{number}")
    assert (would["done"], would["row"]["state"], town.apps) == (False, "live", ["shop-pr-1"])
    did = terminal.reads("destroy", f"#{number}", "--yes")
    assert (did["action"], did["name"], did["done"]) == ("destroy", f"acme/shop#{number}", True)
    assert did["commit"] == town.head(number)
    commit = town.push("blue", headline("green"))
    assert page(town.until_live(number, commit)).headline == "green"
    assert town.apps == ["shop-pr-1"]
    town.octocat.close(number)
    town.until("an empty space", lambda: town.apps == town.hosts == [])


def test_a_record_goes_with_its_pull_request(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    Terminal(town).types("destroy", f"#{number}", "--yes")
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed", "Closed")
    assert town.apps == []


def test_what_was_refused_is_tried_anew_and_what_gets_none_is_told_why(town: Town) -> None:
    terminal = Terminal(town)
    number = town.open("broken", BROKEN_BUILD)
    town.until_comment(number, "Preview: build failed")
    town.until_idle()
    bot = town.hire_bot("renovate[bot]")
    bot.clone()
    bots = town.open("by-a-bot", by=bot)

    said = terminal.types("deploy", f"#{number}", "--wait", status=1)

    again = terminal.reads("redeploy", f"#{number}")
    assert (again["environment"], again["commit"]) == (f"pr-{number}", town.head(number))
    assert (again["row"]["state"], again["needs"]) == ("building", None)
    assert "tried anew" in said and "failed: " in said and town.builds == 2
    assert (
        terminal.is_refused("deploy", f"#{bots}") == f"reviewapps: acme/shop#{bots}: it gets no preview (bot)"
    )
    assert "shared is never deleted" in terminal.is_refused("destroy", ":dev", "--yes")
    assert "--yes says so" in terminal.is_refused("destroy", f"#{number}")
    assert "names no environment" in terminal.is_refused("destroy", "12", "--yes")
    assert "GitHub has no pull request #99" in terminal.is_refused("show", "#99")
    for word in ("show", "why", "deploy"):
        said = terminal.is_refused(word, "acme/shop:devel")
        assert "`acme/shop:devel` is no shared environment that is granted; granted: dev. Did you" in said
    assert "without --wait nothing is waited for" in terminal.is_refused("look", "--within", "5m")
    granted = "is no shared environment that is granted; granted: "
    assert f"`production` {granted}" in terminal.is_refused("rollback", "production")
    assert f"`review` {granted}" in terminal.is_refused("adopt", "review", "shop", "--yes")
    assert "Did you mean dev? A preview is written" in terminal.is_refused("unlock", "dve")


def test_what_expired_comes_back_when_somebody_asks(town: Town) -> None:
    number = town.open("blue")
    long_ago = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    town.rewrite(number, created_at=long_ago, updated_at=long_ago)
    terminal = Terminal(town)
    town.until_idle()
    assert town.apps == []

    said = terminal.types("deploy", f"#{number}", "--wait")

    assert "live http://shop-pr-1." in said
    town.look_afresh()
    assert town.apps == ["shop-pr-1"]
