"""Accounts for programs, out of the marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from oauth2_client.credentials_manager import OAuthError

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused

DAY = 24 * 3600


def key(cloud: Cloud, instance: str, name: str) -> dict[str, Any]:
    """What a new key holds, and its guid."""
    cloud.job_done(cloud.job(cloud.bind(instance, name=name)))
    (made,) = cloud.call("GET", f"/v3/service_credential_bindings?names={name}")["resources"]
    details = cloud.call("GET", f"/v3/service_credential_bindings/{made['guid']}/details")
    return {**details["credentials"], "guid": made["guid"]}


def test_every_key_is_an_account_of_its_own_that_deploys_to_one_space(cloud: Cloud) -> None:
    instance = cloud.managed("deployer-account", "space-deployer")
    first, second = key(cloud, instance, "first"), key(cloud, instance, "second")
    assert first["username"] != second["username"]
    client = cloud.login(first["username"], first["password"])
    assert [space["name"] for space in client.v3.spaces.list()] == ["review"]
    cloud.call(
        "POST",
        "/v3/apps",
        {"name": "x", "relationships": {"space": {"data": {"guid": cloud.space}}}},
        client=client,
    )

    cloud.job_done(cloud.delete(f"/v3/service_credential_bindings/{first['guid']}"))
    with pytest.raises(OAuthError, match="revoked"):
        cloud.call("GET", "/v3/spaces", client=client)
    with pytest.raises(OAuthError, match="Bad credentials"):
        cloud.login(first["username"], first["password"])
    cloud.login(second["username"], second["password"])

    cloud.job_done(cloud.delete(f"/v3/service_instances/{instance}"))
    with pytest.raises(OAuthError, match="Bad credentials"):
        cloud.login(second["username"], second["password"])


def test_an_auditor_only_looks(cloud: Cloud) -> None:
    held = key(cloud, cloud.managed("auditor-account", "space-auditor"), "k")
    client = cloud.login(held["username"], held["password"])
    said = {"name": "x", "relationships": {"space": {"data": {"guid": cloud.space}}}}
    with pytest.raises(Refused) as refused:
        cloud.call("POST", "/v3/apps", said, client=client)
    assert refused.value.status == 403


def test_a_password_dies_after_ninety_days(cloud: Cloud) -> None:
    held = key(cloud, cloud.managed("aging-account", "space-deployer"), "k")
    cloud.server.world.clock.forward(89 * DAY)
    cloud.login(held["username"], held["password"])
    cloud.server.world.clock.forward(2 * DAY)
    with pytest.raises(OAuthError, match="expired") as refused:
        cloud.login(held["username"], held["password"])
    assert (refused.value.status_code, refused.value.error) == (403, "access_denied")


def test_an_account_can_be_taken_away_after_a_restart(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    try:
        held = key(cloud, cloud.managed("lasting-account", "space-deployer"), "k")
    finally:
        cloud.close()
    cloud = Cloud(tmp_path)
    try:
        cloud.login(held["username"], held["password"])
        cloud.job_done(cloud.delete(f"/v3/service_credential_bindings/{held['guid']}"))
        with pytest.raises(OAuthError, match="Bad credentials"):
            cloud.login(held["username"], held["password"])
    finally:
        cloud.close()
