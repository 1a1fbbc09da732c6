"""The memory of the space that previews live in: what there is of it, who holds it, and who is to have it next.

All sizes are MB. Room is only known where somebody wants some: an installation at rest does not ask for it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reviewapps.model import USUAL, App, Environment, Space

STAGING: Final = 1024
"""A build, where none was seen yet: the platform's default."""

PATIENCE: Final = timedelta(hours=1)
"""For so long newer ones that need less may be put before one that needs more."""


@dataclass(frozen=True)
class Waiter:
    """A pull request that wants room and holds none, and since when, as far as is remembered."""

    number: int
    need: int
    since: datetime


@dataclass(frozen=True)
class Line:
    """Who of a repository wants room; the first in line is first."""

    repository: int
    waiters: tuple[Waiter, ...] = ()


@dataclass(frozen=True)
class Room:
    """``allowance`` is what all of ours may hold in the space, builds and switches included; ``of`` the limit that
    it follows from, as people know it. None is no limit that is known: then there is room for everybody.

    ``sizes`` are what each app is sized for, by guid; ``kinds`` the kinds of environments that live here;
    ``staging`` is what a build takes. ``before`` is this repository's own line as it was, ``lines`` the others'.
    ``granted`` are the repositories whose previews live here, None where that is not known of all.
    """

    allowance: int | None = None
    of: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({"review"})
    staging: int = STAGING
    before: tuple[Waiter, ...] = ()
    lines: tuple[Line, ...] = ()
    granted: frozenset[int] | None = None

    def leaves(self, app: App) -> bool:
        """Whether it is of a preview that everybody leaves alone, since its repository is not granted any more: it
        has what it has, and asks for nothing."""
        preview, repository = app.environment.number is not None, app.environment.repository
        return preview and self.granted is not None and repository not in self.granted

    def since(self, number: int, now: datetime) -> datetime:
        """Since when this pull request waits: since now, where nobody remembers."""
        return next((one.since for one in self.before if one.number == number), now)


def holdings(
    room: Room, space: Space, needs: Mapping[Environment, int], waiting: Container[str] | None = None
) -> dict[Environment, int]:
    """What each environment of ours in the space holds, or will: what is on its way holds what it ``needs``, which
    of other repositories' is not known but by its app's size. What is to grow holds what it asks for, also while
    it waits for that; ``waiting``: of those, only what these apps ask for."""
    claims = _claims(room, space, waiting)
    held: dict[Environment, int] = {}
    for app in space.apps:
        aside = _is_put_aside(app) or (room.leaves(app) and not app.started)
        if app.environment.kind in room.kinds and not app.is_builder and not aside:
            size = room.sizes.get(app.guid)
            expected = needs.get(app.environment, USUAL if size is None else size)
            holds = size if app.started and size is not None else expected
            held[app.environment] = held.get(app.environment, 0) + max(holds, claims.get(app.guid, 0))
    return held


def _claims(room: Room, space: Space, waiting: Container[str] | None) -> dict[str, int]:
    """What apps ask for that are to grow, by guid; what could never be had is no claim."""
    shared = [app for app in space.apps if app.environment.shared and app.environment.kind in room.kinds]
    most = None if room.allowance is None else room.allowance - sum(room.sizes.get(a.guid, 0) for a in shared)
    apps = [app for app in space.apps if not room.leaves(app)]
    asked = [(app.guid, app.attempt) for app in apps if app.attempt is not None]
    return {
        guid: attempt.needs_mb
        for guid, attempt in asked
        if attempt.needs_mb is not None
        and attempt.refusal is None
        and (most is None or attempt.needs_mb <= most)
        and (waiting is None or attempt.granted or guid in waiting)
    }


def _is_put_aside(app: App) -> bool:
    """Whether it is stopped, and will stay so until somebody pushes."""
    return not app.started and app.attempt is not None and app.attempt.refusal is not None


