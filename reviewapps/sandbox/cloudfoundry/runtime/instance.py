"""One container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.health import HealthCheck
from reviewapps.sandbox.cloudfoundry.runtime.processes import LogLine


@dataclass(frozen=True)
class InstanceSpec:
    """What is to run. ``env`` is the app's own environment; the container's is added to it."""

    index: int
    command: str
    droplet: Path
    env: Mapping[str, str]
    memory_mb: int
    health: HealthCheck
    process_type: str = "web"


class Instance:
    """One container, which runs, crashes and comes back by itself as in Diego.

    ``state`` is STARTING, RUNNING, CRASHED, STOPPING or DOWN, and ``since`` the ``time.time()`` of its last
    change. ``changed(instance, exit_description)`` is called after each change; the description is only
    there when the change is a crash.
    """

    guid: str
    state: str
    port: int
    since: float
    exit_description: str | None

    def __init__(
        self,
        spec: InstanceSpec,
        *,
        folder: Path,
        log: LogLine,
        changed: Callable[[Instance, str | None], None],
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Begin to run, in the running event loop; comes back at once."""
        raise NotImplementedError

    async def stop(self, *, grace: float = 10) -> None:
        """Leave the router, let requests in flight finish, then SIGTERM, and after ``grace`` seconds SIGKILL."""
        raise NotImplementedError
