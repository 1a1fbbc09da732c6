"""After a restart: what reached git before a kill, but no longer the rows, is caught up with."""

from __future__ import annotations

import shutil

from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.world import World


async def carry_on(world: World, pull_requests: PullRequests) -> None:
    """Remove the repositories that nobody remembers, and bring pull requests in step with their branches."""
    for path in world.home.glob("*.git"):
        if not world.gave(int(path.stem)):
            shutil.rmtree(path)
    for repository in list(world.repositories.values()):
        await pull_requests.catch_up(repository, repository.owner)
