"""Several orchestrators, and several repositories of one name, in one space."""

from __future__ import annotations

import re

import pytest

from reviewapps.demo.onlooker import Onlooker, headings, linked, page
from reviewapps.demo.people import Person
from reviewapps.sandbox.world import BOT
from tests.stories.samples import SAMPLE, headline
from tests.stories.town import Town

pytestmark = pytest.mark.story

OTHER = "umbrella/Shop"


def test_two_instances_on_one_repository_leave_each_other_alone(town: Town) -> None:
    first = town.until_live(number := town.open("blue"))
    town.until_idle()
    town.employ(INSTANCE="second", HOME=str(town.home / "second"))
    comments = town.until("a comment of each", lambda: both_live(town, number))
    assert len({linked(comment) for comment in comments}) == 2
    assert all(page(linked(comment)).headline == "blue" for comment in comments)
    plain, own = town.apps
    assert plain == "shop-pr-1"
    assert re.fullmatch(r"shop-pr-1-[0-9a-f]{6}", own)
    town.look_afresh()
    assert linked(town.onlooker.comments(number)[0]) == first
    town.octocat.close(number)
    town.until("the end of both", lambda: town.apps == town.hosts == [])
    town.until_idle()
    assert {headings(c) for c in town.onlooker.comments(number)} == {"Preview: removed"}


def test_an_instance_that_left_is_not_cleared_away_by_another(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.until_idle()
    town.orchestrators.clear()
    town.employ(INSTANCE="second", HOME=str(town.home / "second"))
    town.octocat.close(number)
    town.look_afresh(2)
    assert page(url).headline == "blue"
    assert town.apps == town.hosts == ["shop-pr-1"]


def test_repositories_of_one_name_get_names_of_their_own(quiet_town: Town) -> None:
    town = quiet_town
    worker = umbrella_worker(town)
    worker.write("green", "Green", headline("green"))
    ours, theirs = town.open("blue"), worker.open("green", "Green")
    assert ours == theirs == 1
    town.employ(REPOSITORIES=f"{town.repository},{OTHER}")
    onlooker = Onlooker(town.octocat, OTHER, BOT)
    said = town.until("the other's comment", lambda: onlooker.comment(theirs, "Preview: live at"))
    url = town.until_live(ours)
    assert (page(url).headline, page(linked(said)).headline) == ("blue", "green")
    worker.close(theirs)
    town.until("its removal", lambda: onlooker.comment(theirs, "Preview: removed"))
    assert page(url).headline == "blue"
    assert len(town.apps) == len(town.hosts) == 1


def both_live(town: Town, number: int) -> list[str] | None:
    """The comments, once there are two and both tell of a live preview."""
    comments = town.onlooker.comments(number)
    live = [comment for comment in comments if headings(comment).startswith("Preview: live at")]
    return live if len(live) == 2 else None


def umbrella_worker(town: Town) -> Person:
    """octocat at work in the other repository, which has a first commit."""
    owner, _, name = OTHER.partition("/")
    town.world.github.add_repository(owner, name, writers=("octocat", BOT))
    folder, token = town.home / "people" / "octocat-at-umbrella", town.world.tokens["octocat"]
    worker = Person(town.world.github.url, OTHER, "octocat", token, folder)
    worker.begin(SAMPLE)
    return worker
