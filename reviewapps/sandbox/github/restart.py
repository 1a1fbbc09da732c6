"""After a restart: what reached git before a kill, but no longer the rows, is caught up with."""

from __future__ import annotations

from reviewapps.sandbox.github.folders import remove_unused
from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.world import World


async def carry_on(world: World, pull_requests: PullRequests) -> None:
    """Remove what nobody remembers or needs, and bring pull requests in step with their branches."""
    for repository in list(world.repositories.values()):
        if not repository.git.path.exists():
            world.remove(repository)
    await remove_unused(world)
    for repository in list(world.repositories.values()):
        await pull_requests.catch_up(repository, repository.owner)
