"""What was made, though nobody heard so, is found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import Unavailable
from reviewapps.model import Actual
from tests.contract.test_cloudfoundry.platform import Platform
from tests.contract.test_cloudfoundry.scenes import (
    NAMES,
    PREVIEW,
    app_of,
    archive,
    attempt,
    blueprint,
    built,
    created,
    looked,
    uploaded,
)


def test_an_app_whose_birth_was_not_heard_of_is_taken_as_it_is(
    platform: Platform, space: SpaceClient
) -> None:
    platform.fault("POST", "/v3/apps$", "lost")
    with pytest.raises(Unavailable):
        created(space)
    later = attempt(id="a2")

    actual = space.carry_out(steps.CreateApp(NAMES, replace(later, born=True)), Actual(PREVIEW))

    assert (app_of(actual).name, app_of(actual).attempt) == (NAMES[0], later), "not born with this one"
    assert space.look().apps == actual.apps


def test_a_route_whose_birth_was_not_heard_of_is_taken_as_it_is(
    platform: Platform, space: SpaceClient
) -> None:
    actual = created(space)
    platform.fault("POST", "/v3/routes$", "lost")
    with pytest.raises(Unavailable):
        space.carry_out(steps.CreateRoute(NAMES), actual)

    actual = space.carry_out(steps.CreateRoute(NAMES), actual)

    assert actual.route is not None and actual.route.host == NAMES[0]
    assert space.look().routes == actual.routes


def test_a_package_whose_birth_was_not_heard_of_is_found_by_its_key(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual = created(space)
    upload = steps.Upload(app_of(actual).guid, blueprint(), archive=archive(tmp_path))
    platform.fault("POST", "/v3/packages$", "lost")
    with pytest.raises(Unavailable):
        space.carry_out(upload, actual)

    found = space.carry_out(steps.Look("packages"), actual)

    assert found.packages is not None
    (package,) = found.packages
    assert (package.build_key, package.uploaded) == (blueprint().build_key, False)
    done = space.carry_out(replace(upload, package=package.guid), found)
    assert done.packages is not None
    assert [(p.guid, p.uploaded) for p in done.packages] == [(package.guid, True)]


def test_an_upload_that_was_not_heard_of_is_not_made_twice(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual = created(space)
    upload = steps.Upload(app_of(actual).guid, blueprint(), archive=archive(tmp_path))
    platform.fault("POST", "/upload$", "lost")
    with pytest.raises(Unavailable):
        space.carry_out(upload, actual)
    found = space.carry_out(steps.Look("packages"), actual)
    assert found.packages is not None

    again = space.carry_out(replace(upload, package=found.packages[0].guid), found)

    assert again.packages is not None and len(again.packages) == 1
    looked(space, again, "packages", lambda a: a.packages and a.packages[0].state == "ready")


def test_a_build_whose_birth_was_not_heard_of_is_found_by_its_attempt(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual = uploaded(space, created(space), archive(tmp_path))
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages
    platform.fault("POST", "/v3/builds$", "lost")
    with pytest.raises(Unavailable):
        space.carry_out(
            steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", blueprint()), actual
        )

    found = looked(space, actual, "builds", lambda a: a.builds and a.builds[0].state == "ready")

    assert found.builds
    assert (found.builds[0].attempt, found.builds[0].build_key) == ("a1", blueprint().build_key)


def test_a_deployment_whose_birth_was_not_heard_of_is_found_by_its_attempt(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    platform.fault("POST", "/v3/deployments$", "lost")
    with pytest.raises(Unavailable):
        space.carry_out(steps.Roll(droplet, "a1"), actual)

    found = space.carry_out(steps.Look("deployments"), actual)

    assert found.deployments is not None
    assert [(d.attempt, d.droplet) for d in found.deployments] == [("a1", droplet), (attempt().id, droplet)]
