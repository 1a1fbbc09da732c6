"""Room for so many, and for so long."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT
from tests.stories.branches import push_aged
from tests.stories.samples import BROKEN_BUILD, headline, manifest
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story

LONG_AGO = "2020-09-13T12:26:40Z"


def test_the_third_of_two_waits_for_room_and_starts_when_one_closes(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(LIMIT="2")
    first, second = town.open("blue"), town.open("green")
    town.until_live(first), town.until_live(second, town.head(second))
    third = town.open("red")
    town.until_comment(third, "waiting for room, 1st of 1", "#1", "#2")
    town.until_idle()
    assert town.apps == ["shop-pr-1", "shop-pr-2"]
    assert len(town.deployments()) == 2
    town.octocat.close(first)
    assert page(town.until_live(third)).headline == "red"
    assert town.heading(second).startswith("Preview: live at")
    assert len(town.onlooker.comments(third)) == 1


def test_who_does_not_fit_into_the_quota_waits_and_starts_when_one_closes(quiet_town: Town) -> None:
    town = quiet_town
    town.on_main(manifest(memory="256M"))
    town.operator.limit_memory(1152)  # two of 256, half of it all for a build and a switch, and a rest
    orchestrator = town.employ()
    first, second = town.open("blue"), town.open("green")
    town.until_live(first), town.until_live(second, town.head(second))
    third = town.open("red")
    said = town.until_comment(third, "waiting for room, 1st of 1", "needs 256 MB; 64 of 1,152 MB are free")
    assert "close [#1]" in said and "[#2]" in said
    town.until_idle()
    assert town.apps == ["shop-pr-1", "shop-pr-2"]
    (seen,) = orchestrator.installation.overviews()
    assert [row.reason for row in seen.rows if row.state == "waiting"] == ["1st of 1: needs 256 MB, 64 free"]
    assert page(town.url("shop-pr-1")).headline == "blue"
    town.push("green", headline("greener"))
    town.until_live(second, town.head(second))
    town.octocat.close(first)
    assert page(town.until_live(third)).headline == "red"
    assert len(town.onlooker.comments(third)) == 1
    greenest = town.push("green", {**manifest(memory="512M"), **headline("greenest")})
    town.until_comment(second, "waiting for room, 1st of 1", "needs 512 MB", "Still live", "close [#3]")
    town.until_idle()
    assert page(town.url("shop-pr-2")).headline == "greener"
    town.octocat.close(third)
    assert page(town.until_live(second, greenest)).headline == "greenest"
    assert town.operator.refusals() == []


def test_at_a_calm_first_start_the_newest_get_the_room(quiet_town: Town) -> None:
    town = quiet_town
    numbers = [town.open(colour) for colour in ("blue", "green", "red")]
    for age, number in enumerate(numbers):
        town.rewrite(number, created_at=f"2099-01-01T00:00:0{age}Z")
    town.employ(LIMIT="2")
    town.until_live(numbers[1])
    town.until_live(numbers[2])
    town.until_comment(numbers[0], "waiting for room")
    town.until_idle()
    assert town.apps == ["shop-pr-2", "shop-pr-3"]


def test_what_failed_and_is_stopped_holds_no_place(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(LIMIT="1")
    broken = town.open("broken", BROKEN_BUILD)
    town.until_comment(broken, "Preview: build failed")
    assert page(town.until_live(town.open("blue"))).headline == "blue"
    assert town.heading(broken) == "Preview: build failed"


def test_one_that_nobody_touched_for_long_gets_neither_app_nor_comment(quiet_town: Town) -> None:
    town = quiet_town
    number = town.open("blue")
    town.rewrite(number, created_at=LONG_AGO, updated_at=LONG_AGO)
    town.employ()
    town.look_afresh()
    assert town.onlooker.comments(number) == []
    assert writes(town.calls()) == []


def test_a_comment_alone_does_not_make_an_old_push_new(quiet_town: Town) -> None:
    town = quiet_town
    push_aged(town, ["old"])
    number = town.octocat.open("old", "An old idea")
    town.rewrite(number, created_at=LONG_AGO)
    town.employ()
    town.look_afresh()
    assert town.onlooker.comments(number) == []
    assert town.apps == []


def test_a_live_preview_that_grows_too_old_is_removed_and_a_push_brings_it_back(quiet_town: Town) -> None:
    town = quiet_town
    push_aged(town, ["old"])
    number = town.octocat.open("old", "An old idea")
    town.employ()
    url = town.until_live(number)
    town.rewrite(number, created_at=LONG_AGO)
    town.until_comment(number, "Preview: removed", "No push")
    assert (town.apps, town.hosts) == ([], [])
    assert page(url).unrouted
    town.until_idle()
    town.push("old", headline("fresh"))
    assert page(town.until_live(number)).headline == "fresh"
    assert len(town.onlooker.comments(number)) == 1


def test_who_writes_too_fast_for_github_waits_as_long_as_told_and_writes_nothing_twice(
    quiet_town: Town,
) -> None:
    town = quiet_town
    town.octocat.api("PATCH", "/_sandbox/limits", {"content_per_minute": 2, "retry_after": 1})
    number, refusals = town.open("blue", headline("blue")), list[Call]()
    town.employ()

    def told_at_last() -> str | None:
        for call in ours(town)[-1:]:
            if call.status == 403 and call not in refusals:
                refusals.append(call)
                town.octocat.api("POST", "/_sandbox/clock", {"forward": 61})
        return town.onlooker.comment(number, "Preview: live at")

    town.until("the comment, though some minutes later", told_at_last)
    town.until_idle()

    assert len(refusals) > 1
    for refused in refusals:
        assert not [call for call in ours(town) if refused.at < call.at < refused.at + 1]
    assert len(town.onlooker.comments(number)) == len(town.deployments()) == 1


def ours(town: Town) -> list[Call]:
    """What our own account asked of GitHub's API."""
    return [call for call in town.github.asked("", "^/rep") if call.who == BOT]
