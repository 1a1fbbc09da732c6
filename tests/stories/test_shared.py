"""Shared environments: what is merged goes to staging and production, if nothing holds it back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog

from reviewapps.demo.onlooker import Visitors
from reviewapps.model import Environment
from tests.stories.samples import WORKING_APP, Files, headline
from tests.stories.shared import deployed_by_hand, file, merged, proposed, terminal, until_says
from tests.stories.test_data import tasks
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_a_merge_goes_to_staging_with_the_build_of_its_preview(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "staging")
    town.branch("staging", town.octocat.head())
    town.employ_by_file(text)
    until_says(town, "staging", "Welcome to the shop")
    town.until_live(number := proposed(town, "blue", into="staging"))
    builds = town.builds
    town.octocat.merge(number)
    url = until_says(town, "staging", "blue")
    town.until_comment(number, "Preview: removed", "On **staging** since", url)
    assert town.builds == builds
    typed = terminal(town, text)
    assert f"staging   {town.head_of('staging')[:7]}   live" in typed.types("list")
    assert "same build as pr-1" in typed.types("history", "staging")


def test_what_nobody_approved_waits_and_what_was_pushed_waits_for_an_operator(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "production")
    town.employ_by_file(text)
    typed = terminal(town, text)
    merged(town, "one", told=False)
    until_says(town, "production", "one")
    assert "approved: #1 by hubot" in typed.types("history", "production")

    asking = "environments: {production: {release: 'true'}}"
    unapproved = merged(town, "two", approved=False, files={**headline("two"), ".reviewapps.yml": asking})
    approved = merged(town, "three")  # and that is no word for the one before it
    for number in (unapproved, approved):
        town.until_comment(
            number, "Preview: removed", "**production** waits for: 1 approval", f"#{unapproved}"
        )
    town.until_idle()
    head = town.head_of("main")[:7]
    assert town.page("shop-production").headline == "one"
    assert town.onlooker.deployment_states("production")[:3] == ["queued", "queued", "success"]
    (row,) = typed.reads("list")["repositories"][0]["rows"]
    assert (row["state"], row["reason"]) == ("held", f"{head} waits: 1 approval (#{unapproved})")
    assert f"{head} waits: 1 approval (#{unapproved})" in typed.types("why", "production")
    past = f"{head} passes locks and freezes for a day, and waits for: 1 approval (#{unapproved})"
    assert past in typed.types("deploy", "production", "main", "--override")
    assert tasks(town, "release") == []  # nor is a command run that nobody approved

    town.hubot.approve(unapproved)
    until_says(town, "production", "three")
    assert tasks(town, "release") == ["SUCCEEDED"]
    for number in (unapproved, approved):
        town.until_comment(number, "Preview: removed", "On **production** since")
    history = typed.types("history", "production")
    assert f"{head}  live" in history and f"approved: #{unapproved}, #{approved} by hubot" in history

    pushed(town, "unseen")
    town.until("its queue", lambda: town.onlooker.deployment_states("production")[0] == "queued")
    later = merged(town, "four")
    town.until_comment(later, "**production** waits for", "1 commit pushed to main without a pull request")
    town.until_idle()
    assert town.page("shop-production").headline == "three"
    said = typed.types("rollback", "production", town.head_of("main"))
    assert f"goes to {town.head_of('main')[:7]}" in said and "Databases are not rolled back" in said
    until_says(town, "production", "four")
    assert "; chosen by " in typed.types("history", "production")
    town.until_comment(later, "On **production** since")

    town.branch("next", pushed(town, "five", {".reviewapps.yml": ELSEWHERE, **headline("five")}))
    told = "waits: the rules at what runs there follow branch main, the new ones branch next"
    town.until("a line", lambda: told in typed.types("why", "production"))
    town.until_idle()
    assert town.page("shop-production").headline == "four"
    typed.types("rollback", "production", town.head_of("next"))
    until_says(town, "production", "five")


ELSEWHERE = "environments: {production: {follows: {branch: next}}}"


def pushed(town: Town, words: str, files: Files | None = None) -> str:
    """A commit that octocat pushes straight onto main."""
    commit = town.octocat.write(f"local-{words}", words, files or headline(words))
    town.octocat.api("PATCH", f"/repos/{town.repository}/git/refs/heads/main", {"sha": commit})
    return commit


def test_what_somebody_says_by_hand_holds_until_it_is_taken_back(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "staging")
    town.branch("staging", town.octocat.head())
    town.employ_by_file(text)
    typed = terminal(town, text, GH_TOKEN=town.world.tokens["hubot"])
    until_says(town, "staging", "Welcome to the shop")

    locked = typed.reads("lock", "staging", "2h", "a demo")
    assert (locked["name"], locked["who"], locked["why"]) == ("acme/shop:staging", "hubot", "a demo")
    two = merged(town, "two", into="staging")
    town.until_comment(two, "**staging** waits: locked by hubot until", "a demo")
    assert "waits: locked by hubot until" in typed.types("list")
    typed.types("deploy", "staging", town.head_of("staging"), "--override")
    until_says(town, "staging", "two")
    three = merged(town, "three", into="staging")
    town.until_comment(three, "**staging** waits: locked")
    assert typed.reads("unlock", "staging")["row"]["environment"] == "staging"
    until_says(town, "staging", "three")

    back = typed.reads("rollback", "staging")
    assert (back["action"], back["done"], back["who"]) == ("rollback", True, "hubot")
    until_says(town, "staging", "two")
    assert town.head_of("staging") != back["commit"]
    assert [one["commit"] for one in typed.reads("history", "staging")["deploys"] if one["runs"]] == [
        back["commit"]
    ]
    history = typed.types("history", "staging")
    assert (history.count("runs now"), history.count(f"{back['commit'][:7]}  live")) == (1, 2)
    town.look_afresh()
    assert town.page("shop-staging").headline == "two"
    town.until_comment(three, "**staging** waits for: the next merge")
    merged(town, "four", into="staging", told=False)
    until_says(town, "staging", "four")
    typed.types("rollback", "staging")
    until_says(town, "staging", "two")  # and not what was left before
    assert "Kept at" in typed.types("why", "staging")
    typed.types("unlock", "staging")
    until_says(town, "staging", "four")
    assert "chosen by hubot" in typed.types("history", "staging")
    installation = town.orchestrators[0].installation
    (reconciler,) = installation.reconcilers.values()
    with installation.governing(Environment(reconciler.repository.id, "staging"), "hubot"):
        assert structlog.contextvars.get_contextvars()["who"] == "hubot"  # as each audit line has it

    assert "follows a branch" in typed.is_refused("deploy", "staging", "main")
    assert "knows no commit" in typed.is_refused("rollback", "staging", "0" * 40)
    elsewhere = town.octocat.write("elsewhere", "never merged", headline("never merged"))
    assert "is no part of what it follows" in typed.is_refused("rollback", "staging", elsewhere)
    town.branch(town.head_of("staging")[:8], elsewhere)
    assert "is what a branch" in typed.is_refused("rollback", "staging", town.head_of("staging")[:8])
    assert "is what a branch" in typed.is_refused("approve", "staging", town.head_of("staging")[:8])
    assert "is never thrown away" in typed.is_refused("reset", "staging", "--yes")
    assert "is a preview" in typed.is_refused("lock", "#1", "2h", "a demo")
    assert "is not a duration" in typed.is_refused("lock", "staging", "two hours", "a demo")
    assert "what is the lock for?" in typed.is_refused("lock", "staging", "2h", " ")
    assert "it was not locked" in typed.types("unlock", "staging")
    signed = typed.types("approve", "staging", town.head_of("staging"))
    assert "nothing there asks for a sign-off" in signed


def test_a_person_who_is_named_signs_a_commit_off(quiet_town: Town, tmp_path: Path) -> None:
    town = quiet_town
    (tmp_path / "gh").write_text(
        '#!/bin/sh\n[ "$*" = "auth token --hostname 127.0.0.1" ] || exit 1\n'
        f"echo {town.world.tokens['hubot']}\n"
    )
    (tmp_path / "gh").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    text = file(town, "staging") + 'requires = { staging = { sign_off = ["hubot"] } }\n'
    town.branch("staging", town.octocat.head())
    town.employ_by_file(text)
    typed = terminal(town, text, PATH=path, GH_TOKEN="", GITHUB_TOKEN="")
    town.until("a line", lambda: "waits: the word of hubot" in typed.types("list"))
    typed.types("lock", "staging", "1h", "not yet")
    signed = typed.types("approve", "staging", town.head_of("staging")[:8])
    assert signed.endswith(f"hubot signed {town.head_of('staging')[:7]} off\n")
    town.until_idle()
    assert "waits: locked by hubot" in typed.types("list")
    typed.types("unlock", "staging")
    until_says(town, "staging", "Welcome to the shop")
    assert "signed off by hubot" in typed.types("history", "staging")


FAILS_ON_STAGING: Files = {
    "shop.py": WORKING_APP["app.py"],
    "app.py": "import os\nif os.environ['REVIEWAPPS_ENVIRONMENT'] == 'staging':\n    raise SystemExit(3)\n"
    "exec(open('shop.py').read())\n",
    **headline("broken"),
}


def test_a_deploy_that_crashes_leaves_what_serves_and_is_told(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "staging")
    town.branch("staging", town.octocat.head())
    town.employ_by_file(text)
    typed = terminal(town, text)
    with Visitors(until_says(town, "staging", "Welcome to the shop")) as visitors:
        number = merged(town, "broken", into="staging", files=FAILS_ON_STAGING)
        print(
            town.until_comment(number, "Preview: removed", "**staging** did not take it: crashed", seconds=30)
        )
        town.until_idle()
        print(typed.types("list"), typed.types("history", "staging"))
    assert (visitors.failed, visitors.headlines) == ([], {"Welcome to the shop"})
    assert visitors.asked > 20

    assert "failure" in typed.types("history", "staging")
    assert "still live" in typed.types("list")


def test_what_somebody_else_deployed_is_told_and_left_alone(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "staging")
    town.branch("staging", town.octocat.head())
    town.employ_by_file(text)
    typed = terminal(town, text)
    until_says(town, "staging", "Welcome to the shop")
    town.until_live(proposed(town, "theirs"))

    deployed_by_hand(town, "theirs")
    town.until("a line", lambda: "somebody else deployed" in typed.types("list"))
    assert "no   its app has what we deployed to it last" in typed.types("why", "staging")
    assert "what somebody else deployed; we deployed " in typed.types("show", "staging")
    ours = merged(town, "ours", into="staging")
    town.until_comment(ours, "**staging** waits: somebody else deployed to its app")
    town.until_idle()
    assert "still live" not in typed.types("list")
    assert town.page("shop-staging").headline == "theirs"
    typed.types("redeploy", "staging")
    until_says(town, "staging", "ours")

    deployed_by_hand(town, "theirs")
    town.until("a line", lambda: "somebody else deployed" in typed.types("list"))
    would = typed.reads("adopt", "staging", "shop-staging")
    assert (would["done"], would["app"]) == (False, "shop-staging")
    assert would["changes"][0] == "shop-staging becomes acme/shop:staging."
    assert "the next merge deploys to it" in typed.types("adopt", "staging", "shop-staging", "--yes")
    town.look_afresh()
    assert town.page("shop-staging").headline == "theirs"
    merged(town, "next", into="staging", told=False)
    until_says(town, "staging", "next")


QA = """
environments:
  qa:
    follows: {tags: ["qa-*"]}
    app: shop-testing
