"""Rules on the default branch that cannot be read, and rules that a pull request brings itself."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import headline
from tests.stories.shared import file
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


MISTAKEN = """\
environments:
  staging:
    follows: {branch: next}
    requires: {from: [acme/ghosts, nobody-at-all]}
  qa:
    follows: {branch: main}
"""
WRONG = {
    "dev:\n    follows: {tags: ['*']}": "`environments.dev.follows` has the pattern `*`, which every tag matches",
    "staging: {app: shop}\n  dev: {app: shop}": "`environments` lets `staging` and `dev` be the same app, `shop`",
    "staging:\n    freeze: [{from: Fri 16:00, to: Mon 08:00, zone: Mars/Base}]": (
        "`environments.staging.freeze` names the time zone `Mars/Base`, which there is not"
    ),
    "dev:\n    requires: {approvals: 1}": "`environments.dev.requires` asks for approvals, which GitHub gives to",
}
"""What is wrong in line 3 of the rules, and what is said of it."""
MENDED = "environments:\n  review:\n    memory: 64M\n"


def said_of_rules(town: Town, number: int) -> list[tuple[str, str]]:
    """The statuses of a pull request's head that are about its rules, newest first."""
    found = town.octocat.api("GET", f"/repos/{town.repository}/commits/{town.head(number)}/statuses")
    return [
        (one["state"], one["description"]) for one in found if one["context"].partition("/")[2] == "rules"
    ]


def test_a_change_of_the_rules_is_read_and_told_before_it_is_merged(quiet_town: Town) -> None:
    town = quiet_town
    behind = town.open("behind")
    town.on_main({RULES: "environments:\n  review:\n    memory: 32M\n"})
    town.employ_by_file(file(town, "review", "staging"))
    number = town.open("blue", {RULES: MISTAKEN, **headline("blue")})
    for words in (
        "would not work once it is merged",
        "line 3: `environments.staging` follows the branch `next`, which is not there yet",
        "line 4: the team `acme/ghosts` is not there, or cannot be seen from here",
        "line 4: there is nobody called `nobody-at-all` on GitHub",
        "line 5: `environments.qa` has no space that was granted",
    ):
        town.until_comment(number, words)
    assert page(town.until_live(number)).headline == "blue"  # by the rules of the default branch
    town.until_idle()
    ((state, words),) = said_of_rules(town, number)
    assert state == "failure" and words.startswith(".reviewapps.yml, line 3: ") and "(and 3 more)" in words
    assert "would not work" in town.onlooker.comments(number)[0]
    assert said_of_rules(town, behind) == []  # only its branch has other rules by now

    for rules, words in WRONG.items():
        town.push("blue", {RULES: f"environments:\n  {rules}\n"})
        town.until_comment(number, f"line 3: {words}")
    town.push("blue", {RULES: MENDED})
    town.until_live(number)
    town.until_idle()
    assert "would not work" not in town.onlooker.comments(number)[0]
    assert said_of_rules(town, number) == [("success", ".reviewapps.yml can be used once it is merged")]
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")


def test_who_gets_no_preview_is_told_of_their_rules_too_and_not_who_there_is(quiet_town: Town) -> None:
    town = quiet_town
    fork = town.stranger.fork()
    fork.write("gift", "A gift", {RULES: MISTAKEN})
    strangers = fork.open("gift", "A gift", base=town.repository)
    silent = town.open("silent", {RULES: "environments: {staging: {freeze: [{from: Fri 16:00}]}}"})
    town.label(silent, "no-preview")
    town.employ_by_file(file(town, "review", "staging"))
    town.until_comment(
        strangers, "comes from a fork", "line 3: `environments.staging` follows the branch `next`"
    )
    town.until_idle()
    (comment,) = town.onlooker.comments(strangers)
    assert "acme/ghosts" not in comment and "nobody-at-all" not in comment
    ((state, words),) = said_of_rules(town, silent)
    assert state == "failure" and "takes windows such as" in words
    assert town.onlooker.comments(silent) == []
    assert not town.calls("POST", "git-upload-pack")

    town.branch("next", town.octocat.head())
    town.look_afresh()
    (comment,) = town.onlooker.comments(strangers)
    assert "`next`" not in comment and "`environments.qa` has no space" in comment
