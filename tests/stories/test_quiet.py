"""Who does nothing pays nothing."""

from __future__ import annotations

import pytest

from reviewapps.demo.ledger import Meter
from tests.stories.samples import headline
from tests.stories.town import Town

pytestmark = pytest.mark.story


def test_ten_looks_at_nothing_new_cost_no_point_and_hardly_a_request(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(QUIET_EVERY="60")
    town.until_live(town.open("blue"))
    town.hubot.tag("dev-1", town.on_main(headline("one")))
    town.until("the dev app", lambda: town.page("shop-dev").headline == "one")
    town.until_idle()
    meter = Meter(town.world)
    for _ in range(10):
        town.orchestrators[0].look()
        town.beat()
    cost = meter.cost()
    assert (cost.points, cost.github_writes) == (0, 0)
    assert cost.cf_requests <= 2


def test_a_quiet_interval_costs_two_requests_and_no_point(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(QUIET_EVERY="0.3", LOOK_EVERY="0.05")
    town.until_live(town.open("blue"))
    town.until_idle()
    meter, looks = Meter(town.world), 0
    while meter.cost().seconds < 1.5 or looks <= 5:
        town.beat()
        looks += 1
    cost = meter.cost()
    assert (cost.points, cost.github_writes) == (0, 0)
    assert 2 <= cost.cf_requests <= 2 * (cost.seconds / 0.3 + 1)


def test_many_pull_requests_are_looked_at_with_as_many_requests_as_one(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(LIMIT="1", QUIET_EVERY="60")
    numbers = [town.open(f"colour-{number}") for number in range(4)]
    town.until_idle()
    meter = Meter(town.world)
    town.orchestrators[0].look()
    assert meter.cost().points == 0
    assert len([n for n in numbers if "waiting for room" in town.heading(n)]) == 3
