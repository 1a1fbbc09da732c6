"""What of the facts of a bad day is too much."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.campaign import too_much
from tests.faults.requests import Kind

HELD, LIVE = (
    "Slack: acme/shop:production: <…|…> is held: frozen",
    "Slack: acme/shop:production: live at <…|…>",
)
DEPLOYED = "production success"


@pytest.mark.parametrize(
    ("kind", "told", "odd"),
    [
        ("emptied", [HELD, LIVE], []),
        ("emptied", [HELD, HELD, LIVE], []),
        ("emptied", [HELD, HELD, HELD, LIVE], [HELD]),
        ("emptied", [HELD, HELD, LIVE, LIVE], [LIVE]),
        ("emptied", [HELD, LIVE, LIVE, DEPLOYED, DEPLOYED], [DEPLOYED]),
        ("killed", [HELD, HELD, LIVE, LIVE], [HELD, LIVE]),
    ],
)
def test_only_one_line_of_slacks_may_come_once_more_and_only_where_redis_is_emptied(
    kind: Kind, told: list[str], odd: list[str]
) -> None:
    wanted = Counter([HELD, LIVE, DEPLOYED])
    assert list(too_much(Counter(told), wanted, kind)) == [f"too much: {one}" for one in odd]


def test_what_is_held_and_should_not_be_is_too_much() -> None:
    assert list(too_much(Counter([HELD, LIVE]), Counter([LIVE]), "emptied")) == [f"too much: {HELD}"]
