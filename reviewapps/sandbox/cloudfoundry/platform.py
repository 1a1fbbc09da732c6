"""The parts of one Cloud Foundry, put together."""

from __future__ import annotations

from pathlib import Path

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.brokers import Brokers
from reviewapps.sandbox.cloudfoundry.cells import Cells
from reviewapps.sandbox.cloudfoundry.jobs import Jobs
from reviewapps.sandbox.cloudfoundry.provisioning import Provisioning
from reviewapps.sandbox.cloudfoundry.rollouts import Rollouts
from reviewapps.sandbox.cloudfoundry.staging import Stager
from reviewapps.sandbox.cloudfoundry.task_runs import TaskRuns
from reviewapps.sandbox.cloudfoundry.uaa import Uaa
from reviewapps.sandbox.cloudfoundry.world import Settings, World
from reviewapps.sandbox.snapshots import Snapshots


class Platform:
    """What the endpoints work with."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self.world = World(home, settings)
        self.snapshots = Snapshots(self.world, home)
        self.background = Background(self.snapshots.changed)
        self.uaa = Uaa(self.world)
        self.jobs = Jobs(self)
        self.brokers = Brokers(home, self.uaa, self.world)
        self.provisioning = Provisioning(self.world, self.brokers, self.jobs)
        self.cells = Cells(self.world)
        self.rollouts = Rollouts(self.world, self.cells, self.background)
        self.stager = Stager(self.world, self.background)
        self.task_runs = TaskRuns(self.world, self.background)

    async def close(self) -> None:
        """Stop every build, task, job, app and server, and wait for their end."""
        await self.background.close()
        await self.cells.close()
        await self.brokers.close()
