"""Previews: which pull requests get one, and which have to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from reviewapps.desired.growing import Growing, asks_for_more
from reviewapps.desired.newcomers import Newcomers
from reviewapps.desired.own_rules import broken
from reviewapps.desired.room import Waiter
from reviewapps.desired.verdicts import Absent, Destroyed, Fork, Known, Leave, Refused, Run, Verdict
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import Actual, Environment, PullRequest, Refusal, Space, Wanted
from reviewapps.rules import Rules

REVIEW = "review"
NO_PREVIEW = "no-preview"


class Review:
    """The verdicts on pull requests; collects on the way what is not known yet."""

    def __init__(
        self,
        wanted: Wanted,
        rules: Rules | BadRules,
        grant: Grant,
        space: Space,
        known: Known,
        now: datetime,
        also: frozenset[int],
    ) -> None:
        self.repository, self.default_branch = wanted.repository.id, wanted.repository.default_branch
        self.rules, self.grant, self.known, self.now = rules, grant, known, now
        self.listed = {pr.number: pr for pr in wanted.pull_requests}
        self.space, self.also = space, also
        self.there = {e.number for e in space.environments(self.repository) if e.number is not None}
        review = None if isinstance(rules, BadRules) else rules.review
        self.limit = min(grant.limit, (review and review.limit) or grant.limit)
        self.expire_after = lasting(rules, grant)
        self.deadline = None if review is None else review.deadline
        self.commits_asked: set[str] = set()
        self.numbers_asked: set[int] = set()
        self.visits_asked: set[Environment] = set()
        self.needs_asked: set[PullRequest] = set()
        self.room_asked = False
        self.line: tuple[Waiter, ...] = ()

    def verdicts(self) -> dict[Environment, Verdict]:
        settled: dict[int, Verdict] = {}
        hopeful: list[PullRequest] = []
        for number in sorted(self.listed.keys() | self.there | self.also):
            verdict = self._without_regard_to_room(number)
            if isinstance(verdict, PullRequest):
                hopeful.append(verdict)
            else:
                settled[number] = verdict
        settled |= self._with_regard_to_room(hopeful)
        return {Environment.of_pull_request(self.repository, n): v for n, v in settled.items()}

    def questions(self, number: int) -> tuple[str, ...]:
        """What is asked about a pull request before room plays a part, up to and with what speaks against it."""
        pr = self._pull_request(number)
        if not isinstance(pr, PullRequest):
            return (KNOWN_TO_GITHUB,)
        asked = [KNOWN_TO_GITHUB]
        for question, against in QUESTIONS:
            asked.append(question)
            if against(self, pr) is not None:
                break
        return tuple(asked)

    def _without_regard_to_room(self, number: int) -> Verdict | PullRequest:
        """The verdict, where room plays no part; the pull request itself, where it does."""
        pr = self._pull_request(number)
        if not isinstance(pr, PullRequest):
            return pr
        verdicts = (against(self, pr) for _, against in QUESTIONS)
        return next((verdict for verdict in verdicts if verdict is not None), pr)

    def _pull_request(self, number: int) -> PullRequest | Verdict:
        """The pull request; a verdict where GitHub does not know it, or was not asked yet."""
        if number in self.listed:
            return self.listed[number]
        if number not in self.known.pull_requests:
            self.numbers_asked.add(number)
            return Leave()
        return self.known.pull_requests[number] or Absent("missing")

    # --- what may speak against a preview: the verdict that it means, else None ---

    def is_closed(self, pr: PullRequest) -> Verdict | None:
        ended = pr.merged_at or pr.closed_at
        return None if pr.open else Absent("merged" if pr.merged_at else "closed", ended)

    def is_labelled_away(self, pr: PullRequest) -> Verdict | None:
        return Absent("unlabelled") if NO_PREVIEW in pr.labels else None

    def is_a_bots(self, pr: PullRequest) -> Verdict | None:
        return Absent("bot") if pr.bot else None

    def is_long_untouched(self, pr: PullRequest) -> Verdict | None:
        if not self._has_ended(pr, self._touched(pr, pr.updated_at)):
            return None
        return Absent("expired" if pr.number in self.there else "old", days=self.expire_after.days)

    def comes_from_a_fork(self, pr: PullRequest) -> Verdict | None:
        return Fork(pr.commit) if pr.fork else None

    def was_destroyed(self, pr: PullRequest) -> Verdict | None:
        destroyed = (app.destroyed_at(pr.commit) for app in self._actual(pr.number).apps)
        at = next((at for at in destroyed if at is not None), None)
        return None if at is None else Destroyed(pr.commit, at)

    def has_unreadable_rules(self, pr: PullRequest) -> Verdict | None:
        if not isinstance(self.rules, BadRules):
            return None
        if pr.number in self.there:
            return broken(self.rules, self.default_branch)
        return Refused(pr.commit, _broken(self.rules, pr))

    # --- room ---

    def _with_regard_to_room(self, hopeful: list[PullRequest]) -> dict[int, Verdict]:
        """Who has a preview keeps it; of the others the newest come first. What was refused and is stopped
        needs no memory, and so holds no place."""
        verdicts: dict[int, Verdict] = {}
        holders: list[int] = []
        for pr in sorted(hopeful, key=lambda pr: pr.number):
            if self._holds_a_place(pr.number):
                verdicts[pr.number] = self._grown(pr, self.aged(pr, "expired"))
                holders.append(pr.number)
            elif self._is_refused(pr):
                verdicts[pr.number] = self._run(pr)
        rest = [pr for pr in hopeful if pr.number not in verdicts]
        newcomers = Newcomers(self, holders, [pr for pr in hopeful if pr.number in holders])
        verdicts |= newcomers.verdicts(sorted(rest, key=self._newness, reverse=True))
        self.needs_asked, self.room_asked = newcomers.needs_asked, self.room_asked or newcomers.room_asked
        self.line = newcomers.line
        return verdicts

    def _grown(self, pr: PullRequest, verdict: Verdict) -> Verdict:
        """The verdict on a preview, with whether there is room for it where it asks for more than it has."""
        if not isinstance(verdict, Run):
            return verdict
        app = self._actual(pr.number).app
        if not asks_for_more(app, verdict.commit, verdict.config):
            return verdict
        if self.known.room is None:
            self.room_asked = True
            return Leave()
        short = Growing(self.known.room, self.space, self.limit).short(
            self._environment(pr.number), pr.commit
        )
        return replace(verdict, fits=short is None, short=short)

    def aged(self, pr: PullRequest, word: Literal["expired", "old"]) -> Verdict:
        """To run, unless its last push or visit is too long ago."""
        committed = self.known.committed.get(pr.commit)
        if committed is None:
            self.commits_asked.add(pr.commit)
            return Leave()
        touched = self._touched(pr, self._pushed_at(pr, committed))
        if self._has_ended(pr, touched):
            return Absent(word, days=self.expire_after.days)
        return self._run(pr, touched + self.expire_after)

    def _run(self, pr: PullRequest, ends: datetime | None = None) -> Run:
        entrance = self.grant.entrance(REVIEW)
        return Run(pr.commit, self._config(pr.number), ends=ends, entrance=entrance, deadline=self.deadline)

    def _config(self, number: int) -> str:
        assert not isinstance(self.rules, BadRules)  # noqa: S101 - settled before room was looked at
        return self.grant.config(self.rules, Environment.of_pull_request(self.repository, number))

    def _newness(self, pr: PullRequest) -> tuple[datetime, int]:
        """By the last push as far as it is known. (``updated_at`` would move with our own comments.)"""
        return self._pushed_at(pr, self.known.committed.get(pr.commit, pr.created_at)), pr.number

    def _pushed_at(self, pr: PullRequest, committed: datetime) -> datetime:
        """The last push: the head commit's date, which its author may choose, but never one before the opening
        or after GitHub saw the pull request change."""
        return max(min(committed, pr.updated_at), pr.created_at)

    def _touched(self, pr: PullRequest, pushed_at: datetime) -> datetime:
        """The last push, when somebody asked for it by hand since, or the last visit, as far as that is known."""
        attempts = (app.attempt for app in self._actual(pr.number).apps)
        asked = [a.asked_at for a in attempts if a is not None and a.asked_at is not None]
        environment = self._environment(pr.number)
        visited = self.known.visits.get(environment) if self._counts_visits(pr.number) else None
        return max([pushed_at, *asked, *([min(visited, self.now)] if visited is not None else [])])

    def _has_ended(self, pr: PullRequest, touched: datetime) -> bool:
        """Whether that is too long ago. Where visits count, nothing has ended before the gate was asked for them:
        while it cannot tell, the preview goes on, and so does the care for its gate."""
        if touched >= self.now - self.expire_after:
            return False
        environment = self._environment(pr.number)
        unknown = self._counts_visits(pr.number) and environment not in self.known.visits
        if unknown:
            self.visits_asked.add(environment)
        return not unknown

    def _counts_visits(self, number: int) -> bool:
        """Only people who know the password visit: behind no gate, robots would keep every preview."""
        return self.grant.entrance(REVIEW) == "password" and bool(self._actual(number).routes)

    def _actual(self, number: int) -> Actual:
        return self.space.actual(self._environment(number))

    def _environment(self, number: int) -> Environment:
        return Environment.of_pull_request(self.repository, number)

    def _holds_a_place(self, number: int) -> bool:
        environment = Environment.of_pull_request(self.repository, number)
        if environment in self.space.unreadable:
            return True
        actual = self.space.actual(environment)
        app = actual.app
        refused = app is not None and app.attempt is not None and app.attempt.refusal is not None
        return not actual.empty and not (refused and app is not None and not app.started)

    def _is_refused(self, pr: PullRequest) -> bool:
        app = self._actual(pr.number).app
        return app is not None and app.refusal_of(pr.commit, self._config(pr.number)) is not None


def lasting(rules: Rules | BadRules, grant: Grant) -> timedelta:
    """For how long a preview is kept after its last push or visit."""
    review = None if isinstance(rules, BadRules) else rules.review
    return min(grant.expire_after, (review and review.expire_after) or grant.expire_after)


KNOWN_TO_GITHUB = "GitHub knows it"

QUESTIONS: tuple[tuple[str, Callable[[Review, PullRequest], Verdict | None]], ...] = (
    ("it is open", Review.is_closed),
    (f"it does not bear the label {NO_PREVIEW}", Review.is_labelled_away),
    ("a person opened it", Review.is_a_bots),
    ("it was touched lately", Review.is_long_untouched),
    ("it comes from the repository itself", Review.comes_from_a_fork),
    ("nobody took it away by hand since its last push", Review.was_destroyed),
    ("the rules on the default branch can be read", Review.has_unreadable_rules),
)
"""What has to hold for a preview, in the order in which it is asked."""


def _broken(rules: BadRules, pr: PullRequest) -> Refusal:
    return Refusal("rules", rules.where, pr.created_at)
