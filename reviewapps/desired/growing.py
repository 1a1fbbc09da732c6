"""Previews that take more memory than before: they had a place first, so they come before who has none."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.desired.room import Room, Sharing, holdings
from reviewapps.desired.verdicts import NoRoom
from reviewapps.model import App, Environment, Space
from reviewapps.outcome import Shortage


def asks_for_more(app: App | None, commit: str, config: str) -> bool:
    """Whether an attempt at this commit waits for room beside what the app has."""
    attempt = app.attempt if app is not None else None
    return attempt is not None and attempt.is_for(commit, config) and attempt.waits_for_room


@dataclass(frozen=True)
class Growing:
    """Those of all repositories that wait to grow, in the order in which they asked. That is read from their
    labels, so that two looks agree."""

    room: Room
    space: Space
    limit: int

    def short(self, environment: Environment, commit: str) -> NoRoom | None:
        """What there is too little of for this one; None where it fits."""
        line = self._line()
        places = (place for place, app in enumerate(line) if app.environment == environment)
        place = next(places, None)
        if place is None:
            return None
        need = _need(line[place])
        sharing = self._sharing(line[place], frozenset(app.guid for app in line[:place]))
        never = sharing.never(need)
        if not never and sharing.fits(need):
            return None
        freed_by = () if never else sharing.freed_by(need)
        shortage = Shortage(need, self.room.of, freed_by, never, free=sharing.free(need))
        return NoRoom(commit, place + 1, len(line), self.limit, self._holders(environment), shortage)

    def _line(self) -> list[App]:
        here = [app for app in self.space.apps if app.environment.kind in self.room.kinds]
        waiting = [(app.attempt, app) for app in here if not self.room.leaves(app)]
        asked = [(one.began, app.guid, app) for one, app in waiting if one is not None and one.waits_for_room]
        return [app for _, _, app in sorted(asked, key=lambda one: one[:2])]

    def _sharing(self, app: App, before: frozenset[str]) -> Sharing:
        """The room without what this one has of it."""
        held = holdings(self.room, self.space, {}, waiting=before)
        held.pop(app.environment, None)
        return Sharing(self.room, app.environment.repository, held)

    def _holders(self, environment: Environment) -> tuple[int, ...]:
        ours = (app.environment for app in self.space.apps if app.environment != environment)
        return tuple(sorted({e.number for e in ours if e.number and e.repository == environment.repository}))


def _need(app: App) -> int:
    return (app.attempt.needs_mb if app.attempt is not None else None) or 0