class Sharing:
    """The room, as it is handed out: to one repository's pull requests, in the order in which they ask, and
    between them to those of other repositories that come first.

    The repository whose previews hold least comes first; of two that hold as much, the one that waits longer. That
    goes by what each is ``seen`` to hold by all of them: what a preview on its way needs only its own repository
    knows, and if each went by that, two could come first at once.

    Who comes first and does not fit holds up all that come later: nobody knows which preview goes next, so nobody
    can say that somebody who passes does not keep the first one waiting. Only what could never fit holds up
    nobody.
    """

    def __init__(
        self,
        room: Room,
        repository: int,
        held: Mapping[Environment, int],
        seen: Mapping[Environment, int] | None = None,
    ) -> None:
        self.room, self._repository, self._held = room, repository, dict(held)
        self._seen = dict(held if seen is None else seen)
        self._lines = {
            line.repository: [one for one in line.waiters if _of(line, one) not in held]
            for line in room.lines
            if line.repository != repository
        }
        self.blocked = self.others_first = False

    def admits(self, need: int, since: datetime, environment: Environment) -> bool:
        """Whether the next one of ours gets its room; if so it has it from now on."""
        if self.room.allowance is None:
            return True
        self._serve_others(since)
        if self.blocked or self.never(need):
            return False
        if not self.fits(need):
            self.blocked = True
            return False
        self._give(environment, need)
        return True

    def fits(self, need: int, without: Environment | None = None) -> bool:
        """Whether so much is free, beside what a build and a switch take, were ``without`` gone.

        Where nothing else is awake it may have all there is: what is never enough for a preview, its build and its
        switch at once may still be enough for one after the other.
        """
        allowance = self.room.allowance
        if allowance is None:
            return True
        held = {e: mb for e, mb in self._held.items() if e != without}
        if not any(e.number is not None for e in held):
            return sum(held.values()) + need <= allowance
        return sum(held.values()) + need + self._reserve(need) <= allowance

    def never(self, need: int) -> bool:
        """Whether not even a space without other previews had room for it."""
        shared = sum(mb for e, mb in self._held.items() if e.number is None)
        return self.room.allowance is not None and shared + need > self.room.allowance

    def free(self, need: int) -> int:
        """What is free for one that needs so much, beside what a build and a switch take."""
        return max(0, (self.room.allowance or 0) - sum(self._held.values()) - self._reserve(need))

    def freed_by(self, need: int) -> tuple[int, ...]:
        """The previews of this repository each of which, alone, would leave enough; none where there is enough
        already, and it is somebody else's turn."""
        if self.fits(need):
            return ()
        ours = (e for e in self._held if e.repository == self._repository and e.number is not None)
        return tuple(sorted(e.number or 0 for e in ours if self.fits(need, without=e)))

    def _reserve(self, need: int) -> int:
        """What one build and one switch take: the largest's, since nobody knows whose is next. Never more than
        half of all there is, or a small space had room for nobody."""
        largest = max([need, *self._held.values()])
        return min(max(self.room.staging, largest) + largest, (self.room.allowance or 0) // 2)

    def _serve_others(self, since: datetime) -> None:
        """Hand out what others are to have before the next one of ours."""
        while not self.blocked and (first := self._first_of_others(since)) is not None:
            waiter = self._lines[first].pop(0)
            if self.never(waiter.need):
                continue
            self.others_first = True
            if self.fits(waiter.need):
                self._give(Environment.of_pull_request(first, waiter.number), waiter.need)
            else:
                self.blocked = True

    def _first_of_others(self, since: datetime) -> int | None:
        ours = (self._awake(self._repository), since, self._repository)
        ranks = [(self._awake(who), line[0].since, who) for who, line in self._lines.items() if line]
        first = min(ranks, default=None)
        return first[2] if first is not None and first < ours else None

    def _give(self, environment: Environment, need: int) -> None:
        self._held[environment] = self._seen[environment] = need

    def _awake(self, repository: int) -> int:
        return sum(mb for e, mb in self._seen.items() if e.repository == repository and e.number is not None)


def _of(line: Line, waiter: Waiter) -> Environment:
    return Environment.of_pull_request(line.repository, waiter.number)
