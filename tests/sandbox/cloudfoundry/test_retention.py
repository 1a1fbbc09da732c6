"""What a platform that runs for weeks does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cloudfoundry_client.errors import InvalidStatusCode
from oauth2_client.credentials_manager import OAuthError

from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

MONTH = 32 * 86_400


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    running = Cloud(tmp_path, sweep_seconds=0.02)
    yield running
    running.close()


def count(cloud: Cloud, kind: str) -> int:
    return int(cloud.call("GET", f"/v3/{kind}")["pagination"]["total_results"])


def test_what_has_ended_is_dropped_when_it_is_old_and_what_has_not_is_kept(cloud: Cloud) -> None:
    app = cloud.app("shop")
    cloud.assign(app, cloud.droplet(app, greeter("hello")))
    ended, unfinished = (
        cloud.call("POST", f"/v3/apps/{app}/tasks", {"command": command})["guid"]
        for command in ("true", "sleep 600")
    )
    cloud.until(f"/v3/tasks/{ended}", lambda it: it["state"] == "SUCCEEDED")
    job = cloud.delete(f"/v3/apps/{cloud.app('gone')}")
    cloud.job_done(job)
    assert count(cloud, "audit_events") > 5

    cloud.server.world.clock.forward(MONTH)
    cloud.client = cloud.login()

    cloud.wait_for(lambda: count(cloud, "audit_events") == 0, "the end of the events")
    assert [one["guid"] for one in cloud.call("GET", "/v3/tasks")["resources"]] == [unfinished]
    assert cloud.call("GET", job)["state"] == "COMPLETE"
    assert (count(cloud, "builds"), count(cloud, "apps")) == (1, 1)
    cloud.server.world.clock.forward(2 * MONTH)
    cloud.client = cloud.login()
    url = cloud.server.api_url + job
    cloud.wait_for(lambda: is_gone(cloud, url), "the end of the job")


def is_gone(cloud: Cloud, url: str) -> bool:
    try:
        return not cloud.client.get(url)
    except InvalidStatusCode as refused:
        return bool(refused.status_code.value == 404)


def test_only_the_newest_are_kept_where_there_are_very_many(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewapps.sandbox.cloudfoundry.retention.MOST", 3)
    monkeypatch.setattr("reviewapps.sandbox.cloudfoundry.retention.MOST_OF_AN_APP", 1)
    app, other = cloud.app("shop"), cloud.app("other")
    for _ in range(2):
        cloud.droplet(app, greeter("hello"))
    build = cloud.build(cloud.package(other, greeter("hello")))["guid"]

    cloud.wait_for(lambda: (count(cloud, "audit_events"), count(cloud, "builds")) == (3, 2), "the newest")
    assert cloud.call("GET", f"/v3/builds/{build}")["state"] == "STAGED"
    assert count(cloud, "droplets") == 3


def test_sessions_and_bad_logins_are_forgotten_when_they_are_over(cloud: Cloud) -> None:
    world = cloud.server.world
    with pytest.raises(OAuthError):
        cloud.login("nobody", "guess")
    assert (len(world.access_tokens), len(world.refresh_tokens), len(world.bad_logins)) == (1, 1, 1)

    world.clock.forward(601)
    cloud.wait_for(lambda: not world.access_tokens, "the end of the session")
    assert (len(world.refresh_tokens), len(world.bad_logins)) == (1, 1)
    world.clock.forward(43_200)
    cloud.wait_for(lambda: not world.refresh_tokens and not world.bad_logins, "the end of the login")


def test_an_app_takes_its_log_with_it_whatever_its_instances_say_at_their_end(cloud: Cloud) -> None:
    last_words = "web: trap 'echo goodbye; exit' TERM; python3 app.py & while :; do sleep 0.02; done"
    app = cloud.push("shop", {**greeter("hello"), "Procfile": last_words})
    assert cloud.server.world.logs.span(app)

    cloud.job_done(cloud.delete(f"/v3/apps/{app}"))
    cloud.run(cloud.server.stop())

    assert cloud.server.world.logs.span(app) is None
