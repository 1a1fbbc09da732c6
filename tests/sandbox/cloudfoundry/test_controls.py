"""What no Cloud Foundry offers, and what stands in front of one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from oauth2_client.credentials_manager import OAuthError

from tests.sandbox.cloudfoundry.cloud import Cloud


def control(cloud: Cloud, method: str, what: str, said: Any = None) -> requests.Response:
    return requests.request(method, f"{cloud.server.api_url}/_sandbox/{what}", json=said, timeout=30)


def test_the_pace_of_the_platform_can_be_changed_while_it_runs(cloud: Cloud) -> None:
    told = control(cloud, "PATCH", "settings", {"job_delay": 0.5}).json()

    assert told == control(cloud, "GET", "settings").json()
    assert told["job_delay"] == cloud.server.settings.job_delay == 0.5
    for wrong, word in (
        ({"job_delays": 1}, "job_delays"),
        ({"job_delay": "slow"}, "job_delay"),
        ([], "object"),
        ({"job_delay": -1}, "job_delay"),
        ({"broker_seconds": float("nan")}, "parse error"),
        ({"crash_pause": float("inf")}, "parse error"),
        ({"deployment_tick": 0}, "deployment_tick"),
        ({"kept_log_lines": -5}, "kept_log_lines"),
        ({"kept_droplets": 0}, "kept_droplets"),
        ({"firewall_requests": -1}, "firewall_requests"),
    ):
        url = f"{cloud.server.api_url}/_sandbox/settings"
        refused = requests.patch(url, json.dumps(wrong), timeout=30)  # requests itself refuses to send NaN
        assert refused.status_code in (400, 422)
        assert word in refused.json()["errors"][0]["detail"]
    assert told == control(cloud, "GET", "settings").json()


def test_new_people_and_places_are_there_at_once(cloud: Cloud) -> None:
    place = {"organization": "other", "name": "dev", "memory_mb": 64}
    space = control(cloud, "POST", "spaces", place).json()["guid"]
    someone = {"name": "someone", "password": "secret", "roles": {"other/dev": "space_developer"}}
    assert control(cloud, "POST", "users", someone).status_code == 201

    client = cloud.login("someone", "secret")

    assert [one["guid"] for one in client.v3.spaces.list()] == [space]
    assert control(cloud, "POST", "users", someone).status_code == 422
    assert control(cloud, "POST", "spaces", place).status_code == 422
    nowhere = {"name": "nobody", "password": "x", "roles": {"nowhere/dev": "space_developer"}}
    assert "nowhere/dev" in control(cloud, "POST", "users", nowhere).json()["errors"][0]["detail"]
    with pytest.raises(OAuthError):
        cloud.login("nobody", "x")


def test_a_session_ends_when_it_is_old_or_told_to(cloud: Cloud) -> None:
    bearer = {"Authorization": cloud.client._session.headers["Authorization"]}

    def ask() -> int:
        answer = requests.get(cloud.server.api_url + "/v3/apps", headers=bearer, timeout=30)
        return 0 if answer.ok else int(answer.json()["errors"][0]["code"])

    assert ask() == 0
    control(cloud, "POST", "clock", {"forward": 601})
    assert ask() == 1000
    control(cloud, "POST", "clock", {"offset": 0})
    assert ask() == 0
    control(cloud, "DELETE", "tokens")
    assert ask() == 1000


def test_who_asks_too_much_is_asked_whether_they_are_human(cloud: Cloud) -> None:
    control(cloud, "PATCH", "settings", {"firewall_requests": 2})

    first, second, third = (cloud.client.get(cloud.server.api_url + "/v3/apps") for _ in range(3))

    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 202)
    assert third.headers["x-amzn-waf-action"] == "challenge"
    control(cloud, "POST", "clock", {"forward": 301})
    assert cloud.client.get(cloud.server.api_url + "/v3/apps").status_code == 200
