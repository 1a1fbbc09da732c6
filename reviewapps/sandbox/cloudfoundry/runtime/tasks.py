"""One-off commands: ``cf run-task``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.container import launch, unpack
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.threads import in_thread


async def run_task(
    command: str,
    droplet: Path,
    *,
    env: Mapping[str, str],
    folder: Path,
    log: LogLine,
    started: Callable[[], None],
) -> int:
    """The exit status of ``command``, run once in the droplet. Cancelling it kills all that it started.

    ``folder`` is the container's own and gone afterwards. As in Cloud Foundry, a task gets no ``PORT``.
    """
    try:
        await in_thread(unpack, droplet, folder)
        group = await launch(command, folder, env, log)
        started()
        try:
            status = await group.exit_status()
        finally:
            await group.stop(grace=0)
        log("OUT", f"Exit status {status}")
        return status
    finally:
        shutil.rmtree(folder, ignore_errors=True)
