"""What people do in the middle of what we do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewapps.demo.onlooker import Visitors, page
from tests.stories.samples import (
    CRASHES_AT_START,
    SHOWS_ITS_ENVIRONMENT,
    SLOW_START,
    WORKING_APP,
    Gate,
    headline,
    manifest,
)
from tests.stories.town import Town

pytestmark = pytest.mark.story


def is_rolling(town: Town) -> bool:
    """Whether a rolling deployment was begun."""
    return any(call.status == 201 for call in town.cf.asked("POST", "^/v3/deployments$"))


def test_a_pull_request_closed_during_a_switch_leaves_nothing(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.push("blue", {**SLOW_START, **headline("green")})
    town.until("the switch", lambda: is_rolling(town))
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    town.look_afresh()
    assert page(url).unrouted
    assert (town.apps, town.hosts, town.world.labelled("pr-1")) == ([], [], [])


def test_a_push_during_a_switch_wins_and_no_visitor_notices(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    with Visitors(url) as visitors:
        town.push("blue", {**SLOW_START, **headline("green")})
        town.until("the switch", lambda: is_rolling(town))
        town.push("blue", {**WORKING_APP, **headline("red")})
        assert town.until_live(number) == url
        town.until_idle()
    assert page(url).headline == "red"
    assert visitors.failed == []


def test_a_fix_pushed_while_the_crash_is_still_watched_wins(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    with Visitors(url) as visitors:
        town.push("blue", CRASHES_AT_START)
        town.until("the switch", lambda: is_rolling(town))
        town.push("blue", {**WORKING_APP, **headline("green")})
        town.until_live(number)
        town.until_idle()
    assert visitors.failed == []
    assert page(url).headline == "green"


def test_closed_and_reopened_at_once_stays_or_comes_back(town: Town, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    number = town.open("blue", {**gate.files, **headline("blue")})
    town.until("the build", lambda: gate.is_reached)
    town.octocat.close(number)
    town.orchestrators[0].look()
    town.octocat.reopen(number)
    gate.open()
    assert page(town.until_live(number)).headline == "blue"
    town.look_afresh()
    assert town.heading(number).startswith("Preview: live at")
    assert town.apps == town.hosts == ["shop-pr-1"]


def test_merged_with_its_branch_deleted_goes_the_same_way(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.octocat.merge(number)
    town.octocat.api("DELETE", f"/repos/{town.repository}/git/refs/heads/blue")
    town.until_comment(number, "Preview: removed", "Merged")
    assert page(url).unrouted


def test_without_room_for_both_the_switch_is_a_pause_and_said_so(quiet_town: Town) -> None:
    town = quiet_town
    town.world.cloudfoundry.add_space("acme", "narrow", memory_mb=700)
    town.world.cloudfoundry.add_user("robot", "pa55phrase", roles={"acme/narrow": "space_developer"})
    town.employ(CF_SPACE="narrow", CF_USER="robot", CF_PASSWORD="pa55phrase")
    files = {**manifest(memory="400M"), "app.py": SHOWS_ITS_ENVIRONMENT}
    url = town.until_live(number := town.open("blue", files))
    town.on_main({".reviewapps.yml": "environments: {review: {env: {GREETING: hello}}}\n"})
    town.until_comment(number, "Preview: live at", "there was no room for both at once")
    assert json.loads(page(url).text)["GREETING"] == "hello"
    assert town.builds == 1


def test_a_renamed_repository_keeps_its_previews(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.until_idle()
    town.rename("store")
    town.look_afresh()
    assert page(url).headline == "blue"
    assert town.apps == ["shop-pr-1"]
    assert town.heading(number) == f"Preview: live at {url}"
    assert town.until_live(town.open("green")) == town.url("store-pr-2")
