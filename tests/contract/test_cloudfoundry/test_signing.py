"""What is signed, what of that is believed, and what nobody but the platform can say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.model import Actual, Droplet, Environment, Secret
from reviewapps.signing import Ring
from tests.contract.test_cloudfoundry.platform import Platform, client
from tests.contract.test_cloudfoundry.scenes import (
    PREVIEW,
    app_of,
    archive,
    blueprint,
    created,
    looked,
    removed,
    uploaded,
)

RING = Ring((Secret("k" * 32),))
STRANGERS = Ring((Secret("s" * 32),))
ROTATED = Ring((Secret("n" * 32), *RING.keys))
KEY = blueprint().build_key
SERVE = "exec python3 -m http.server $PORT"
STAGING = Environment(7, "staging")
Meddle = Callable[[Platform, str], object]


@pytest.fixture
def signing(platform: Platform) -> SpaceClient:
    """Our space, with a key."""
    return client(platform, ring=RING)


def staged(
    space: SpaceClient, actual: Actual, folder: Path, before: Callable[[], object] | None = None
) -> Actual:
    """The app with a droplet; ``before`` is done when all but the build is there."""
    actual = uploaded(space, actual, archive(folder))
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages and actual.packages[0].build_key == KEY
    if before is not None:
        before()
    build = steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", blueprint())
    actual = space.carry_out(build, actual)
    actual = looked(space, actual, "builds", lambda a: a.builds and a.builds[0].state == "ready")
    return space.carry_out(steps.Look("droplets"), actual)


def signed(space: SpaceClient, actual: Actual) -> Droplet:
    """The app's droplet, once it was tried to sign it."""
    assert actual.droplets
    actual = space.carry_out(steps.Sign(actual.droplets[0].guid, KEY), actual)
    assert actual.droplets
    droplet = actual.droplets[0]
    assert (droplet.guid in actual.unsignable) is (droplet.signed_for is None)
    return droplet


def abroad(space: SpaceClient, environment: Environment = STAGING, key: str = KEY) -> Actual:
    return space.carry_out(steps.Look("abroad", key, spaces=("acme/review",)), Actual(environment))


def test_what_we_alone_built_is_signed_and_believed_wherever_it_is_read(
    platform: Platform, signing: SpaceClient, tmp_path: Path
) -> None:
    droplet = signed(signing, staged(signing, created(signing), tmp_path))
    assert (droplet.signed_for, droplet.built_by) == (KEY, PREVIEW.name)

    for ring in (RING, ROTATED):
        there = client(platform, space="production", ring=ring, instance="another")
        found = abroad(there).abroad
        assert found is not None and [d.guid for d in found.signed] == [droplet.guid]
    theirs = abroad(client(platform, space="production", ring=STRANGERS)).abroad
    assert theirs is not None and (theirs.signed, theirs.unsigned) == ((), (PREVIEW.name,))
    for environment, key in ((Environment(8, "staging"), KEY), (STAGING, "a" * 40)):
        nothing = abroad(client(platform, space="production", ring=RING), environment, key).abroad
        assert nothing is not None and nothing.signed == ()


def test_a_copy_carries_the_signature_on(platform: Platform, signing: SpaceClient, tmp_path: Path) -> None:
    source = signed(signing, staged(signing, created(signing), tmp_path))
    production = client(platform, space="production", ring=RING)
    actual = created(production, STAGING, "shop-staging")
    actual = production.carry_out(steps.Look("abroad", KEY, spaces=("acme/review",)), actual)
    actual = production.carry_out(steps.CopyDroplet(source.guid), actual)
    actual = looked(production, actual, "droplets", lambda a: a.droplets and a.droplets[0].state == "ready")
    assert actual.droplets and actual.droplets[0].signed_for is None
    copy = actual.droplets[0]

    actual = production.carry_out(steps.CarrySignature(copy.guid, source.guid), actual)

    assert actual.droplets and (actual.droplets[0].signed_for, actual.droplets[0].built_by) == (KEY, "pr-12")
    back = signing.carry_out(
        steps.Look("abroad", KEY, spaces=("acme/production",)), Actual(Environment(7, "dev"))
    )
    assert back.abroad is not None and [d.guid for d in back.abroad.signed] == [copy.guid]
    removed(production, actual)


def copied(space: SpaceClient, actual: Actual, source: str) -> tuple[Actual, Droplet]:
    """The app with a copy of it, which is ready."""
    actual = space.carry_out(steps.CopyDroplet(source), actual)
    actual = looked(space, actual, "droplets", lambda a: a.droplets and a.droplets[0].state == "ready")
    assert actual.droplets
    return actual, actual.droplets[0]


@pytest.mark.parametrize("commands", [{"web": "evil"}, {}, {"web": SERVE, "worker": "evil"}])
def test_a_copy_that_starts_by_other_commands_than_were_signed_is_refused(
    platform: Platform, signing: SpaceClient, tmp_path: Path, commands: dict[str, str]
) -> None:
    source = signed(signing, staged(signing, created(signing), tmp_path))
    evil = platform.forge(source.guid, commands)
    production = client(platform, space="production", ring=RING)
    actual = production.carry_out(
        steps.Look("abroad", KEY, spaces=("acme/review",)), created(production, STAGING, "shop-staging")
    )
    assert actual.abroad is not None and [d.guid for d in actual.abroad.signed] == [evil, source.guid]

    actual, copy = copied(production, actual, evil)
    assert (copy.checksum, copy.copy_of, copy.refused) == (source.checksum, evil, False)
    actual = production.carry_out(steps.CarrySignature(copy.guid, evil), actual)
    assert actual.droplets and (actual.droplets[0].refused, actual.droplets[0].signed_for) == (True, None)
    actual = production.carry_out(steps.Look("droplets"), actual)
    assert actual.droplets and (actual.droplets[0].refused, actual.droplets[0].copy_of) == (True, evil)

    actual, copy = copied(production, actual, source.guid)
    actual = production.carry_out(steps.CarrySignature(copy.guid, source.guid), actual)
    assert actual.droplets and (actual.droplets[0].refused, actual.droplets[0].signed_for) == (False, KEY)
    platform.unforge(source.guid)
    removed(production, actual)


