"""What goes to production: merged in whichever way, and approved by whoever may say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reviewapps.demo.onlooker import Visitors, until
from reviewapps.sandbox.world import ADMIN
from tests.stories.samples import WORKING_APP, Files, headline
from tests.stories.shared import deployed_by_hand, file, merged, proposed, terminal, until_says
from tests.stories.town import Town

pytestmark = pytest.mark.story


def waits(town: Town, number: int, *words: str) -> None:
    """Return when the merged pull request is told that production waits for these words."""
    town.until_comment(number, "Preview: removed", "**production** waits for: ", *words)
    town.until_idle()


def reviewed(town: Town, number: int, path: str = "", **wanted: Any) -> Any:
    """What GitHub's API answers about the reviews of a pull request."""
    where = f"/repos/{town.repository}/pulls/{number}/reviews{path}"
    return town.hubot.api("PUT" if path else "GET", where, wanted or None)


def checked(town: Town, state: str) -> None:
    """What CI says of the newest commit of main."""
    path = f"/repos/{town.repository}/statuses/{town.head_of('main')}"
    town.hubot.api("POST", path, {"state": state, "context": "test"})


def forgotten(town: Town) -> None:
    """The platform keeps nothing of what the production app ran before."""
    app, ask = town.operator.app("shop-production"), town.operator.ask
    current = ask("GET", f"/v3/apps/{app.guid}/droplets/current")["guid"]
    for one in ask("GET", f"/v3/apps/{app.guid}/droplets")["resources"]:
        if one["guid"] != current:
            ask("DELETE", f"/v3/droplets/{one['guid']}")
    gone = lambda: len(ask("GET", f"/v3/apps/{app.guid}/droplets")["resources"]) == 1  # noqa: E731
    until("only the one that runs", gone)


def test_whichever_way_it_is_merged_the_build_of_its_preview_goes_there(quiet_town: Town) -> None:
    town = quiet_town
    town.branch("staging", town.octocat.head())
    text = file(town, "review", "staging", "production")
    town.employ_by_file(text)
    for environment, branch in (("staging", "staging"), ("production", "main")):
        for method in ("squash", "rebase"):
            words = f"{environment} {method}"
            town.until_live(number := proposed(town, words, into=branch))
            town.until_idle()
            town.hubot.approve(number)
            builds = town.builds
            town.octocat.merge(number, method)
            until_says(town, environment, words)
            town.until_comment(number, "Preview: removed", f"On **{environment}** since")
            assert town.builds == builds
    typed = terminal(town, text)
    history = typed.types("history", "production")
    assert history.count("same build as") == 2 and history.count("approved: #") == 2

    assert "which keeps five" in typed.types("rollback", "production")
    until_says(town, "production", "production squash")  # its preview is long gone
    assert town.builds == builds
    assert "same build as before; chosen by" in typed.types("history", "production")
    typed.types("unlock", "production")
    until_says(town, "production", "production rebase")
    forgotten(town)
    typed.types("rollback", "production")
    until_says(town, "production", "production squash")
    assert town.builds == builds + 1
    assert ", built again, because there was no build of it; chosen by" in typed.types(
        "history", "production"
    )


def test_only_what_others_saw_and_still_approve_goes_to_production(quiet_town: Town) -> None:
    town = quiet_town
    admin = town.person(ADMIN)
    admin.clone()
    text = file(town, "review", "production")
    town.employ_by_file(text)
    merged(town, "one", told=False)
    until_says(town, "production", "one")

    stale = proposed(town, "two")
    town.until_comment(stale, "Preview:")
    town.hubot.approve(stale)
    town.until_live(stale, town.push("two", headline("two, and what nobody saw")))
    builds = town.builds
    town.octocat.merge(stale)
    waits(town, stale, "its build is kept for **production**", "1 approval", f"#{stale}")
    assert "its build is kept for production" in terminal(town, text).types("list")
    town.hubot.approve(stale)  # later, and of what was merged
    until_says(town, "production", "two, and what nobody saw")
    town.until_comment(stale, "App and address are gone", "On **production** since")
    assert town.builds == builds

    dismissed = proposed(town, "three")
    town.until_comment(dismissed, "Preview:")
    town.hubot.approve(dismissed)
    (review,) = reviewed(town, dismissed)
    reviewed(town, dismissed, f"/{review['id']}/dismissals", message="not yet", event="DISMISS")
    town.octocat.merge(dismissed)
    waits(town, dismissed, "1 approval", f"#{dismissed}")
    assert town.page("shop-production").headline == "two, and what nobody saw"

    own = proposed(town, "four")
    town.until_comment(own, "Preview:")
    town.push("four", headline("four"), by=town.hubot)
    town.hubot.approve(own)  # who pushed to it does not approve it
    town.octocat.merge(own)
    waits(
        town, own, f"1 approval ([#{dismissed}]", f"1 approval (nobody approves what is their own) ([#{own}]"
    )
    at_once = merged(town, "five", approved=False, told=False)  # before anybody told it of a preview
    waits(town, at_once, f"[#{at_once}]")
    for number in (dismissed, own, at_once):
        admin.approve(number)
    until_says(town, "production", "five")


ASKING = "environments: {production: {requires: {checks: [test]}}}\n"


