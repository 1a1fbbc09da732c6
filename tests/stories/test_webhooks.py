"""Webhooks make it quicker, and change nothing else: lost, doubled, reordered or forged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.stories.samples import headline
from tests.stories.town import Town
from tests.web.serving import SECRET, Serving, serving

pytestmark = pytest.mark.story

NEVER = {"LOOK_EVERY": "86400", "QUIET_EVERY": "3600"}
"""Nobody looks by the clock after the first time: whatever happens, a webhook brought it about."""


@contextlib.contextmanager
def hooked(town: Town, **told: str) -> Iterator[Serving]:
    """The web process of an orchestrator, of which the repository's webhook knows."""
    with serving(town.employ(WEBHOOK_SECRET=SECRET, **told).told) as web:
        town.hook(f"{web.url}/webhooks/github", SECRET)
        yield web


def test_a_webhook_brings_a_preview_and_takes_it_away_without_any_clock(quiet_town: Town) -> None:
    town = quiet_town
    with hooked(town, **NEVER) as web:
        town.beat()
        number = town.open("blue")
        town.until_live(number)
        (seen,) = web.ask("/api/environments").json()["repositories"]
        (row,) = seen["environments"]
        assert (row["state"], row["address"]) == ("live", town.url(f"shop-pr-{number}"))
        assert f'<a href="{row["address"]}">' in web.ask("/").text
        counted = web.ask("/metrics").text
        assert 'reviewapps_deploys_total{result="live",stage=""} 1.0' in counted
        assert "reviewapps_time_to_url_seconds_count 1.0" in counted
        assert 'reviewapps_webhooks_total{result="ignored"} 1.0' in counted, "GitHub's ping"
        town.octocat.close(number)
        town.until("its end", lambda: town.apps == [])
        town.until("the page without it", lambda: "pr-1" not in web.ask("/").text)


def test_whatever_becomes_of_webhooks_the_end_is_the_same(quiet_town: Town) -> None:
    town = quiet_town
    with hooked(town) as web:
        stays, goes = town.open("blue"), town.open("red")
        town.until_live(stays)
        town.until_live(goes)
        town.octocat.close(goes)
        for weather in ("dropped", "doubled", "reordered", "forged"):
            if weather == "forged":
                forged = {"X-Hub-Signature-256": "sha256=" + 64 * "0"}
                ours = {"repository": {"full_name": town.repository}}
                assert web.deliver(ours, headers=forged).status_code == 401
            else:
                fault = {"kind": weather, "times": 2, "seconds": 0.5}
                town.octocat.api("POST", "/_sandbox/webhooks/faults", fault)
            town.push("blue", headline(weather))
            town.until_live(stays)
            assert town.page(f"shop-pr-{stays}").headline == weather
        town.until_idle()
        assert town.runners == town.hosts == [f"shop-pr-{stays}"]
        assert "removed" in town.heading(goes)
        assert town.heading(stays) == f"Preview: live at {town.url(f'shop-pr-{stays}')}"
        struck = [one["struck"] for one in town.octocat.api("GET", "/_sandbox/webhooks/faults")]
        assert all(struck), struck