def test_where_nothing_is_signed_a_copy_has_to_start_as_its_source_does(
    platform: Platform, signing: SpaceClient, tmp_path: Path
) -> None:
    actual = staged(signing, created(signing), tmp_path)
    assert actual.droplets
    source = actual.droplets[0].guid
    actual, same = copied(signing, actual, source)
    actual, other = copied(signing, actual, platform.forge(source, {"web": "evil"}))
    assert same.checksum == other.checksum
    for copy in (same, other):
        actual = signing.carry_out(steps.CarrySignature(copy.guid, source), actual)
    assert actual.droplets and actual.alike == {same.guid}
    assert [d.guid for d in actual.droplets if d.refused] == [other.guid]
    assert not any(d.signed_for for d in actual.droplets)
    platform.unforge(source)


def test_a_space_that_is_not_ours_to_read_is_named(platform: Platform, signing: SpaceClient) -> None:
    spaces = ("acme/nowhere", "nobody/review", "acme/production")
    found = signing.carry_out(steps.Look("abroad", KEY, spaces=spaces), Actual(STAGING)).abroad
    assert found is not None and found.unread == ("acme/nowhere", "nobody/review")


def _set_variable(platform: Platform, app: str) -> None:
    platform.meddle(
        "PATCH", f"/v3/apps/{app}/environment_variables", {"var": {"PIP_INDEX_URL": "https://evil"}}
    )


def _set_buildpacks(platform: Platform, app: str) -> None:
    lifecycle = {"type": "buildpack", "data": {"buildpacks": []}}
    platform.meddle("PATCH", f"/v3/apps/{app}", {"lifecycle": lifecycle})


def _bind(platform: Platform, app: str) -> None:
    space = platform.meddle("GET", f"/v3/apps/{app}")["relationships"]["space"]
    wanted: dict[str, Any] = {"type": "user-provided", "name": "evil", "relationships": {"space": space}}
    instance = platform.meddle("POST", "/v3/service_instances", wanted)["guid"]
    to = {"app": {"data": {"guid": app}}, "service_instance": {"data": {"guid": instance}}}
    platform.meddle("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": to})


def _unbind(platform: Platform) -> None:
    for found in platform.meddle("GET", "/v3/service_instances?names=evil")["resources"]:
        platform.meddle("DELETE", f"/v3/service_instances/{found['guid']}")


@pytest.mark.parametrize("meddle", [_set_variable, _set_buildpacks, _bind])
def test_what_somebody_else_had_a_hand_in_is_not_signed(
    platform: Platform, signing: SpaceClient, tmp_path: Path, meddle: Meddle
) -> None:
    actual = created(signing)
    guid = app_of(actual).guid
    actual = staged(signing, actual, tmp_path, lambda: meddle(platform, guid))
    assert signed(signing, actual).signed_for is None
    _unbind(platform)


def test_what_somebody_else_does_afterwards_takes_no_signature_away(
    platform: Platform, signing: SpaceClient, tmp_path: Path
) -> None:
    actual = staged(signing, created(signing), tmp_path)
    droplet = signed(signing, actual)
    assert droplet.signed_for == KEY
    _set_variable(platform, app_of(actual).guid)
    assert [d.guid for d in found_abroad(platform)] == [droplet.guid]


def found_abroad(platform: Platform) -> tuple[Droplet, ...]:
    found = abroad(client(platform, space="production", ring=RING)).abroad
    assert found is not None
    return found.signed


def test_an_app_that_somebody_else_made_signs_nothing(
    platform: Platform, signing: SpaceClient, tmp_path: Path
) -> None:
    others = client(
        platform, ring=RING, user=None, password=None, client_id="orchestrator",
        client_secret=Secret("orchestrator"),
    )  # fmt: skip
    actual = staged(signing, created(others), tmp_path)
    assert signed(signing, actual).signed_for is None


def test_another_label_does_not_make_a_package_or_a_build_another(
    platform: Platform, signing: SpaceClient, tmp_path: Path
) -> None:
    actual = staged(signing, created(signing), tmp_path)
    assert actual.packages and actual.builds
    package, build, wanted = actual.packages[0].guid, actual.builds[0].guid, "a" * 40
    for path in (f"/v3/packages/{package}", f"/v3/builds/{build}"):
        platform.meddle("PATCH", path, {"metadata": {"labels": {"reviewapps-build": wanted}}})

    actual = signing.carry_out(steps.Look("builds"), actual)
    assert actual.builds and actual.builds[0].build_key == wanted
    (seen,) = signing.carry_out(steps.Look("packages"), actual).packages or ()
    assert seen.build_key is None  # so that nobody builds it as what it is not
    assert actual.droplets
    actual = signing.carry_out(steps.Sign(actual.droplets[0].guid, wanted), actual)
    assert actual.droplets and actual.droplets[0].signed_for is None