def test_what_is_asked_for_is_asked_by_the_rules_that_run_there(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "production")
    town.employ_by_file(text)
    merged(town, "one", told=False, files={".reviewapps.yml": ASKING, **headline("one")})
    town.until("its queue", lambda: "queued" in town.onlooker.deployment_states("production"))
    checked(town, "success")  # nothing runs there, so that the default branch's own rules are asked
    until_says(town, "production", "one")

    lowered = merged(town, "two", files={".reviewapps.yml": None, **headline("two")})
    waits(town, lowered, "check test did not run on")
    checked(town, "failure")
    waits(town, lowered, "check test is red on")
    assert town.page("shop-production").headline == "one"
    checked(town, "success")
    until_says(town, "production", "two")
    assert "green: test" in terminal(town, text).types("history", "production")
    merged(town, "three")
    until_says(town, "production", "three")  # and now nobody asks for it any more

    broken = merged(town, "four", files={".reviewapps.yml": "environments: 7", **headline("four")})
    town.until_comment(broken, "Preview:")
    town.until_idle()
    typed = terminal(town, text)
    assert "the rules on main cannot be read: line 1: `environments` takes" in typed.types("list")
    assert typed.reads("lock", "production", "1h", "main is broken")["done"]
    assert "goes to" in typed.types("rollback", "production")
    until_says(town, "production", "two")
    typed.types("unlock", "production")
    town.look_afresh()
    assert town.page("shop-production").headline == "two"
    merged(town, "five", files={".reviewapps.yml": None, **headline("five")}, told=False)
    until_says(town, "production", "five")


def test_a_first_deploy_that_nobody_approved_is_released_by_hand(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "production")
    town.employ_by_file(text)
    typed = terminal(town, text)
    town.until("a line", lambda: "production" in typed.types("list"))
    assert "pushed to main without a pull request" in typed.types("why", "production") and town.apps == []
    typed.types("lock", "production", "1h", "not yet")
    assert "goes to" in typed.types("rollback", "production", town.head_of("main"))
    until_says(town, "production", "Welcome to the shop")
    assert "chosen by" in typed.types("history", "production")


def test_what_waited_when_a_hot_fix_was_adopted_still_waits(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "production")
    town.employ_by_file(text)
    typed = terminal(town, text)
    merged(town, "one", told=False)
    until_says(town, "production", "one")
    unapproved = merged(town, "two", approved=False)
    waits(town, unapproved, "1 approval")
    town.until_live(theirs := proposed(town, "theirs"))
    deployed_by_hand(town, "theirs", to="production", number=theirs)
    assert "is held by drift" in typed.is_refused("deploy", "production", "main", "--override")
    typed.types("adopt", "production", "shop-production", "--yes")
    assert "runs what was adopted" in typed.is_refused("redeploy", "production")
    typed.types("unlock", "production")
    waits(town, merged(town, "three"), "1 approval", f"#{unapproved}")
    assert town.page("shop-production").headline == "theirs"
    town.hubot.approve(unapproved)
    until_says(town, "production", "three")


FAILS_IN_PRODUCTION: Files = {
    "shop.py": WORKING_APP["app.py"],
    "app.py": "import os\nif os.environ['REVIEWAPPS_ENVIRONMENT'] == 'production':\n    raise SystemExit(3)\n"
    "exec(open('shop.py').read())\n",
    **headline("broken"),
}


def test_what_a_freeze_holds_goes_by_itself_when_that_is_over(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(file(town, "review", "production"))
    merged(town, "one", told=False)
    until_says(town, "production", "one")

    over = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=25)
    rules = f"environments: {{production: {{freeze: [{{from: 2020-01-01, to: '{over.isoformat()}'}}]}}}}\n"
    merged(town, "two", told=False, files={**headline("two"), ".reviewapps.yml": rules})
    until_says(town, "production", "two")
    waiting = merged(town, "three")
    town.until_comment(waiting, "Preview: removed", "**production** waits: frozen until")
    town.until("its end", lambda: town.page("shop-production").headline == "three")
    assert datetime.now(UTC).replace(tzinfo=None) > over
    town.until_comment(waiting, "On **production** since")


def test_a_production_deploy_that_crashes_is_noticed_by_no_visitor(quiet_town: Town) -> None:
    town = quiet_town
    text = file(town, "review", "production")
    town.employ_by_file(text)
    typed = terminal(town, text)
    merged(town, "one", told=False)
    with Visitors(until_says(town, "production", "one")) as visitors:
        broken = merged(town, "broken", files=FAILS_IN_PRODUCTION)
        town.until_comment(broken, "**production** did not take it: crashed")
        town.until_idle()
        typed.types("lock", "production", "1h", "a demo")  # nor is it tried once more, until somebody says so
        refused = town.head_of("main")[:7]
        for again in ("redeploy", "deploy"):
            assert f"{refused} was refused, and may not go there again: locked by" in typed.is_refused(
                again, "production"
            )
        once = typed.types("deploy", "production", refused, "--override", "--wait", status=1)
        assert "goes there, past what holds others" in once and "crashed" in once
        typed.types("unlock", "production")
        mended = merged(town, "mended", files={"app.py": WORKING_APP["app.py"], **headline("mended")})
        until_says(town, "production", "mended")
        typed.types("rollback", "production")
        until_says(town, "production", "one")  # and not what crashed
    assert visitors.failed == [] and visitors.asked > 50
    assert visitors.headlines == {"one", "mended"}
    assert "kept at" in typed.types("list")
    town.until_comment(mended, "**production** waits for: the next merge")
