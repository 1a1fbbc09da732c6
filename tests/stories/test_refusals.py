"""Who gets no preview, and whether anybody is told."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.world import BOT
from tests.stories.samples import headline
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story


def test_of_a_fork_nothing_is_fetched_built_or_run(town: Town) -> None:
    fork = town.stranger.fork()
    fork.write("gift", "A gift", headline("a gift"))
    number = fork.open("gift", "A gift", base=town.repository)
    said = town.until_comment(number, "comes from a fork")
    assert "Nothing was fetched, built or run." in said
    town.until_idle()
    assert writes(town.cf.calls) == []
    assert [call for call in town.github.asked("", "git-upload-pack") if call.who == BOT] == []
    assert town.deployments() == []
    town.look_afresh()
    assert town.onlooker.comments(number) == [said]


def test_a_push_to_a_fork_changes_nothing(town: Town) -> None:
    fork = town.stranger.fork()
    fork.write("gift", "A gift", headline("a gift"))
    number = fork.open("gift", "A gift", base=town.repository)
    said = town.until_comment(number, "comes from a fork")
    fork.write("gift", "Another gift", headline("another gift"))
    town.look_afresh()
    assert town.onlooker.comments(number) == [said]
    assert writes(town.cf.calls) == []


def test_a_pull_request_outlives_its_deleted_fork(town: Town) -> None:
    fork = town.stranger.fork()
    fork.write("gift", "A gift", headline("a gift"))
    number = fork.open("gift", "A gift", base=town.repository)
    said = town.until_comment(number, "comes from a fork")
    town.stranger.api("DELETE", "/repos/stranger/shop")
    town.look_afresh()
    assert town.onlooker.comments(number) == [said]
    assert writes(town.cf.calls) == []


def test_a_fork_that_is_closed_again_is_told_so_in_the_same_comment(town: Town) -> None:
    fork = town.stranger.fork()
    fork.write("gift", "A gift", headline("a gift"))
    number = fork.open("gift", "A gift", base=town.repository)
    town.until_comment(number, "comes from a fork")
    town.octocat.close(number)
    town.look_afresh()
    assert len(town.onlooker.comments(number)) == 1
    assert writes(town.cf.calls) == []


def test_bots_get_neither_preview_nor_comment(quiet_town: Town) -> None:
    bot = quiet_town.hire_bot("renovate[bot]")
    quiet_town.push("bump", headline("newer"))
    number = bot.open("bump", "Bump everything")
    quiet_town.employ()
    quiet_town.look_afresh()
    assert quiet_town.onlooker.comments(number) == []
    assert (quiet_town.apps, quiet_town.hosts, quiet_town.deployments()) == ([], [], [])
    assert writes(quiet_town.calls()) == []


def test_the_label_no_preview_is_obeyed_in_silence(quiet_town: Town) -> None:
    number = quiet_town.open("blue")
    quiet_town.label(number, "no-preview")
    quiet_town.employ()
    quiet_town.look_afresh()
    assert quiet_town.onlooker.comments(number) == []
    assert writes(quiet_town.calls()) == []


def test_the_label_removes_a_live_preview_and_its_removal_brings_it_back(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.label(number, "no-preview")
    town.until_comment(number, "Preview: removed", "no longer asks")
    assert (town.apps, town.hosts) == ([], [])
    assert page(url).unrouted
    town.unlabel(number, "no-preview")
    assert town.until_live(number) == url
    assert len(town.onlooker.comments(number)) == 1
