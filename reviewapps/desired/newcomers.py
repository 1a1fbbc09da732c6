"""Pull requests that hold no place yet: who gets one now, and who waits for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from reviewapps.desired.room import PATIENCE, Room, Sharing, Waiter, holdings
from reviewapps.desired.verdicts import Absent, Known, Leave, NoRoom, Run, Verdict
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import USUAL, Environment, PullRequest, Space
from reviewapps.outcome import Shortage
from reviewapps.rules import Rules


class Judge(Protocol):
    """What is asked of whoever judges pull requests without regard to room."""

    repository: int
    rules: Rules | BadRules
    grant: Grant
    known: Known
    now: datetime
    space: Space
    limit: int

    def aged(self, pr: PullRequest, word: Literal["expired", "old"]) -> Verdict:
        """To run, unless its last push is too long ago."""


class Newcomers:
    """Hands out what is left, by number and by memory.

    What is needed is asked only where it decides: as long as there is room for the largest that is allowed, nobody
    has to read a manifest.
    """

    def __init__(self, judge: Judge, holders: Sequence[int], holding: Sequence[PullRequest]) -> None:
        self._judge, self._up = judge, list(holders)
        self.needs_asked: set[PullRequest] = set()
        self.room_asked = False
        self._waiters: list[Waiter] = []
        self._waiting: list[tuple[PullRequest, Shortage | None]] = []
        self._room = judge.known.room
        self._most = max(judge.grant.memory_mb, USUAL)
        on_their_way = [pr for pr in holding if self._is_on_its_way(pr)]
        self._unsure = {pr for pr in on_their_way if self._need(pr) is None}
        self._supposed_to_fit: set[PullRequest] = set()
        expected = {self._of(pr): self._at_most(pr) for pr in on_their_way}
        if self._room is not None:
            held, seen = (holdings(self._room, judge.space, needs) for needs in (expected, {}))
            self._sharing = Sharing(self._room, judge.repository, held, seen)

    def verdicts(self, newest_first: Sequence[PullRequest]) -> dict[int, Verdict]:
        """The verdict on each of them."""
        found: dict[int, Verdict] = {}
        for pr in self._in_line(newest_first):
            verdict = self._verdict(pr)
            if verdict is None:
                continue
            found[pr.number] = verdict
            if not isinstance(verdict, Absent):
                self._up.append(pr.number)
        limit, holders, of = self._judge.limit, tuple(sorted(self._up)), len(self._waiting)
        self._waiting.sort(key=lambda one: one[1] is not None and one[1].never)  # they stand in nobody's way
        for place, (pr, shortage) in enumerate(self._waiting, 1):
            found[pr.number] = NoRoom(pr.commit, place, of, limit, holders, shortage)
        return found

    @property
    def line(self) -> tuple[Waiter, ...]:
        """Those that want memory and hold none yet, as far as it is known how much."""
        return tuple(self._waiters)

    def _verdict(self, pr: PullRequest) -> Verdict | None:
        """The verdict; None where it waits."""
        room, blocked = self._room, self._room is not None and self._sharing.blocked
        if len(self._up) + (len(self._waiting) if blocked else 0) >= self._judge.limit:
            shortage = Shortage(None, room.of) if room is not None and blocked else None
            self._waiting.append((pr, shortage))
            self._keep(pr)
            return None
        if blocked and room is not None:
            return self._behind(pr, room)
        verdict = self._judge.aged(pr, "old")
        if not isinstance(verdict, Run):
            return verdict
        if room is None:
            self.room_asked = True
            return Leave()
        return self._admitted(pr, verdict, room)

    def _admitted(self, pr: PullRequest, run: Run, room: Room) -> Verdict | None:
        """Run where there is memory for it; None where it has to wait."""
        need, since = self._need(pr), room.since(pr.number, self._judge.now)
        supposed = self._at_most(pr)
        admitted = self._sharing.admits(supposed, since, self._of(pr))
        if admitted or need is not None:
            self._waiters.append(Waiter(pr.number, supposed, since))
        if admitted:
            self._supposed_to_fit |= {pr} if need is None else set()
            return run
        unsure = self._unsure | (self._supposed_to_fit if need is not None else {pr})
        if unsure:
            self.needs_asked |= unsure
            return Leave()
        self._waiting.append((pr, self._shortage(supposed, room)))
        return None

    def _behind(self, pr: PullRequest, room: Room) -> Verdict | None:
        """It waits behind somebody; what it needs decides whether newer ones may be put before it."""
        need = self._need(pr)
        if need is None:
            self.needs_asked.add(pr)
            return Leave()
        self._waiters.append(Waiter(pr.number, need, room.since(pr.number, self._judge.now)))
        free = self._sharing.free(need)
        self._waiting.append((pr, Shortage(need, room.of, never=self._sharing.never(need), free=free)))
        return None

    def _shortage(self, need: int, room: Room) -> Shortage:
        sharing = self._sharing
        never, others_first = sharing.never(need), sharing.others_first
        freed_by = () if never else sharing.freed_by(need)
        return Shortage(need, room.of, freed_by, never, others_first, sharing.free(need))

    def _keep(self, pr: PullRequest) -> None:
        """Let it not be forgotten how long it waits, though so many came before it."""
        before = self._room.before if self._room is not None else ()
        self._waiters += [one for one in before if one.number == pr.number]

    def _in_line(self, newest_first: Sequence[PullRequest]) -> list[PullRequest]:
        """The newest first; but those that waited for an hour are not put behind one that needs less, or a stream
        of small ones would keep a large one out for ever."""
        before = {one.number: one for one in (self._room.before if self._room is not None else ())}
        long = [pr for pr in newest_first if pr.number in before and self._is_patient(before[pr.number])]
        long.sort(key=lambda pr: (before[pr.number].since, pr.number))
        line: list[PullRequest] = []
        for pr in newest_first:
            if pr not in line:
                larger = (one for one in long if one not in line and one != pr)
                line += [one for one in larger if before[one.number].need > self._supposed(pr, before)]
                line.append(pr)
        return line

    def _is_patient(self, waiter: Waiter) -> bool:
        return self._judge.now - waiter.since >= PATIENCE

    def _supposed(self, pr: PullRequest, before: dict[int, Waiter]) -> int:
        need = self._need(pr)
        if need is None and pr.number in before:
            return before[pr.number].need
        if need is None:
            self.needs_asked.add(pr)
        return need or 0

    def _need(self, pr: PullRequest) -> int | None:
        """MB, by the rules or as its manifest was found to say; None where that was not asked yet."""
        rules = self._judge.rules
        simple = not isinstance(rules, BadRules) and not rules.review.processes
        asked = rules.review.memory_mb if simple and not isinstance(rules, BadRules) else None
        return asked or self._judge.known.needs.get(pr.commit)

    def _at_most(self, pr: PullRequest) -> int:
        need = self._need(pr)
        return self._most if need is None else need

    def _is_on_its_way(self, pr: PullRequest) -> bool:
        app = self._judge.space.actual(self._of(pr)).app
        return app is not None and not app.started

    def _of(self, pr: PullRequest) -> Environment:
        return Environment.of_pull_request(self._judge.repository, pr.number)
