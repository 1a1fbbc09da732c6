"""Webhooks make it quicker, and change nothing else: dropped, doubled, reordered, late or forged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.stories.samples import headline
from tests.stories.town import Town
from tests.web.serving import SECRET, Serving, serving

pytestmark = pytest.mark.story

NEVER = {"LOOK_EVERY": "86400", "QUIET_EVERY": "3600", "WEBHOOK_SECRET": SECRET}
"""Nobody looks by the clock after the first time: whatever happens, a webhook brought it about."""


@contextlib.contextmanager
def web_of(town: Town) -> Iterator[Serving]:
    with serving(town.orchestrators[0].told) as web:
        yield web


def told(web: Serving, town: Town, event: str, id: str) -> int:
    return web.deliver({"repository": {"full_name": town.repository}}, event=event, id=id).status_code


def test_a_webhook_brings_a_preview_and_takes_it_away_without_any_clock(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(**NEVER)
    town.beat()
    with web_of(town) as web:
        number = town.open("blue")
        town.beat()
        assert town.apps == []
        assert told(web, town, "pull_request", "opened") == 202
        town.until_live(number)
        (seen,) = web.ask("/api/environments").json()["repositories"]
        (row,) = seen["environments"]
        assert (row["state"], row["address"]) == ("live", town.url(f"shop-pr-{number}"))
        page = web.ask("/").text
        assert f'<a href="{row["address"]}">' in page
        assert 'reviewapps_deploys_total{result="live",stage=""} 1.0' in web.ask("/metrics").text
        assert "reviewapps_time_to_url_seconds_count 1.0" in web.ask("/metrics").text
        town.octocat.close(number)
        assert told(web, town, "pull_request", "closed") == 202
        town.until("its end", lambda: town.apps == [])
        town.until("the page without it", lambda: "pr-1" not in web.ask("/").text)


def test_whatever_becomes_of_webhooks_the_end_is_the_same(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(WEBHOOK_SECRET=SECRET)
    ours = {"repository": {"full_name": town.repository}}
    forged = {"X-Hub-Signature-256": "sha256=" + 64 * "0"}
    weathers: dict[str, Callable[[Serving, list[str]], list[int]]] = {
        "lost": lambda _, __: [],
        "doubled": lambda web, events: [told(web, town, event, event) for event in events * 3],
        "reordered": lambda web, events: [told(web, town, event, f"late {event}") for event in events[::-1]],
        "forged": lambda web, events: [web.deliver(ours, headers=forged).status_code for _ in events],
    }
    with web_of(town) as web:
        stays, goes = town.open("blue"), town.open("red")
        town.until_live(stays)
        town.until_live(goes)
        town.octocat.close(goes)
        for weather, deliver in weathers.items():
            town.push("blue", headline(weather))
            answers = deliver(web, ["push", "create", "pull_request"])
            assert set(answers) <= ({401} if weather == "forged" else {202})
            town.until_live(stays)
            assert town.page(f"shop-pr-{stays}").headline == weather
        town.until_idle()
        assert town.apps == town.hosts == [f"shop-pr-{stays}"]
        assert "removed" in town.heading(goes)
        assert town.heading(stays) == f"Preview: live at {town.url(f'shop-pr-{stays}')}"
