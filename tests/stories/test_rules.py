"""Rules on the default branch that cannot be read, and rules that a pull request brings itself."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story

RULES = ".reviewapps.yml"
BROKEN = {RULES: "environments:\n  review:\n    memry: 64M\n"}


def test_broken_rules_let_stand_what_is_there(town: Town) -> None:
    url = town.until_live(number := town.open("blue"))
    town.until_idle()
    said = town.onlooker.comments(number)
    town.on_main(BROKEN)
    town.look_afresh(2)
    assert page(url).headline == "blue"
    assert town.onlooker.comments(number) == said


def test_broken_rules_are_told_to_new_pull_requests_by_line_and_mended_ones_start_them(town: Town) -> None:
    town.on_main(BROKEN)
    number = town.open("blue", {RULES: None, **headline("blue")})
    town.until_comment(number, "the rules cannot be read", "line 3", "memory")
    town.until_idle()
    assert (town.apps, town.builds) == ([], 0)
    town.on_main({RULES: "environments:\n  review:\n    memory: 64M\n"})
    assert page(town.until_live(number)).headline == "blue"
    assert len(town.onlooker.comments(number)) == 1


def test_a_key_that_is_not_built_yet_is_refused_with_these_words(town: Town) -> None:
    town.on_main({RULES: "environments: {review: {sleep_after: 8h}}\n"})
    number = town.open("blue")
    town.until_comment(number, "the rules cannot be read", "not built yet")


def test_a_pull_requests_own_rules_count_only_when_merged(town: Town) -> None:
    number = town.open("blue", {**BROKEN, **headline("blue")})
    assert page(town.until_live(number)).headline == "blue"
