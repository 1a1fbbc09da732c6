"""One-off commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.processes import LogLine


async def run_task(
    command: str,
    droplet: Path,
    *,
    env: Mapping[str, str],
    folder: Path,
    log: LogLine,
    started: Callable[[], None],
) -> int:
    """The exit status of ``command``, run once in the droplet. Cancelling it kills all that it started."""
    raise NotImplementedError
