"""What an operator's ``reviewapps.toml`` says: targets of their own for each kind, and how much may be done."""

from __future__ import annotations

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.cloudfoundry.state import App
from tests.stories.town import Town, writes

TARGET = """
[target.{name}]
api = "{api}"
space = "acme/{space}"
credentials = "cf"
address = "http://{{host}}:{port}"
"""


def operators_file(town: Town, environments: str, beginning: str = "") -> str:
    foundry = town.world.cloudfoundry
    targets = (
        TARGET.format(name=name, api=foundry.api_url, space=space, port=foundry.app_port)
        for name, space in (("review", "review"), ("shared", "production"))
    )
    rest = f'[github]\nurl = "{town.world.github.url}"\n[[repository]]\nname = "acme/shop"\n'
    return "\n".join([beginning, *targets, rest, f"environments = {environments}"])


def spaces_of_apps(town: Town) -> dict[str, str]:
    return {app.name: app.space.name for app in town.world.cloudfoundry.world.all(App)}


def test_previews_and_the_dev_app_live_in_spaces_of_their_own(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(operators_file(town, '{ review = "review", dev = "shared" }'))
    number = town.open("blue-header")

    town.until_live(number)
    town.hubot.tag("dev-1", town.head(number))
    town.until("dev", lambda: town.page("shop-dev").headline == "blue-header")
    town.until_idle()

    assert spaces_of_apps(town) == {f"shop-pr-{number}": "review", "shop-dev": "production"}
    town.octocat.merge(number)
    town.until_comment(number, "Preview: removed")
    assert spaces_of_apps(town) == {"shop-dev": "production"}


def test_a_pull_request_that_is_reopened_while_its_build_is_kept_is_not_built_again(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(operators_file(town, '{ review = "review" }\nkeep_closed = "10m"'))
    url = town.until_live(number := town.open("blue"))
    town.octocat.close(number)
    name = f"shop-pr-{number}"
    town.until("its stop", lambda: town.hosts == [] and town.operator.app(name).state == "STOPPED")
    town.octocat.reopen(number)
    town.until("its return", lambda: page(url).headline == "blue")
    town.until_idle()
    assert (town.builds, len(town.onlooker.comments(number))) == (1, 1)
    assert town.heading(number) == f"Preview: live at {url}"


def test_what_is_not_granted_is_not_made_and_what_is_there_stays(quiet_town: Town) -> None:
    town = quiet_town
    both = town.employ_by_file(operators_file(town, '{ review = "review", dev = "shared" }'))
    number = town.open("blue-header")
    town.until_live(number)
    town.orchestrators.remove(both)
    town.employ_by_file(operators_file(town, '{ review = "review", dev = "shared" }', 'only = ["dev"]'))

    town.octocat.merge(number)
    town.hubot.tag("dev-1", town.head(number))
    town.until("dev", lambda: town.page("shop-dev").headline == "blue-header")
    town.until_idle()

    assert town.apps == ["shop-dev", f"shop-pr-{number}"]


def test_an_observer_looks_and_writes_nothing(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(operators_file(town, '{ review = "review" }', 'mode = "observe"'))
    number = town.open("blue-header")

    town.until("a line of the log", lambda: f"pr-{number}" in town.log.read_text())
    town.until_idle()

    assert writes(town.calls()) == []
    assert town.onlooker.comments(number) == []
    assert "would settle" in town.log.read_text()


def test_a_paused_installation_asks_nobody_anything(quiet_town: Town) -> None:
    town = quiet_town
    town.employ_by_file(operators_file(town, '{ review = "review" }', 'mode = "paused"'))
    town.open("blue-header")

    town.until_idle()

    assert town.calls() == []
