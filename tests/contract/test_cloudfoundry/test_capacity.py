"""What limits the memory of a space, and what of it is known already."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import Unavailable
from reviewapps.model import Capacity, Quota
from tests.contract.test_cloudfoundry.platform import Platform
from tests.contract.test_cloudfoundry.scenes import OTHER, app_of, built, created

ORG = 102_400
"""MB that the sandbox's org may have; its space has no quota of its own."""


def test_the_org_limits_a_space_without_a_quota_and_builds_tell_what_they_take(
    space: SpaceClient, platform: Platform, tmp_path: Path
) -> None:
    actual, _ = built(space, created(space, OTHER, "shop-pr-13"), tmp_path)
    found = space.capacity(10**9)
    assert found == Capacity((Quota(ORG, 0),), staging=512, builds={})
    assert app_of(actual).guid in space.memory()

    platform.forget()
    assert space.capacity(10**9) == found
    assert [call.partition("?")[0].rpartition("/")[2] for call in platform.calls("GET", "/v3/")] == [
        "usage_summary",
        "builds",
    ]


@pytest.mark.parametrize("status", [403, 404])
def test_a_quota_that_our_account_may_not_see_is_no_limit(
    space: SpaceClient, platform: Platform, status: int
) -> None:
    space.check()
    platform.fault("GET", "/v3/organization_quotas/", "status", status=status, body="{}")
    assert space.capacity(10**9) == Capacity()


def test_a_quota_that_nobody_tells_is_not_taken_for_none(space: SpaceClient, platform: Platform) -> None:
    space.check()
    platform.fault("GET", "usage_summary", "status", status=503, times=9)
    with pytest.raises(Unavailable):
        space.capacity(10**9)