"""


def test_tags_of_other_names_move_an_environment_of_another_name(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "qa")
    first = town.on_main({".reviewapps.yml": QA, **headline("one")})
    town.employ_by_file(text)
    typed = terminal(town, text)
    town.hubot.tag("qa-1", first)
    town.until("one", lambda: town.page("shop-testing").headline == "one")
    numbers = (2, 3, 10, 11)
    shas = [town.on_main(headline(f"work {number}")) for number in numbers]
    for number, sha in zip(numbers, shas, strict=True):
        town.hubot.tag(f"qa-{number}", sha)
    town.until("the newest", lambda: town.page("shop-testing").headline == "work 11")
    town.until_idle()
    town.hubot.untag("qa-11")
    town.look_afresh()
    assert town.page("shop-testing").headline == "work 11"
    town.hubot.tag("qa-10", shas[0])
    town.until("what moved", lambda: town.page("shop-testing").headline == "work 2")
    town.until_idle()

    assert "goes there" in typed.types("deploy", "qa", shas[1], "--wait")
    assert f"qa   {shas[1][:7]}" in typed.types("list") and town.page("shop-testing").headline == "work 3"
    typed.types("lock", "qa", "1h", "a demo")
    assert "locked by" in typed.is_refused("deploy", "qa", "main")
    town.hubot.tag("qa-12", shas[2])
    town.until("a line", lambda: "waits: locked by" in typed.types("list"))
    typed.types("deploy", "qa", "main", "--override", "--wait")
    assert town.page("shop-testing").headline == "work 11"
    assert "Live: " + shas[3][:7] + ", main" in typed.types("history", "qa")
    assert "; overridden by " in typed.types("history", "qa")


def test_rules_that_are_wrong_are_told_to_who_asks_for_a_preview(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(file(town, "review", "qa"))
    town.on_main({".reviewapps.yml": "environments: {qa: {follows: {tags: ['*']}}}"})
    number = town.open("blue")
    town.until_comment(number, "the rules cannot be read", "the pattern `*`, which every tag matches")
    town.on_main({".reviewapps.yml": NOWHERE})
    town.until_comment(number, "names the time zone `Mars/Base`, which there is not")


NOWHERE = "environments: {staging: {freeze: [{from: Fri 16:00, to: Mon 08:00, zone: Mars/Base}]}}"
