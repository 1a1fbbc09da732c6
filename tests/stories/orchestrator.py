"""One installation, driven in this very process as a worker's pump and clock would drive it."""

from __future__ import annotations

from redis import Redis

from reviewapps import wiring
from reviewapps.coordination.due import QUEUES
from reviewapps.model import Environment
from reviewapps.settings import Settings

AT_ONCE = 100

BRISK = 60
"""Seconds between two looks: who is told to look less often is to look when a webhook comes, and not before."""


class Orchestrator:
    """What is not foreseen is raised where the story stands, and not only logged."""

    def __init__(self, told: Settings) -> None:
        self.told = told
        self.installation = wiring.installation(told)
        self._redis = Redis.from_url(wiring.redis_url(told))

    def beat(self, *, looks: bool = False) -> None:
        """Look if it is time to, or where GitHub told of something, then take every turn that is due."""
        for repository in self.installation.asked_for():
            self.installation.look(repository)
        by_clock = self.told.look_every <= BRISK
        if self.installation.clock.strikes("look", self.told.look_every) or (looks and by_clock):
            self.look()
        self.take_turns()
        self.installation.speak()

    def look(self) -> None:
        """One look at each repository, whatever the clock says."""
        for repository in self.installation.repositories:
            self.installation.look(repository)

    def take_turns(self) -> None:
        """Every turn that is due now."""
        for _, environment in self.installation.turns.due.pop(AT_ONCE):
            self.installation.turns.take(environment)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for its turn, now or later."""
        prefix = f"reviewapps:{self.told.instance}:"
        return not any(self._redis.zcard(f"{prefix}due:{queue}") for queue in QUEUES)

    def redeploy(self, name: str) -> str:
        """What ``reviewapps redeploy`` does; the commit."""
        (reconciler,) = self.installation.reconcilers.values()
        return self.installation.redeploy(Environment(reconciler.repository.id, name))

    def reset(self, number: int) -> str:
        """What ``reviewapps reset`` does; the commit."""
        (reconciler,) = self.installation.reconcilers.values()
        return self.installation.reset(Environment(reconciler.repository.id, f"pr-{number}"))

    def forget(self) -> None:
        """Lose all that Redis knows, as at the end of a power cut."""
        self._redis.flushall()
