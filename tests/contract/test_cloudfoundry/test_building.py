"""From source to a droplet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.cloudfoundry.web_process import born
from reviewapps.errors import BadManifest, Busy
from reviewapps.model import Actual, Built, Environment
from tests.contract.test_cloudfoundry.platform import Platform, client
from tests.contract.test_cloudfoundry.scenes import (
    NAMES,
    OTHER,
    PREVIEW,
    app_of,
    archive,
    attempt,
    blueprint,
    built,
    created,
    looked,
    removed,
    uploaded,
)


def test_a_package_bears_what_it_was_made_for_and_arrives_whole(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)

    actual = looked(space, actual, "droplets", lambda a: a.droplets)

    assert actual.droplets is not None
    assert [(d.guid, d.state, bool(d.checksum)) for d in actual.droplets] == [(droplet, "ready", True)]
    (package,) = space.carry_out(steps.Look("packages"), actual).packages or ()
    assert (package.build_key, package.attempt) == (blueprint().build_key, "a1")


def test_an_expired_token_does_not_empty_an_upload(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual = created(space)
    body = '{"errors": [{"code": 1000, "title": "CF-InvalidAuthToken", "detail": "Invalid Auth Token"}]}'
    platform.fault("POST", "/upload$", "status", status=401, body=body)

    actual, droplet = built(space, actual, tmp_path)

    assert droplet


def test_an_archive_that_another_workers_took_the_place_of_is_made_again_in_a_moment(
    space: SpaceClient, tmp_path: Path
) -> None:
    actual = created(space)
    lost = steps.Upload(app_of(actual).guid, blueprint(), archive=tmp_path / "gone.zip")
    with pytest.raises(Busy) as put_off:
        space.carry_out(lost, actual)
    assert put_off.value.after == 1.0

    (package,) = space.carry_out(steps.Look("packages"), actual).packages or ()
    again = steps.Upload(app_of(actual).guid, blueprint(), package.guid, archive(tmp_path))
    (package,) = space.carry_out(again, actual).packages or ()
    assert package.uploaded


def test_one_build_at_a_time(space: SpaceClient, tmp_path: Path) -> None:
    actual = uploaded(space, created(space), archive(tmp_path))
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages
    build = steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", blueprint())
    actual = space.carry_out(build, actual)

    with pytest.raises(Busy):
        space.carry_out(build, actual)


def test_what_is_built_too_early_is_not_built_and_has_to_be_looked_at(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual = uploaded(space, created(space), archive(tmp_path))
    words = "Bad request: Cannot stage package whose state is not ready."
    body = json.dumps({"errors": [{"code": 1004, "title": "CF-BadRequest", "detail": words}]})
    platform.fault("POST", "/v3/builds$", "status", status=400, body=body)
    assert actual.packages

    early = steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", blueprint())
    actual = space.carry_out(early, actual)

    assert (actual.packages, actual.builds) == (None, ())


def test_a_buildpack_that_is_not_there_is_for_the_author_to_mend(space: SpaceClient, tmp_path: Path) -> None:
    actual = uploaded(space, created(space), archive(tmp_path))
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages
    odd = blueprint(buildpacks=("cobol_buildpack",))

    with pytest.raises(BadManifest, match="cobol_buildpack"):
        space.carry_out(steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", odd), actual)


def test_the_same_build_elsewhere_can_be_copied(space: SpaceClient, tmp_path: Path) -> None:
    built(space, created(space, OTHER, "shop-pr-13"), tmp_path)
    actual = created(space)
    assert actual.builds == ()

    key = blueprint().build_key
    actual = space.carry_out(steps.Look("elsewhere", key), actual)
    assert actual.elsewhere is not None
    (build,) = actual.elsewhere
    assert (build.environment, build.build_key) == (OTHER, key)
    source = actual.sources[build.droplet or ""]
    actual = space.carry_out(steps.CopyDroplet(source.guid), actual)
    actual = looked(space, actual, "droplets", lambda a: a.droplets and a.droplets[0].state == "ready")

    assert actual.droplets is not None
    assert [d.checksum for d in actual.droplets] == [source.checksum]


def test_a_copy_that_runs_can_be_copied_on_once_its_source_is_gone(
    space: SpaceClient, tmp_path: Path
) -> None:
    key = blueprint().build_key
    there, droplet = built(space, created(space, OTHER, "shop-pr-13"), tmp_path)
    copied = space.carry_out(steps.CopyDroplet(droplet), created(space))
    copied = looked(space, copied, "droplets", lambda a: a.droplets and a.droplets[0].state == "ready")
    assert copied.droplets is not None
    (copy,) = copied.droplets
    tried = replace(attempt(), build_key=key)
    live = space.carry_out(steps.MarkLive(tried), space.carry_out(steps.Start(copy.guid, tried.id), copied))
    assert app_of(live).built == (Built(key, copy.guid),)
    removed(space, there)

    staging = Environment(PREVIEW.repository, "staging")
    holders = space.look().holdings(staging, frozenset({"review"})).of(key)
    assert [app.guid for app in holders] == [app_of(live).guid]
    actual = space.carry_out(steps.Look("elsewhere", key, holders=holders), Actual(staging))
    assert [(one.environment, one.droplet) for one in actual.elsewhere or ()] == [(PREVIEW, copy.guid)]
    assert actual.sources[copy.guid].checksum == copy.checksum


@pytest.mark.parametrize("sees", [{}, {"LEVEL": "3"}])
def test_before_its_first_build_an_app_has_nothing_but_what_that_may_see(
    platform: Platform, space: SpaceClient, tmp_path: Path, sees: dict[str, str]
) -> None:
    plan = blueprint(env={"TOKEN": "t"}, build_env=sees)
    first = replace(attempt(), born=True)
    actual = space.carry_out(steps.CreateApp(NAMES, first, blueprint=plan), Actual(PREVIEW))
    app = app_of(actual)
    assert (app.env_names, app.web) == (frozenset({"TOKEN"}), "." + born().split(".")[1])
    actual, _ = built(space, actual, tmp_path, build_env=sees)
    assert platform.variables(app.guid) == sees
    assert len(platform.calls("PATCH", "/environment_variables")) == len(sees)
    actual = space.carry_out(steps.Configure(plan), actual)
    assert platform.variables(app.guid) == {"TOKEN": "t"}
    assert (app_of(actual).env_names, app_of(actual).web) == (app.env_names, app.web)

    package = (actual.packages or ())[0].guid
    for known in (actual, replace(actual, builds=())):
        space.carry_out(steps.CreateBuild(app.guid, package, "a2", plan), known)
        assert platform.variables(app.guid) == sees, "what it has by then is taken away first"
        looked(space, actual, "builds", lambda a: a.builds and a.builds[0].state != "waiting")
        space.carry_out(steps.Configure(plan), actual)


def test_of_what_somebody_wrote_over_nobody_takes_the_builds_for_known(
    platform: Platform, space: SpaceClient
) -> None:
    app = app_of(created(space))
    assert app.built == ()
    note = {"metadata": {"annotations": {"reviewapps-built": '[{"key": "../.."}]'}}}
    platform.meddle("PATCH", f"/v3/apps/{app.guid}", note)
    (seen,) = space.look().apps
    assert seen.built is None
    assert space.look().holdings(OTHER, frozenset({"review"})).keys is None


def test_elsewhere_is_in_the_same_space(platform: Platform, space: SpaceClient, tmp_path: Path) -> None:
    production = client(platform, space="production")
    there, _ = built(production, created(production, OTHER, "shop-pr-13"), tmp_path)

    assert space.carry_out(steps.Look("elsewhere", blueprint().build_key), Actual(PREVIEW)).elsewhere == ()

    removed(production, there)


def test_elsewhere_is_neither_here_nor_another_build_nor_another_instances(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, _ = built(space, created(space), tmp_path)
    theirs = client(platform, instance="umbrella")
    built(theirs, created(theirs, OTHER, "shop-pr-13"), tmp_path)

    assert space.carry_out(steps.Look("elsewhere", blueprint().build_key), actual).elsewhere == ()
    assert space.carry_out(steps.Look("elsewhere", "a" * 40), Actual(OTHER)).elsewhere == ()
