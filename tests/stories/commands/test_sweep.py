"""``reviewapps sweep``: what bears our labels and belongs to nothing is told with why, and goes when said."""

from __future__ import annotations

import pytest

from reviewapps.cloudfoundry import labels
from reviewapps.model import FORMAT
from tests.stories.commands.terminal import Terminal
from tests.stories.operator import Operator
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story

INSTANCE = "sandbox"


def test_what_belongs_to_nothing_is_told_and_taken_away_and_nothing_else(town: Town) -> None:
    terminal = Terminal(town)
    gone, stays = town.open("blue"), town.open("green")
    town.until_live(gone)
    town.until_live(stays)
    town.until_idle()
    town.orchestrators.clear()  # nobody is there to do it by themselves
    town.octocat.close(gone)
    leave(town.operator, "old-repository", repository="999", environment="pr-3")
    leave(town.operator, "shared-elsewhere", repository="999", environment="dev")
    leave(town.operator, "unreadable", repository="nobody knows", environment="pr-4")
    town.operator.create_app("not-ours")
    before = len(town.calls())

    found = {one["name"]: one for one in terminal.reads("sweep")["leftovers"]}

    assert found.keys() == {
        *(f"shop-pr-{gone}", f"shop-pr-{gone}.apps.localhost"),
        *("old-repository", "shared-elsewhere", "unreadable"),
    }
    assert found[f"shop-pr-{gone}"]["why"] == "it should not be there (closed)"
    assert "999 is not ours to keep" in found["old-repository"]["why"]
    assert {name for name, one in found.items() if one["by_hand"]} == {"shared-elsewhere", "unreadable"}
    assert writes(town.calls()[before:]) == []

    removed = terminal.reads("sweep", "--yes")["removed"]
    assert {one["said"] for one in removed} <= {"taken away", "not left over any more, so it stays"}

    assert town.apps == sorted([f"shop-pr-{stays}", "shared-elsewhere", "unreadable", "not-ours"])
    assert town.hosts == [f"shop-pr-{stays}"]
    left = terminal.reads("sweep")["leftovers"]
    assert {one["name"] for one in left if not one["by_hand"]} == {f"acme/shop#{gone}"}


def test_a_deployment_that_github_still_shows_is_let_go(town: Town) -> None:
    town.until_live(number := town.open("blue"))
    town.until_idle()
    town.orchestrators.clear()
    town.operator.delete(f"shop-pr-{number}")
    (route,) = town.operator.ask("GET", "/v3/routes")["resources"]
    town.operator.ask("DELETE", f"/v3/routes/{route['guid']}")
    town.until("an empty space", lambda: town.apps == town.hosts == [])
    town.octocat.close(number)

    said = Terminal(town).types("sweep", "--yes")

    assert f"acme/shop#{number}" in said and "GitHub shows it as deployed" in said
    assert [town.status(d)["state"] for d in town.deployments()] == ["inactive"]
    assert Terminal(town).types("sweep") == "Nothing is left over.\n"


def test_many_at_once_have_to_be_agreed_to_by_name(town: Town) -> None:
    for number in (1, 2, 3):
        leave(town.operator, f"old-{number}", repository="999", environment=f"pr-{number}")
    terminal = Terminal(town, {"DELETIONS_AT_ONCE": "2"})

    assert "3 things of 3 environments are more than the 2" in terminal.is_refused("sweep")
    assert len(town.apps) == 3
    terminal.types("sweep", "--yes")
    assert town.apps == []


def leave(operator: Operator, name: str, *, repository: str, environment: str) -> None:
    """An app that some earlier life of this installation made."""
    operator.create_app(name)
    marks = {
        labels.VERSION: FORMAT,
        labels.INSTANCE: INSTANCE,
        labels.REPOSITORY: repository.replace(" ", "-"),
        labels.ENVIRONMENT: environment,
    }
    operator.ask("PATCH", f"/v3/apps/{operator.app(name).guid}", {"metadata": {"labels": marks}})
