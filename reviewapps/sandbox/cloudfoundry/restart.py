"""After a restart: what should run runs again, and what was lost is owned up to, as if all cells had been lost."""

from __future__ import annotations

import shutil

from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.runtime.threads import in_thread
from reviewapps.sandbox.cloudfoundry.state import Droplet, Package, new_guid
from reviewapps.sandbox.cloudfoundry.world import World

_WORKPLACES = ("cells", "staging", "tasks", "uploads")


def carry_on(platform: Platform) -> None:
    """Bring ``platform`` up again from its rows. Its builds and tasks have failed; jobs and deployments go on."""
    _sweep(platform)
    _compare(platform.world)
    platform.stager.carry_on()
    platform.task_runs.carry_on()
    platform.jobs.carry_on()
    platform.cells.carry_on()
    platform.rollouts.carry_on()


def _sweep(platform: Platform) -> None:
    """Remove what killed builds, tasks and instances left; in the background, since that may be much."""
    home = platform.world.home
    rubbish = home / "rubbish"
    rubbish.mkdir(parents=True, exist_ok=True)
    for name in _WORKPLACES:
        if (home / name).exists():
            (home / name).rename(rubbish / new_guid())
    platform.background.spawn(in_thread(shutil.rmtree, rubbish, ignore_errors=True))


def _compare(world: World) -> None:
    """Let every file belong to a row, and every row that is to have one have its file."""
    with_bits: list[Package | Droplet] = [*world.all(Package), *world.all(Droplet)]
    rows = {world.bits(row): row for row in with_bits}
    for path in (world.home / "blobs").glob("*"):
        if path not in rows or rows[path].state == "AWAITING_UPLOAD":
            path.unlink()
    for path, row in rows.items():
        if row.state in ("READY", "STAGED") and not path.exists():
            row.state = "EXPIRED"  # it was on its way out when the server was killed
