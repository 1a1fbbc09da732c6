"""GitHub's view, the rules and the grants → what should exist, and why the rest should not. Pure.

Where something has to be asked of GitHub first (the date of a commit, what a tag means), ``desired`` says so in
``asks`` and is simply called again with the answers: it asks for no more than it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from reviewapps.errors import BadRules
from reviewapps.model import (
    FORMAT,
    Environment,
    PullRequest,
    Refusal,
    Space,
    Tag,
    Tagging,
    Wanted,
)
from reviewapps.naming import digest, tag_digest
from reviewapps.rules import Rules

NO_PREVIEW = "no-preview"
DEV = "dev"
TAGS_WEIGHED_AT_ONCE = 30
"""Of many new tags, so many are compared by date: each may cost two requests, once."""


@dataclass(frozen=True)
class Grants:
    """What the operator allows. ``limit`` is the most previews that may be up at once."""

    limit: int = 5
    expire_after: timedelta = timedelta(days=10)
    deletions_at_once: int = 5
    memory_mb: int = 2048
    address: str = "https://{host}"

    def config(self, rules: Rules, environment: Environment) -> str:
        """A digest that changes exactly where another deploy would come of the same commit."""
        return digest(FORMAT, rules.digest(environment), str(self.memory_mb), self.address)


# What should become of an environment:


@dataclass(frozen=True)
class Run:
    """This commit should run. ``ends`` is when a review environment expires without another push. For a shared
    one, ``source`` is the tag that says so, and ``tags_seen`` what is to be remembered of all tags."""

    commit: str
    config: str
    source: str | None = None
    tags_seen: frozenset[str] | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class NoRoom:
    """It should run and has no place yet: ``place`` (from 1) of ``of``."""

    commit: str
    place: int
    of: int
    limit: int
    holders: tuple[int, ...]


@dataclass(frozen=True)
class Fork:
    """It comes from a fork, and this project makes no previews for forks."""

    commit: str


@dataclass(frozen=True)
class Refused:
    """It would run, but for this."""

    commit: str
    refusal: Refusal


@dataclass(frozen=True)
class Absent:
    """Nothing should be there. ``missing``: GitHub does not know the pull request (any more)."""

    why: Literal["merged", "closed", "expired", "unlabelled", "bot", "old", "missing"]
    at: datetime | None = None


@dataclass(frozen=True)
class Leave:
    """Whatever is there stays as it is."""


Verdict = Run | NoRoom | Fork | Refused | Absent | Leave


@dataclass(frozen=True)
class Known:
    """What GitHub answered so far to what was asked."""

    committed: Mapping[str, datetime] = field(default_factory=dict)
    taggings: Mapping[Tag, Tagging] = field(default_factory=dict)
    pull_requests: Mapping[int, PullRequest | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Asks:
    """What has to be known first: dates of commits, meanings of tags, pull requests that the listing lacks."""

    commits: frozenset[str] = frozenset()
    tags: frozenset[Tag] = frozenset()
    pull_requests: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.commits or self.tags or self.pull_requests)


@dataclass(frozen=True)
class Desired:
    """A verdict for each environment of one repository that is wanted or there. While ``asks`` is not empty,
    the verdicts are not final. ``unsafe`` is why deletions are held back, in words."""

    verdicts: Mapping[Environment, Verdict]
    asks: Asks = Asks()
    unsafe: str | None = None

    def of(self, environment: Environment) -> Verdict:
        """What should become of it. One that nobody knows is left alone."""
        return self.verdicts.get(environment, Leave())


def desired(
    wanted: Wanted,
    rules: Rules | BadRules,
    grants: Grants,
    space: Space,
    known: Known,
    now: datetime,
    also: frozenset[int] = frozenset(),
) -> Desired:
    """What should exist of this repository, given what does.

    ``rules`` that are broken let what exists stay, and refuse what is new. ``also`` are pull requests to judge
    even though GitHub's listing lacks them and nothing of theirs is there.
    """
    review = _Review(wanted, rules, grants, space, known, now, also)
    verdicts = review.verdicts()
    tags, dev = _dev(wanted, rules, grants, space, known)
    if dev is not None:
        verdicts[Environment(wanted.repository.id, DEV)] = dev
    asks = Asks(frozenset(review.commits_asked), tags, frozenset(review.numbers_asked))
    return _safe(verdicts, asks, grants)


def _safe(verdicts: dict[Environment, Verdict], asks: Asks, grants: Grants) -> Desired:
    """Too many pull requests that vanished at once are no pull requests that vanished: leave theirs alone.

    Pull requests that GitHub shows as closed do not count: six honest merges at once just go.
    """
    missing = [e for e, v in verdicts.items() if isinstance(v, Absent) and v.why == "missing"]
    if len(missing) <= grants.deletions_at_once:
        return Desired(verdicts, asks)
    names = ", ".join(f"#{e.number}" for e in sorted(missing))
    unsafe = (
        f"{len(missing)} pull requests that have previews are unknown to GitHub all at once ({names}); "
        f"nothing of them is deleted, since at most {grants.deletions_at_once} may be"
    )
    return Desired({**verdicts, **dict.fromkeys(missing, Leave())}, asks, unsafe)


class _Review:
    """The verdicts on pull requests; collects on the way what is not known yet."""

    def __init__(
        self,
        wanted: Wanted,
        rules: Rules | BadRules,
        grants: Grants,
        space: Space,
        known: Known,
        now: datetime,
        also: frozenset[int],
    ) -> None:
        self.repository = wanted.repository.id
        self.rules, self.grants, self.known, self.now = rules, grants, known, now
        self.listed = {pr.number: pr for pr in wanted.pull_requests}
        self.space, self.also = space, also
        self.there = {e.number for e in space.environments(self.repository) if e.number is not None}
        review = None if isinstance(rules, BadRules) else rules.review
        self.limit = min(grants.limit, (review and review.limit) or grants.limit)
        self.expire_after = min(grants.expire_after, (review and review.expire_after) or grants.expire_after)
        self.commits_asked: set[str] = set()
        self.numbers_asked: set[int] = set()

    def verdicts(self) -> dict[Environment, Verdict]:
        settled: dict[int, Verdict] = {}
        hopeful: list[PullRequest] = []
        for number in sorted(self.listed.keys() | self.there | self.also):
            verdict = self._without_regard_to_room(number)
            if isinstance(verdict, PullRequest):
                hopeful.append(verdict)
            elif verdict is not None:
                settled[number] = verdict
        settled |= self._with_regard_to_room(hopeful)
        return {Environment.of_pull_request(self.repository, n): v for n, v in settled.items()}

    def _without_regard_to_room(self, number: int) -> Verdict | PullRequest | None:
        """The verdict, where room plays no part; the pull request itself, where it does."""
        pr = self.listed.get(number)
        if pr is None:
            if number not in self.known.pull_requests:
                self.numbers_asked.add(number)
                return Leave()
            pr = self.known.pull_requests[number]
            if pr is None:
                return Absent("missing")
        there = number in self.there
        if not pr.open:
            return Absent("merged" if pr.merged_at else "closed", pr.merged_at or pr.closed_at)
        if NO_PREVIEW in pr.labels:
            return Absent("unlabelled")
        if pr.bot:
            return Absent("bot")
        if pr.updated_at < self.now - self.expire_after:
            return Absent("expired" if there else "old")
        if pr.fork:
            return Fork(pr.commit)
        if isinstance(self.rules, BadRules):
            return Leave() if there else Refused(pr.commit, _broken(self.rules, pr))
        return pr

    def _with_regard_to_room(self, hopeful: list[PullRequest]) -> dict[int, Verdict]:
        """Who has a preview keeps it; of the others the newest come first. What was refused and is stopped
        needs no memory, and so holds no place."""
        verdicts: dict[int, Verdict] = {}
        holders: list[int] = []
        for pr in sorted(hopeful, key=lambda pr: pr.number):
            if self._holds_a_place(pr.number):
                verdicts[pr.number] = self._aged(pr, "expired")
                holders.append(pr.number)
            elif self._is_refused(pr):
                verdicts[pr.number] = self._run(pr)
        waiting: list[PullRequest] = []
        for pr in sorted((p for p in hopeful if p.number not in verdicts), key=self._newness, reverse=True):
            if len(holders) >= self.limit:
                waiting.append(pr)
                continue
            verdicts[pr.number] = self._aged(pr, "old")
            if not isinstance(verdicts[pr.number], Absent):
                holders.append(pr.number)
        for place, pr in enumerate(waiting, 1):
            verdicts[pr.number] = NoRoom(pr.commit, place, len(waiting), self.limit, tuple(sorted(holders)))
        return verdicts

    def _aged(self, pr: PullRequest, word: Literal["expired", "old"]) -> Verdict:
        """To run, unless its last push is too long ago."""
        committed = self.known.committed.get(pr.commit)
        if committed is None:
            self.commits_asked.add(pr.commit)
            return Leave()
        ends = max(committed, pr.created_at) + self.expire_after
        return Absent(word) if ends < self.now else self._run(pr, ends)

    def _run(self, pr: PullRequest, ends: datetime | None = None) -> Run:
        return Run(pr.commit, self._config(pr.number), ends=ends)

    def _config(self, number: int) -> str:
        assert not isinstance(self.rules, BadRules)  # noqa: S101 - settled before room was looked at
        return self.grants.config(self.rules, Environment.of_pull_request(self.repository, number))

    def _newness(self, pr: PullRequest) -> tuple[datetime, int]:
        """By the last push as far as it is known. (``updated_at`` would move with our own comments.)"""
        return max(self.known.committed.get(pr.commit, pr.created_at), pr.created_at), pr.number

    def _holds_a_place(self, number: int) -> bool:
        actual = self.space.actual(Environment.of_pull_request(self.repository, number))
        app = actual.app
        refused = app is not None and app.attempt is not None and app.attempt.refusal is not None
        return not actual.empty and not (refused and app is not None and not app.started)

    def _is_refused(self, pr: PullRequest) -> bool:
        app = self.space.actual(Environment.of_pull_request(self.repository, pr.number)).app
        return app is not None and app.refusal_of(pr.commit, self._config(pr.number)) is not None


def _broken(rules: BadRules, pr: PullRequest) -> Refusal:
    where = f"line {rules.line}: " if rules.line else ""
    return Refusal("rules", f"{where}{rules}", pr.created_at)


def _dev(
    wanted: Wanted, rules: Rules | BadRules, grants: Grants, space: Space, known: Known
) -> tuple[frozenset[Tag], Verdict | None]:
    """What the shared dev app should run: the newest tag that is new since the last look.

    A tag is new by name and object, so a moved tag is, and a deleted one that comes back is too; a deleted one
    deploys nothing. Nothing but a tag moves it, and nothing deletes it.
    """
    environment = Environment(wanted.repository.id, DEV)
    app = space.actual(environment).app
    tags = [t for t in wanted.tags if t.name == DEV or t.name.startswith(f"{DEV}-")]
    if isinstance(rules, BadRules):
        return frozenset(), None if app is None else Leave()
    seen_now = frozenset(tag_digest(t.name, t.object) for t in tags)
    seen_before = (app.tags_seen if app is not None else None) or frozenset()
    new = [t for t in tags if tag_digest(t.name, t.object) not in seen_before]
    config = grants.config(rules, environment)
    if not new:
        if app is None:
            return frozenset(), None
        return frozenset(), Run(app.wished, config, app.source, seen_now) if app.wished else Leave()
    weighed = sorted(new, key=lambda t: (natural(t.name), t))[-TAGS_WEIGHED_AT_ONCE:]
    unknown = frozenset(t for t in weighed if t not in known.taggings)
    if unknown:
        return unknown, Leave()
    newest = max(weighed, key=lambda t: _made(t, known.taggings[t]))
    return frozenset(), Run(known.taggings[newest].commit, config, newest.name, seen_now)


def _made(tag: Tag, tagging: Tagging) -> tuple[datetime, datetime, list[tuple[int, int, str]], Tag]:
    """When a tag was made, as far as that can be known: only annotated ones say so."""
    committed = tagging.committed_at
    return tagging.tagged_at or committed, committed, natural(tag.name), tag


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts dev-2 before dev-10.

    >>> sorted(["dev-10", "dev-2"], key=natural)
    ['dev-2', 'dev-10']
    """
    return list(_natural_parts(name))


def _natural_parts(name: str) -> Iterator[tuple[int, int, str]]:
    for part in re.findall(r"\d+|\D+", name):
        yield (1, int(part), "") if part.isdecimal() else (0, 0, part)
