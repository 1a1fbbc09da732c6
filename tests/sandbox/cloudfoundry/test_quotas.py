"""Memory that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, greeter

TERABYTE = 1_048_576


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud where apps take 256 MB, and the space "tight" has 600."""
    cloud = Cloud(tmp_path, default_memory_in_mb=256)
    cloud.server.add_space("acme", "tight", 600)
    user = cloud.server.platform.uaa.user("deployer")
    assert user is not None
    user.roles[cloud.server.space("tight").guid] = "space_developer"
    yield cloud
    cloud.close()


def test_an_app_of_a_terabyte_does_not_start(cloud: Cloud) -> None:
    app = cloud.app()
    droplet = cloud.droplet(app, greeter("hello"))
    cloud.assign(app, droplet)
    cloud.scale(app, memory_in_mb=TERABYTE)

    with pytest.raises(Refused) as refused:
        cloud.call("POST", f"/v3/apps/{app}/actions/start")

    assert (refused.value.status, refused.value.code) == (422, 10008)
    assert refused.value.detail == "memory quota_exceeded"
    with pytest.raises(Refused, match="memory_in_mb exceeds organization memory quota"):
        said = {"command": "true", "memory_in_mb": TERABYTE, "droplet_guid": droplet}
        cloud.call("POST", f"/v3/apps/{app}/tasks", said)
    package = cloud.package(app, greeter("hello"))
    with pytest.raises(Refused) as staging:
        cloud.call("POST", "/v3/builds", {"package": {"guid": package}})
    expected = f"organization's memory limit exceeded: staging requires {TERABYTE}M memory"
    assert staging.value.detail == expected


def test_what_no_cell_can_hold_stays_down_and_says_why(cloud: Cloud) -> None:
    cloud.server.organization("acme").quota.memory_mb = None
    app = cloud.app()
    cloud.assign(app, cloud.droplet(app, greeter("hello")))
    cloud.scale(app, memory_in_mb=TERABYTE)

    cloud.call("POST", f"/v3/apps/{app}/actions/start")

    stats = cloud.call("GET", f"/v3/apps/{app}/processes/web/stats")["resources"]
    assert [(one["state"], one["details"]) for one in stats] == [("DOWN", "insufficient resources: memory")]


def test_a_space_gives_no_more_than_its_quota(small: Cloud) -> None:
    space = small.server.space("tight").guid
    app = small.app("shop", space)
    small.assign(app, small.droplet(app, greeter("hello")))
    small.call("POST", f"/v3/apps/{app}/actions/start")
    small.running(app)

    with pytest.raises(Refused) as refused:
        small.scale(app, instances=3)
    assert refused.value.detail == "memory space_quota_exceeded"

    small.scale(app, instances=2)
    with pytest.raises(Refused) as rolling:
        small.deploy(app, small.call("GET", f"/v3/apps/{app}/droplets/current")["guid"])
    assert rolling.value.detail == (
        "memory space_quota_exceeded for space tight. This space's quota may not be large enough to support "
        "rolling deployments or your configured max-in-flight."
    )
    usage = small.call("GET", f"/v3/spaces/{space}/usage_summary")["usage_summary"]
    assert (usage["started_instances"], usage["memory_in_mb"]) == (2, 512)

    small.call("POST", f"/v3/apps/{app}/actions/stop")
    usage = small.call("GET", f"/v3/spaces/{space}/usage_summary")["usage_summary"]
    assert usage["memory_in_mb"] == 0


def test_staging_needs_room_too(small: Cloud) -> None:
    app = small.app("shop", small.server.space("tight").guid)
    package = small.package(app, greeter("hello"))

    with pytest.raises(Refused) as refused:
        small.call("POST", "/v3/builds", {"package": {"guid": package}, "staging_memory_in_mb": 1024})

    assert refused.value.detail == "space's memory limit exceeded: staging requires 1024M memory"


def test_what_is_being_staged_counts_as_long_as_it_is_staged(small: Cloud) -> None:
    space = small.server.space("tight").guid
    app, other = small.app("shop", space), small.app("other", space)
    small.assign(app, small.droplet(app, greeter("hello")))
    endless = small.package(other, {**greeter(""), "requirements.txt": "", "bin/pre_compile": "sleep 600"})
    said = {"package": {"guid": endless}, "staging_memory_in_mb": 400}
    small.call("POST", "/v3/builds", said)

    with pytest.raises(Refused, match="memory space_quota_exceeded"):
        small.call("POST", f"/v3/apps/{app}/actions/start")

    small.job_done(small.delete(f"/v3/apps/{other}"))
    small.call("POST", f"/v3/apps/{app}/actions/start")


def test_an_organization_gives_no_more_than_its_quota(small: Cloud) -> None:
    app = small.app("shop")
    droplet = small.droplet(app, greeter("hello"))
    small.assign(app, droplet)
    small.call("POST", f"/v3/apps/{app}/actions/start")
    small.server.organization("acme").quota.memory_mb = 300

    with pytest.raises(Refused) as rolling:
        small.deploy(app, droplet)
    assert rolling.value.detail == (
        "memory quota_exceeded for organization acme. This organization's quota may not be large enough to "
        "support rolling deployments or your configured max-in-flight."
    )
    with pytest.raises(Refused, match="organization's memory limit exceeded: staging requires 256M memory"):
        small.build(small.package(app, greeter("again")))
    with pytest.raises(Refused, match="app_instance_limit app_instance_limit_exceeded"):
        small.scale(app, instances=1001)


@pytest.mark.parametrize("noun", ["space", "organization"])
def test_a_full_quota_has_no_room_for_another_route(small: Cloud, noun: str) -> None:
    organization, space = small.server.organization("acme"), small.server.space("tight")
    quota, name = (organization.quota, "acme") if noun == "organization" else (space.quota, "tight")
    assert quota is not None
    small.route("first", space.guid)
    quota.routes = 1

    with pytest.raises(Refused) as refused:
        small.route("second", space.guid)

    assert refused.value.detail == f"Routes quota exceeded for {noun} '{name}'."
    assert small.call("GET", f"/v3/{noun}_quotas/{quota.guid}")["routes"]["total_routes"] == 1
