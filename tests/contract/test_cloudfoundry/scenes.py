"""What the tests deploy, and the way there."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.model import Actual, App, Attempt, Blueprint, Environment, Health

T = TypeVar("T")
PREVIEW = Environment(7, "pr-12")
OTHER = Environment(7, "pr-13")
NAMES = ("shop-pr-12", "shop-pr-12-2dc23a")


def attempt(**changes: Any) -> Attempt:
    return replace(Attempt("a1", "c" * 40, "f" * 40, datetime.now(UTC)), **changes)


def blueprint(**changes: Any) -> Blueprint:
    """A web server that needs no building."""
    plain = Blueprint(
        commit="c" * 40,
        host="shop-pr-12.apps.localhost",
        app="shop",
        path="",
        tree="e" * 40,
        build_key="b" * 40,
        memory_mb=128,
        disk_mb=256,
        command=None,
        health=Health("port"),
        buildpacks=("binary_buildpack",),
        stack=None,
        env={"COLOUR": "blue"},
    )
    return replace(plain, **changes)


def archive(folder: Path, procfile: str = "web: exec python3 -m http.server $PORT\n") -> Path:
    zipped = folder / "source.zip"
    with zipfile.ZipFile(zipped, "w") as writing:
        writing.writestr("Procfile", procfile)
        writing.writestr("hello.txt", "hello")
    return zipped


def app_of(actual: Actual) -> App:
    assert actual.app is not None
    return actual.app


def until(found: Callable[[], T], holds: Callable[[T], object], *, seconds: float = 40.0) -> T:
    """What is found as soon as it holds."""
    deadline = time.monotonic() + seconds
    while not holds(actual := found()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {actual}"
        time.sleep(0.02)
    return actual


def looked(space: SpaceClient, actual: Actual, kind: steps.Kind, holds: Callable[[Actual], object]) -> Actual:
    """What is there once a look of this kind shows that it holds."""
    return until(lambda: space.carry_out(steps.Look(kind), actual), holds)


def uploaded(space: SpaceClient, actual: Actual, zipped: Path, **changes: Any) -> Actual:
    """With a package of the app's own."""
    upload = steps.Upload(app_of(actual).guid, blueprint(**changes), archive=zipped)
    return space.carry_out(upload, actual)


def built(space: SpaceClient, actual: Actual, folder: Path, **changes: Any) -> tuple[Actual, str]:
    """The app with a droplet ready to start, and that droplet."""
    plan = blueprint(**changes)
    actual = uploaded(space, actual, archive(folder), **changes)
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages
    actual = space.carry_out(
        steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a1", plan), actual
    )
    actual = looked(space, actual, "builds", lambda a: a.builds and a.builds[0].state != "waiting")
    assert actual.builds and actual.builds[0].droplet, actual.builds
    return actual, actual.builds[0].droplet


def removed(space: SpaceClient, actual: Actual) -> Actual:
    for route in actual.routes:
        actual = space.carry_out(steps.DeleteRoute(route.guid), actual)
    for app in actual.apps:
        actual = space.carry_out(steps.DeleteApp(app.guid), actual)
    return actual


def created(space: SpaceClient, environment: Environment = PREVIEW, name: str = NAMES[0]) -> Actual:
    return space.carry_out(steps.CreateApp((name,), attempt()), Actual(environment))


def routed(space: SpaceClient, actual: Actual, host: str = NAMES[0]) -> Actual:
    actual = space.carry_out(steps.CreateRoute((host,)), actual)
    assert actual.route is not None
    return space.carry_out(steps.MapRoute(actual.route.guid), actual)


def well(actual: Actual) -> bool:
    return bool(actual.instances) and all(instance.well for instance in actual.instances or ())
