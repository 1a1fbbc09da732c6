"""One repository's environments as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from reviewapps.desired import (
    Absent,
    Desired,
    Destroyed,
    Fork,
    Held,
    Hold,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
)
from reviewapps.grants import Grant
from reviewapps.model import Actual, App, Environment, Refusal, Space, Wanted
from reviewapps.plan import is_live
from reviewapps.report import headline
from reviewapps.report.wording import ordinal, overwritten

COLLISION = 3600.0
"""Seconds: whoever comes over somebody within them may not know of each other."""

State = Literal["live", "due", "building", "failed", "held", "waiting", "removing", "kept", "unreadable"]
"""``due``: it is wanted, and nobody has begun; ``building``: somebody has. ``kept``: it is there and is
left as it is, since nothing says what should become of it."""


@dataclass(frozen=True)
class Row:
    """One environment. ``runs`` is what serves: a tag where one brought it, else a commit. ``since`` is when it
    came into its state, ``ends`` when it is removed without another push. ``memory_mb`` is what it holds.
    ``notes`` are what lies on a shared one besides: a lock, a freeze, that somebody went back, or came over
    another."""

    environment: Environment
    state: State
    runs: str | None = None
    commit: str | None = None
    since: datetime | None = None
    ends: datetime | None = None
    memory_mb: int = 0
    address: str | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passed:
    """A pull request without a preview, and why in a word."""

    number: int
    why: str


@dataclass(frozen=True)
class Overview:
    """All of one repository, as it was ``looked_at``."""

    repository: str
    private: bool
    looked_at: datetime
    rows: tuple[Row, ...] = ()
    passed: tuple[Passed, ...] = ()
    unsafe: str | None = None


def overview(
    wanted: Wanted,
    desired: Desired,
    space: Space,
    grant: Grant,
    now: datetime,
    memory: Mapping[str, int] | None = None,
) -> Overview:
    """What there is of a repository. ``memory`` are the MB that each app holds, by guid."""
    seen = _Seen(space, grant, memory or {})
    known = desired.verdicts.keys() | space.environments(wanted.repository.id)
    rows = [row for e in sorted(known, key=by_rank) if (row := seen.row(e, desired.of(e))) is not None]
    passed = (
        _passed(pr.number, desired.of(_of(wanted, pr.number))) for pr in wanted.pull_requests if pr.open
    )
    return Overview(
        repository=wanted.repository.name,
        private=wanted.repository.private,
        looked_at=now,
        rows=tuple(rows),
        passed=tuple(sorted((one for one in passed if one is not None), key=lambda one: one.number)),
        unsafe=desired.unsafe,
    )


def row(
    environment: Environment,
    verdict: Verdict,
    space: Space,
    grant: Grant,
    memory: Mapping[str, int] | None = None,
) -> Row | None:
    """One environment's row; None where there is nothing and nothing is wanted."""
    return _Seen(space, grant, memory or {}).row(environment, verdict)


def by_rank(environment: Environment) -> tuple[bool, int, str]:
    """Pull requests by number, then what is shared."""
    return environment.shared, environment.number or 0, environment.name


