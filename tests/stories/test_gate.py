"""Previews ask for the team's password: a real gate, pushed by the orchestrator, before real apps."""

from __future__ import annotations

from tests.stories.town import Town


def test_try(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(GATE_PASSWORD="open sesame")
    number = town.open("blue")
    import time

    t = time.time()
    url = town.until_live(number)
    print(url, time.time() - t, town.onlooker.comments(number), town.apps, town.hosts)
    p = town.page("shop-pr-1")
    print(p)
    for c in town.cf.calls:
        print(c.method, c.path[:120], c.status)
