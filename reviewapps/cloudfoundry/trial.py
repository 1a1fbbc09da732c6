"""A small app of our own, pushed, reached and removed: does the whole way work?

It bears a label of its own and not those of previews, so that no orchestrator takes it for one; by that label
whatever an interrupted try left behind is found and removed.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, TypeVar

from reviewapps.cloudfoundry import parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.doorbell import Doorbell
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.cloudfoundry.labels import TRIAL
from reviewapps.errors import OperatorMustAct, Unavailable
from reviewapps.model import Build, Package
from reviewapps.naming import digest

T = TypeVar("T")

FILES: Final = {
    "Staticfile": "",
    "index.html": "<!doctype html>\n<title>reviewapps doctor</title>\n<p>A try, gone in a moment.\n",
}
SIZES: Final = {"instances": 1, "memory_in_mb": 64, "disk_in_mb": 256}
TO_ANSWER: Final = 180.0
TO_BE_GONE: Final = 60.0
TICK: Final = (0.1, 2.0)
"""Seconds between two looks: at first, and at most."""


class TrialFailed(OperatorMustAct):
    """The platform took the app, and it did not come to life."""


class Trial:
    """One try in one space."""

    def __init__(self, api: Client, doorbell: Doorbell) -> None:
        self._api, self._doorbell = api, doorbell
        self._selector = f"{TRIAL}={api.instance}"
        self._labels = {TRIAL: api.instance}

    def run(self) -> float:
        """Seconds from the first request until all of it is gone again. Whatever happens, it is removed."""
        began = time.monotonic()
        self.remove()  # what an earlier one left
        try:
            self._push()
        finally:
            self.remove()
        return time.monotonic() - began

    def remove(self) -> None:
        """Take away whatever bears our label; return when it is gone."""

        def gone() -> bool | None:
            with suppress(NotFound):
                for route in self._api.routes(self._selector):
                    self._api.delete_route(route["guid"])
                for app in self._api.apps(self._selector):
                    self._api.delete_app(app["guid"])
            return True if not self._left() else None

        _until("the try's app did not go away", gone, TO_BE_GONE)

    def _left(self) -> bool:
        return bool(self._api.routes(self._selector) or self._api.apps(self._selector))

    def _push(self) -> None:
        # Nobody else may want this name: hosts are one for all tenants of a domain.
        name = f"reviewapps-doctor-{digest(self._api.instance, self._api.target.space, length=8)}"
        app = str(self._api.create_app(name, self._labels, {})["guid"])
        route = self._api.create_route(name, self._labels)
        self._api.map_route(route["guid"], app)
        self._api.scale_web(app, SIZES)
        droplet = self._droplet(app)
        self._api.assign_droplet(app, droplet)
        self._api.start(app)
        _until(f"{route['url']} did not answer", lambda: self._answers(app, route["url"]), TO_ANSWER)

    def _droplet(self, app: str) -> str:
        package = str(self._api.create_package(app, self._labels)["guid"])
        with _zipped() as archive:
            self._api.upload(package, archive)
        _until("the package was not taken", lambda: self._package(package), TO_ANSWER)
        self._api.create_build(package, {}, self._labels)
        return _until("the build did not end", lambda: self._built(app), TO_ANSWER)

    def _package(self, package: str) -> Package | None:
        seen = parse.package(self._api.package(package))
        if seen.state == "failed":
            raise TrialFailed(f"the package failed: {seen.error}")
        return seen if seen.state == "ready" else None

    def _built(self, app: str) -> str | None:
        builds: list[Build] = [parse.build(one) for one in self._api.builds(app, self._selector)]
        if builds and builds[0].state == "failed":
            raise TrialFailed(f"staging failed: {builds[0].error}")
        return builds[0].droplet if builds and builds[0].state == "ready" else None

    def _answers(self, app: str, address: str) -> bool | None:
        if self._doorbell.answers(address):
            return True
        states = {one.state for one in parse.instances(self._api.web_stats(app))}
        if states == {"CRASHED"}:
            raise TrialFailed("the app crashed at its start")
        return None


@contextmanager
def _zipped() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in FILES.items():
                archive.writestr(name, text)
        file.flush()
        yield file


def _until(failure: str, seen: Callable[[], T | None], seconds: float) -> T:
    """What is seen at last; Unavailable when it takes too long."""
    (pause, longest), deadline = TICK, time.monotonic() + seconds
    while True:
        found = seen()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Unavailable(f"{failure} within {seconds:.0f} s")
        time.sleep(pause)
        pause = min(longest, pause * 1.5)