@dataclass(frozen=True)
class _Seen:
    space: Space
    grant: Grant
    memory: Mapping[str, int] = field(default_factory=dict)

    def row(self, environment: Environment, verdict: Verdict) -> Row | None:
        """The environment's row; None where there is nothing and nothing is wanted."""
        found = self._row(environment, verdict)
        if found is None or not isinstance(verdict, Run | Held):
            return found
        notes = (*verdict.notes, *_came_over(self.space.actual(environment).app))
        waits = held_words(verdict.held) if isinstance(verdict, Run) and verdict.held is not None else ""
        return replace(found, notes=(waits, *notes) if waits and waits != found.reason else notes)

    def _row(self, environment: Environment, verdict: Verdict) -> Row | None:
        if environment in self.space.unreadable:
            return Row(environment, "unreadable", reason=self.space.unreadable[environment])
        actual = self.space.actual(environment)
        match verdict:
            case Run():
                return self._wanted(verdict, actual)
            case Held(hold):
                since = actual.app.live_since if actual.app is not None else None
                row = self._there(actual, "held", since=since, reason=held_words(hold))
                return replace(row, runs=None) if hold.why == "drift" else row
            case NoRoom(commit, place, of):
                reason = f"{ordinal(place)} of {of}{lacking(verdict)}"
                return Row(environment, "waiting", commit=commit, reason=reason)
            case Refused(commit, refusal):
                return self._there(actual, "failed", commit=commit, reason=_reason(commit, refusal))
            case _ if actual.empty or (isinstance(verdict, Destroyed) and _is_a_record(actual)):
                return None
            case Leave(because):
                return self._left(actual, because)
            case Absent() | Fork() | Destroyed():
                return self._there(actual, "removing", reason=why(verdict))
        raise AssertionError(verdict)

    def _wanted(self, run: Run, actual: Actual) -> Row:
        app = actual.app
        if app is None:
            return self._due(run, actual)
        refusal = app.refusal_of(run.commit, run.config)
        if refusal is not None:
            reason = _reason(run.commit, refusal)
            return self._there(actual, "failed", commit=run.commit, since=refusal.at, reason=reason)
        if is_live(app, run) and run.held is not None:
            words = held_words(run.held)
            return self._there(actual, "held", commit=run.commit, since=app.live_since, reason=words)
        if is_live(app, run):
            return self._there(actual, "live", commit=run.commit, since=app.live_since, ends=run.ends)
        attempt = app.attempt
        if attempt is not None and attempt.because and actual.environment.kind in self.grant.copies_only:
            reason = f"{run.commit[:7]} waits: {attempt.because}"
            return self._there(actual, "held", commit=run.commit, since=attempt.began, reason=reason)
        if attempt is None or not attempt.is_for(run.commit, run.config):
            return self._due(run, actual)
        if run.short is not None:
            reason = f"{ordinal(run.short.place)} of {run.short.of}{lacking(run.short)}"
            return self._there(actual, "waiting", commit=run.commit, since=attempt.began, reason=reason)
        words = f"{run.commit[:7]} is being built"
        return self._there(actual, "building", commit=run.commit, since=attempt.began, reason=words)

    def _due(self, run: Run, actual: Actual) -> Row:
        words = f"{run.commit[:7]} is to be built; nobody has begun"
        return self._there(actual, "due", commit=run.commit, reason=words)

    def _left(self, actual: Actual, because: str) -> Row:
        app = actual.app
        serves = app is not None and app.started and app.commit is not None
        since = app.live_since if app is not None else None
        return self._there(actual, "kept", since=since if serves else None, reason=because)

    def _there(
        self,
        actual: Actual,
        state: State,
        *,
        commit: str | None = None,
        since: datetime | None = None,
        ends: datetime | None = None,
        reason: str = "",
    ) -> Row:
        """A row with what serves, whatever should become of it."""
        app, route = actual.app, actual.route
        serves = app if app is not None and app.started and app.commit is not None else None
        shown = (
            self.grant.address(actual.environment).format(host=route.address) if route and serves else None
        )
        return Row(
            environment=actual.environment,
            state=state,
            runs=_runs(serves) if serves is not None else None,
            commit=commit or (serves.commit if serves is not None else None),
            since=since,
            ends=ends,
            memory_mb=sum(self.memory.get(one.guid, 0) for one in actual.apps if one.started),
            address=shown,
            reason=reason,
        )


def _runs(app: App) -> str | None:
    tag_brought_it = bool(app.source and app.tags_seen) and app.wished == app.commit
    return app.source if tag_brought_it else app.commit


def _came_over(app: App | None) -> tuple[str, ...]:
    """Whom the tag that is followed came over, as long as they may not have seen that."""
    over = app.over if app is not None and app.source and app.wished else ()
    lately = [one for one in over if one.seconds is None or one.seconds < COLLISION]
    return (f"{app.source}{overwritten(lately)}",) if app is not None and lately else ()


def _passed(number: int, verdict: Verdict) -> Passed | None:
    match verdict:
        case Absent() | Fork() | Destroyed():
            return Passed(number, why(verdict))
    return None


def held_words(hold: Hold) -> str:
    """What a commit waits for, in a line."""
    reasons = " · ".join(hold.reasons)
    return reasons if hold.why == "drift" else f"{hold.commit[:7]} waits: {reasons}"


def lacking(verdict: NoRoom) -> str:
    """What it waits for, to be read after its place.

    >>> from reviewapps.outcome import Shortage
    >>> lacking(NoRoom("c", 1, 1, 5, (), Shortage(512, 2048, free=256)))
    ': needs 512 MB, 256 free'
    """
    shortage = verdict.shortage
    if shortage is None or shortage.need is None:
        return " for room"
    if shortage.never:
        return f": needs {shortage.need:,} MB, more than previews can have of {shortage.of:,}"
    return f": needs {shortage.need:,} MB, {shortage.free:,} free"


def why(verdict: Absent | Fork | Destroyed) -> str:
    """In a word, why there is none.

    >>> why(Absent("unlabelled")), why(Fork("c"))
    ('label no-preview', 'fork')
    """
    if isinstance(verdict, Fork):
        return "fork"
    if isinstance(verdict, Destroyed):
        return "removed by hand"
    words = {
        "unlabelled": "label no-preview",
        "old": "no push lately",
        "expired": "no push lately",
        "missing": "unknown to GitHub",
    }
    word = words.get(verdict.why, verdict.why)
    return f"{word}; its build is kept for {verdict.kept_for}" if verdict.kept_for else word


def _is_a_record(actual: Actual) -> bool:
    return not actual.routes and all(app.is_record for app in actual.apps)


def _reason(commit: str, refusal: Refusal) -> str:
    return f"{commit[:7]}: {headline(refusal)}: {refusal.message}"


def _of(wanted: Wanted, number: int) -> Environment:
    return Environment.of_pull_request(wanted.repository.id, number)
