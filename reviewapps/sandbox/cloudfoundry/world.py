"""Everything that is there: the rows of the Cloud Controller, its files, and how long things take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import Field

from reviewapps.sandbox.clock import Clock
from reviewapps.sandbox.cloudfoundry.runtime import LARGEST_APP, REMEMBERED, Logs
from reviewapps.sandbox.cloudfoundry.state import App, AuditEvent, Droplet, Package, Row, Space, Token, User

R = TypeVar("R", bound=Row)
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Pause = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Between two rounds of something that goes on for ever, which is never without a pause."""
Amount = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]


@dataclass
class Settings:
    """How long things take here, in seconds, and how much is kept. The real platform is slower.

    ``broker_seconds`` is how long a broker takes for a service instance (on cloud.gov 5 to 60 minutes),
    ``route_service_seconds`` how long the router believes its own signature.
    """

    job_delay: Seconds = 0.05
    upload_delay: Seconds = 0.05
    copy_delay: Seconds = 0.05
    deployment_tick: Pause = 0.2
    stop_grace: Seconds = 10
    broker_seconds: Seconds = 0
    route_service_seconds: Seconds = 60
    staging_seconds: Seconds = 0  # that a build waits before it begins, at the cost of nothing
    staging_timeout: Seconds = 900
    links_packages: bool = False  # of Python that this machine has installed, instead of fetching them
    sweep_seconds: Pause = 60  # between two rounds that drop what is old
    token_seconds: Seconds = 600
    refresh_token_seconds: Seconds = 43_200
    firewall_requests: Amount = 0  # in five minutes from one address (cloud.gov: 2,000); 0: no firewall
    default_memory_in_mb: AtLeastOne = 512
    default_disk_in_mb: AtLeastOne = 1024
    staging_memory_in_mb: Amount = 256
    cell_memory_in_mb: Amount = 131_072
    largest_upload_bytes: Amount = 2 * 1024**3
    largest_package_bytes: Amount = LARGEST_APP
    kept_packages: AtLeastOne = 5
    kept_droplets: AtLeastOne = 5
    kept_log_lines: AtLeastOne = REMEMBERED  # of each app
    most_instances: AtLeastOne = 1000  # of one process
    crash_pause: Seconds = 30  # before a start after the fourth crash; it doubles with each that follows
    route_delay: Seconds = 0  # until a changed route reaches the router; one to three seconds in public


class World:
    """One table per kind of row, in the order of creation, and the sessions of UAA.

    All of it outlives the process, but for the logs and the settings: log-cache forgets, and settings are how a
    server was started.
    """

    def __init__(self, home: Path, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self.api_url = ""  # known when somebody listens there
        self.clock = Clock()
        self.logs = Logs()
        self.logins: dict[str, User] = {}
        self.access_tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, Token] = {}
        self.bad_logins: dict[str, list[float]] = {}
        self._tables: dict[type[Row], dict[str, Row]] = {}

    def __getstate__(self) -> dict[str, Any]:
        passing = ("home", "settings", "logs", "api_url")
        return {name: value for name, value in vars(self).items() if name not in passing}

    def all(self, kind: type[R]) -> Iterator[R]:
        """The rows of one kind, oldest first, as they are now."""
        return iter(cast("list[R]", list(self._tables.get(kind, {}).values())))

    def find(self, kind: type[R], guid: str) -> R | None:
        return cast("R | None", self._tables.get(kind, {}).get(guid))

    def add(self, row: R) -> R:
        self._tables.setdefault(type(row), {})[row.guid] = row
        return row

    def remove(self, row: Row) -> None:
        """Take a row out, with its file; gone already is fine."""
        self._tables.get(type(row), {}).pop(row.guid, None)
        if isinstance(row, Package | Droplet):
            self.bits(row).unlink(missing_ok=True)

    def of_app(self, kind: type[R], app: App) -> list[R]:
        """The rows of one kind that belong to ``app``, oldest first."""
        return [row for row in self.all(kind) if getattr(row, "app", None) is app]

    def app_named(self, space: Space, name: str) -> App | None:
        """The app of this name; upper and lower case are the same to the platform."""
        wanted = name.lower()
        same = (app for app in self.all(App) if app.space is space and app.name.lower() == wanted)
        return next(same, None)

    def bits(self, row: Package | Droplet) -> Path:
        """Where the file of a package (.zip) or of a droplet (.tgz) is kept."""
        suffix = ".zip" if isinstance(row, Package) else ".tgz"
        folder = self.home / "blobs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / (row.guid + suffix)

    def folder(self, *names: str) -> Path:
        """A new, empty folder to work in."""
        folder = self.home.joinpath(*names)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def say(
        self, app: App, source_type: str, line: str, *, stream: str = "OUT", index: int = 0, **tags: str
    ) -> None:
        """Remember one line of an app's log; what is said after the app's end is not kept."""
        if self.find(App, app.guid) is None:
            return
        around = {
            "app_id": app.guid,
            "app_name": app.name,
            "space_name": app.space.name,
            "organization_name": app.space.organization.name,
        }
        told, keep = {**around, **tags}, self.settings.kept_log_lines
        self.logs.append(
            app.guid, source_type, line, instance=str(index), stream=stream, tags=told, keep=keep
        )

    def record(
        self,
        type: str,
        target: Row,
        space: Space,
        actor: User | None = None,
        data: dict[str, Any] | None = None,
    ) -> AuditEvent:
        """Write down what happened to ``target``; without an actor it did it itself."""
        noun = type.split(".")[1]
        told = {"guid": target.guid, "type": noun, "name": str(getattr(target, "name", ""))}
        by = {"guid": actor.guid, "type": "user", "name": actor.name} if actor else told
        return self.add(AuditEvent(type=type, actor=by, target=told, space=space, data=data or {}))
