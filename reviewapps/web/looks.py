"""What the workers' last looks kept, as far as it is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from reviewapps.installation import TROUBLE
from reviewapps.overview import Overview
from reviewapps.ports import POINTS, Memory
from reviewapps.reconcile import last_overview


@dataclass(frozen=True)
class Trouble:
    """Why a look failed, after the last one that did not."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Seen:
    """One repository: the last look at it (None: not looked yet), and what went wrong since."""

    repository: str
    overview: Overview | None
    trouble: Trouble | None = None


class Looks:
    """The repositories of one installation, in the order in which they were configured."""

    def __init__(self, memory: Memory, repositories: Iterable[str]) -> None:
        self._memory = memory
        self.repositories = tuple(repositories)

    def all(self, may_read: Callable[[str], bool] = lambda _: True) -> list[Seen]:
        """Every repository, or those that somebody may read."""
        return [self.seen(repository) for repository in self.repositories if may_read(repository)]

    def named(self, name: str) -> str | None:
        """The repository of that name as it was configured; GitHub does not mind capitals."""
        return next((one for one in self.repositories if one.lower() == name.lower()), None)

    def points(self) -> tuple[int, int] | None:
        """How many more answers GitHub gives, and of how many; None where nobody paid for one lately."""
        told = self._memory.read(POINTS)
        return None if told is None else (int(told[0]), int(told[1]))

    def seen(self, repository: str) -> Seen:
        """One repository."""
        overview, told = last_overview(self._memory, repository), self._memory.read(f"{TROUBLE}{repository}")
        trouble = Trouble(datetime.fromtimestamp(told[0], UTC), str(told[1])) if told is not None else None
        if trouble is not None and overview is not None and trouble.at < overview.looked_at:
            trouble = None
        return Seen(repository, overview, trouble)
