"""Limits: how much may be asked in an hour, and how fast."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from github import RateLimitExceededException

from reviewapps.demo.onlooker import until
from tests.sandbox.github.conftest import Checkout, Hub

SHOP = "/repos/octocat/shop"
LIMITS = "/_sandbox/limits"


def allow(hub: Hub, **allowance: Any) -> None:
    assert hub.request("PATCH", LIMITS, json=allowance).status_code == 200


def test_who_asked_too_often_is_refused_until_the_hour_is_over(hub: Hub) -> None:
    hub.server.add_user("octocat", token="second-token")
    allow(hub, user=3)
    tag = hub.request("GET", SHOP).headers["ETag"]
    assert hub.request("GET", SHOP, headers={"If-None-Match": tag}).headers["X-RateLimit-Used"] == "1"
    assert hub.request("GET", f"{SHOP}/nothing", token="second-token").status_code == 404
    used = hub.request("GET", f"{SHOP}/pulls/9")
    assert (used.status_code, used.headers["X-RateLimit-Remaining"]) == (404, "1")
    assert hub.request("GET", SHOP).headers["X-RateLimit-Remaining"] == "0"
    refused = hub.request("GET", SHOP)
    assert refused.status_code == 403 and "Retry-After" not in refused.headers
    assert refused.json()["message"].startswith("API rate limit exceeded for user ID ")
    assert refused.json()["documentation_url"].endswith("rate-limits-for-the-rest-api")
    told = {
        name: refused.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Used", "Remaining", "Resource")
    }
    assert told == {"Limit": "3", "Used": "3", "Remaining": "0", "Resource": "core"}
    assert 3590 < int(refused.headers["X-RateLimit-Reset"]) - time.time() < 3601
    with pytest.raises(RateLimitExceededException):
        hub.client("second-token").get_repo("octocat/shop")
    limits = hub.request("GET", "/rate_limit").json()["resources"]["core"]
    assert (limits["limit"], limits["remaining"]) == (3, 0)
    assert hub.request("GET", SHOP, token="hubot-token").status_code == 200
    hub.request("POST", "/_sandbox/clock", json={"forward": 3601})
    assert hub.request("GET", SHOP).headers["X-RateLimit-Remaining"] == "2"


def test_nobody_in_particular_has_sixty_and_an_installation_its_own(hub: Hub) -> None:
    app = hub.register()
    token = hub.token(app)
    assert hub.request("GET", SHOP, token=token).headers["X-RateLimit-Limit"] == "5000"
    assert hub.request("GET", SHOP, token=None).headers["X-RateLimit-Limit"] == "60"
    installation = hub.integration(app).get_installations()[0].id
    for spent in ({}, {"installation": installation}, {"login": "hubot", "remaining": 1}):
        assert hub.request("POST", LIMITS, json=spent).status_code == 200
    anonymous, bot = hub.request("GET", SHOP, token=None), hub.request("GET", SHOP, token=token)
    assert (anonymous.status_code, bot.status_code) == (403, 403)
    assert "Authenticated requests get a higher rate limit" in anonymous.json()["message"]
    assert f"for installation ID {installation}." in bot.json()["message"]
    assert [hub.request("GET", SHOP, token="hubot-token").status_code for _ in range(2)] == [200, 403]
    assert hub.request("GET", LIMITS).json()["used"][f"installation:{installation}"] >= 5000
    assert hub.request("DELETE", LIMITS).status_code == 204
    assert hub.request("GET", SHOP, token=None).status_code == 200
    for wrong in ({"login": "nobody"}, {"installation": 1}):
        assert hub.request("POST", LIMITS, json=wrong).status_code == 404
    assert hub.request("POST", LIMITS, json={"remaining": -1}).status_code == 422
    assert hub.request("PATCH", LIMITS, json={"users": 1}).status_code == 422


def test_an_installation_may_ask_more_with_more_repositories(hub: Hub) -> None:
    hub.server.add_user("acme", token="acme-token", type="Organization")
    for number in range(25):
        hub.server.add_repository("acme", f"app-{number}")
    made = hub.request("POST", "/_sandbox/apps", json={"name": "Wide", "owner": "acme"}).json()
    installed = hub.request("POST", "/_sandbox/installations", json={"app": made["slug"], "account": "acme"})
    spent = hub.request("POST", LIMITS, json={"installation": installed.json()["id"]}).json()
    assert spent["limit"] == 5250


def test_secondary_limits_sleep_until_they_are_woken(hub: Hub, shop: Checkout) -> None:
    hub.client().get_repo("octocat/shop").create_pull(base="main", head="feature", title="Greet")
    comments = f"{SHOP}/issues/1/comments"
    allow(hub, points_per_minute=12, retry_after=7)
    asked = [hub.request(*one) for one in [("GET", SHOP)] * 2]
    asked += [hub.request("POST", comments, json={"body": "said"}) for _ in range(3)]
    assert [one.status_code for one in asked] == [200, 200, 201, 201, 403]
    refused = asked[-1]
    assert refused.json()["message"].startswith("You have exceeded a secondary rate limit. Please wait")
    assert "about-secondary-rate-limits" in refused.json()["documentation_url"]
    assert (refused.headers["Retry-After"], int(refused.headers["X-RateLimit-Remaining"]) > 0) == ("7", True)
    hub.request("POST", "/_sandbox/clock", json={"forward": 61})
    assert hub.request("POST", comments, json={"body": "said"}).status_code == 201
    allow(hub, points_per_minute=None, content_per_minute=2, content_per_hour=5, secondary_status=429)
    again = [hub.request("POST", comments, json={"body": "said"}) for _ in range(2)]
    assert [one.status_code for one in again] == [201, 429]
    assert "temporarily blocked from content creation" in again[-1].json()["message"]
    assert hub.request("GET", comments).status_code == 200
    hub.request("POST", "/_sandbox/clock", json={"forward": 61})
    hourly = [hub.request("POST", comments, json={"body": "said"}).status_code for _ in range(2)]
    assert hourly == [201, 429]


def test_too_many_at_once_are_refused(hub: Hub) -> None:
    allow(hub, at_once=1)
    half_told, go_on = Event(), Event()

    def told_slowly() -> Iterator[bytes]:
        yield b'{"name": "slow", '
        half_told.set()
        go_on.wait(60)
        yield b'"color": "ffffff"}'

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hub.request, "POST", f"{SHOP}/labels", data=told_slowly())
        try:
            assert half_told.wait(60)
            until("one beside it that is refused", lambda: hub.request("GET", SHOP).status_code == 403)
        finally:
            go_on.set()
        assert slow.result().status_code == 201
    assert hub.request("GET", SHOP).status_code == 200
