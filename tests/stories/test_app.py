"""The orchestrator as a GitHub App: nobody's account, and a token that ends every hour."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import Onlooker
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story

HOUR = 3600


def test_a_preview_lives_longer_than_the_apps_tokens(quiet_town: Town) -> None:
    town, app = quiet_town, quiet_town.world.described_app()
    town.make_private()
    told = {"GITHUB_APP_ID": str(app["app_id"]), "GITHUB_PRIVATE_KEY": str(app["app_private_key"])}
    town.employ(GITHUB_TOKEN="", **told)
    town.onlooker = Onlooker(town.octocat, town.repository, f"{app['app_slug']}[bot]")
    number = town.open("blue", headline("blue"))
    town.until_live(number)

    town.world.github.world.clock.forward(HOUR + 1)
    town.until_live(number, town.push("blue", headline("green")))
    assert town.page("shop-pr-1").headline == "green"
    assert len(town.onlooker.comments(number)) == 1
    town.octocat.merge(number)
    town.until_comment(number, "Preview: removed")
    assert {call.who for call in town.github.asked("POST", "/deployments$")} == {f"{app['app_slug']}[bot]"}
