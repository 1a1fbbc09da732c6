"""What is deleted, and what is not."""

from __future__ import annotations

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import TryLater, Unavailable, UnsafePlan
from reviewapps.model import Space
from tests.contract.test_cloudfoundry.platform import Platform, client
from tests.contract.test_cloudfoundry.scenes import (
    OTHER,
    app_of,
    attempt,
    created,
    removed,
    routed,
)


def test_what_is_deleted_is_gone(space: SpaceClient) -> None:
    actual = routed(space, created(space))
    assert removed(space, actual).empty
    assert space.look() == Space()


def test_what_somebody_else_deleted_is_gone_too(platform: Platform, space: SpaceClient) -> None:
    actual = routed(space, created(space))
    removed(client(platform), actual)
    assert removed(space, actual).empty


def test_only_what_we_looked_at_is_deleted(space: SpaceClient) -> None:
    actual = created(space)
    other = created(space, OTHER, "shop-pr-13")
    with pytest.raises(UnsafePlan):
        space.carry_out(steps.DeleteApp(app_of(other).guid), actual)
    with pytest.raises(UnsafePlan):
        space.carry_out(steps.DeleteRoute("somebody-elses"), actual)
    assert len(space.look().apps) == 2


def test_a_deletion_that_takes_long_is_left_to_the_next_look(platform: Platform, space: SpaceClient) -> None:
    actual = created(space)
    guid = app_of(actual).guid
    job = '{"guid": "J", "state": "PROCESSING", "operation": "app.delete", "errors": []}'
    platform.fault("GET", "/v3/jobs/", "status", status=200, body=job, times=50)
    assert space.carry_out(steps.DeleteApp(guid), actual) == actual


def test_a_deletion_that_failed_is_told(platform: Platform, space: SpaceClient) -> None:
    actual = created(space)
    job = '{"guid": "J", "state": "FAILED", "errors": [{"code": 10008, "detail": "unbind failed"}]}'
    platform.fault("GET", "/v3/jobs/", "status", status=200, body=job)
    with pytest.raises(Unavailable, match="unbind failed"):
        space.carry_out(steps.DeleteApp(app_of(actual).guid), actual)


def test_a_step_for_an_app_that_vanished_is_tried_later(space: SpaceClient) -> None:
    actual = created(space)
    removed(space, actual)
    with pytest.raises(TryLater):
        space.carry_out(steps.Begin(attempt(id="a2")), actual)
