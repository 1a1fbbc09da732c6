"""``reviewapps adopt``: a shared app that was there before, under a name and at an address of its own."""

from __future__ import annotations

import pytest

from reviewapps.cloudfoundry import labels
from reviewapps.demo.onlooker import page, until
from tests.stories.commands.terminal import Terminal
from tests.stories.samples import headline
from tests.stories.town import Town, writes

pytestmark = pytest.mark.story

OURS = ("VERSION", "INSTANCE", "REPOSITORY", "ENVIRONMENT", "APP", "COMMIT", "CONFIG")
NOTES = ("ATTEMPT", "SOURCE", "WISHED", "LIVE_SINCE")


def test_an_adopted_app_keeps_what_it_is_until_the_next_tag_rolls_it(town: Town) -> None:
    terminal = Terminal(town)
    guid = an_app_that_was_there_before(town, "old-shop")
    assert page(town.url("old-shop")).headline == "old"

    town.fail("PATCH", "^/v3/routes/", status=503, times=1)
    assert "503" in terminal.is_refused("adopt", "dev", "old-shop", "--yes")  # killed half-way is the same
    said = terminal.types("adopt", "dev", "old-shop", "--yes")

    assert "old-shop becomes acme/shop:dev" in said and "dev-1: tags that stand already" in said
    assert "old-shop.apps.localhost" in said
    town.look_afresh()
    assert page(town.url("old-shop")).headline == "old"
    assert town.runners == town.hosts == ["old-shop"]
    assert [row["state"] for row in terminal.reads("list")["repositories"][0]["rows"]] == ["kept"]
    before = len(town.calls())

    town.octocat.tag("dev-2", town.push("work", headline("new")))
    town.until("the new page", lambda: page(town.url("old-shop")).headline == "new")
    town.until_idle()

    since = writes(town.calls()[before:])
    assert "POST /v3/deployments" in since and f"POST /v3/apps/{guid}/actions/stop" not in since
    assert (town.apps, town.hosts) == (["old-shop", "shop-dev-build"], ["old-shop"])
    variables = town.operator.ask("GET", f"/v3/apps/{guid}/environment_variables")["var"]
    assert variables["MINE"] == "kept"
    assert "runs       " in terminal.types("show", "acme/shop:dev")
    town.look_afresh()
    assert page(town.url("old-shop")).headline == "new"


def test_what_cannot_be_adopted_is_refused_in_a_sentence(town: Town) -> None:
    terminal = Terminal(town)
    town.operator.create_app("theirs")
    app = town.operator.app("theirs")
    marks = {labels.INSTANCE: "another", labels.REPOSITORY: "1", labels.ENVIRONMENT: "dev"}
    town.operator.ask("PATCH", f"/v3/apps/{app.guid}", {"metadata": {"labels": marks}})

    assert "there is no app `nothing`" in terminal.is_refused("adopt", "dev", "nothing", "--yes")
    assert "kept by the installation another" in terminal.is_refused("adopt", "dev", "theirs", "--yes")
    assert "made, not taken over" in terminal.is_refused("adopt", "#1", "theirs", "--yes")
    assert "--yes says so" in terminal.is_refused("adopt", "dev", an_empty_app(town))


def an_empty_app(town: Town) -> str:
    town.operator.create_app("empty")
    return "empty"


def an_app_that_was_there_before(town: Town, name: str) -> str:
    """An app with a droplet and variables, of which nothing tells that it ever was ours; its guid."""
    town.octocat.tag("dev-1", town.push("work", headline("old")))
    town.until("the dev app", lambda: page(town.url("shop-dev")).headline == "old")
    town.until_idle()
    guid, ask = town.operator.app("shop-dev").guid, town.operator.ask
    forgotten: dict[str, None] = {getattr(labels, key): None for key in OURS}
    notes: dict[str, None] = {getattr(labels, key): None for key in NOTES}
    more: dict[str, None] = {f"{labels.TAGS_SEEN}-0": None, f"{labels.ENV_NAMES}-0": None}
    metadata = {"labels": forgotten, "annotations": {**notes, **more}}
    ask("PATCH", f"/v3/apps/{guid}", {"name": name, "metadata": metadata})
    ask("PATCH", f"/v3/apps/{guid}/environment_variables", {"var": {"MINE": "kept"}})
    for route in ask("GET", f"/v3/apps/{guid}/routes")["resources"]:
        ask("DELETE", f"/v3/routes/{route['guid']}")
    town.operator.create_route(name)
    (route,) = ask("GET", f"/v3/routes?hosts={name}")["resources"]
    leads_to = [{"app": {"guid": guid}}]
    ask("POST", f"/v3/routes/{route['guid']}/destinations", {"destinations": leads_to})
    until("the old address gone", lambda: town.hosts == [name])  # nobody looks before it is adopted
    return guid
