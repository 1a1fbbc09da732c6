"""The evidence that a branch's new head was approved: complete, or it raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.approval import Check, Commit, Evidence, Pull, Requires, Team, landings, trunk
from reviewapps.github import approval_parse as parse
from reviewapps.github import approval_queries as queries
from reviewapps.github.approval_parse import Asked
from reviewapps.github.conditional import Kept, Missing, listing
from reviewapps.github.connection import Connection
from reviewapps.github.graphql import asked
from reviewapps.github.moves import Moves
from reviewapps.github.parse import RepositoryFacts, each
from reviewapps.github.refusals import Forbidden
from reviewapps.github.way import Ways
from reviewapps.ports import Memory

MONTH: Final = 30 * 24 * 3600.0
COMMITS_AT_ONCE: Final = 25
PULLS_AT_ONCE: Final = 10
TEAM: Final = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+")

_MEMBERS: Final = TypeAdapter(tuple[Kept[tuple[str, ...]], ...])
_NUMBERS: Final = TypeAdapter(tuple[int, ...])


class Approvals:
    """What one repository shows of its approvals. What can never change is asked for once."""

    def __init__(self, connection: Connection, memory: Memory, facts: RepositoryFacts) -> None:
        self._connection = connection
        self._memory = memory
        self._facts = facts
        self._ways = Ways(connection, memory, facts.id)
        self._moves = Moves(connection, memory, facts.id)

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        """As much as ``requires`` needs of the way from ``running`` to ``head``."""
        found = Evidence(branch, running or "", head)
        if requires.approvals:
            found = self._way(found, running)
        if requires.checks:
            found = replace(found, checks=self._checks(head))
        teams = tuple(Team(name, self._members(name)) for name in sorted(requires.teams))
        return replace(found, teams=teams)

    # --- how the commits came there ---

    def _way(self, found: Evidence, running: str | None) -> Evidence:
        way = self._ways.between(running, found.head)
        found = replace(found, straight=way.straight, total=way.total, commits=way.commits)
        if not way.straight or not way.commits:
            return found
        associated = self._associated(found.branch, trunk(found.head, way.commits))
        whole = self._pulls(sorted({number for _, number in associated}))
        pulls = tuple(one.pull for one in whole)
        found = replace(found, associated=associated, pulls=pulls)
        walked = self._moves.of_branch(found.branch, running, _first_seen(pulls))
        if walked is not None:
            moves = tuple(one.move for one in walked.moved)
            found = replace(found, moves=moves, all_moves=walked.end)
        return self._listed(found, whole)

    def _listed(self, found: Evidence, whole: Sequence[Asked]) -> Evidence:
        """With what came by the merge of a pull request and is none of its commits, where GitHub lists all of
        them: a list that was made for another base is not always made anew."""
        before = {
            landing.pull.number: landing.commits[0].parents[0]
            for landing in landings(found)
            if landing.pull is not None
        }
        pulls = []
        for one in whole:
            unlisted: tuple[str, ...] = ()
            if one.pull.number in before and one.listed:
                brought = self._ways.beyond(before[one.pull.number], one.pull.head, len(one.shas))
                unlisted = tuple(sha for sha in brought if sha not in one.shas)
            pulls.append(replace(one.pull, unlisted=unlisted))
        return replace(found, pulls=tuple(pulls))

    def _associated(self, branch: str, line: tuple[Commit, ...]) -> tuple[tuple[str, int], ...]:
        """Each commit of the line with each pull request that brought it into the branch."""
        known = {commit.sha: self._landed(branch, commit.sha) for commit in line}
        waiting: dict[str, str | None] = {sha: None for sha, numbers in known.items() if not numbers}
        while waiting:
            some = dict(list(waiting.items())[:COMMITS_AT_ONCE])
            answer = asked(self._connection, self._facts, queries.associations(some), parse.associated)
            for sha in some:
                page, _ = answer[sha], waiting.pop(sha)
                known[sha] += tuple(number for number, base, _ in page.merged if base == branch)
                if any((base, merged) == (branch, sha) for _, base, merged in page.merged):
                    self._memory.write(self._landed_name(branch, sha), list(known[sha]), MONTH)
                elif page.after is not None:  # many open ones may have a commit of theirs
                    waiting[sha] = page.after
        return tuple((sha, number) for sha, numbers in known.items() for number in numbers)

    def _landed(self, branch: str, commit: str) -> tuple[int, ...]:
        return _NUMBERS.validate_python(self._memory.read(self._landed_name(branch, commit)) or ())

    def _landed_name(self, branch: str, commit: str) -> str:
        return f"github/{self._facts.id}/landed/{branch}/{commit}"

    # --- what was said of them ---

    def _pulls(self, numbers: list[int]) -> tuple[Asked, ...]:
        found: list[Asked] = []
        for at in range(0, len(numbers), PULLS_AT_ONCE):
            query = queries.pulls(numbers[at : at + PULLS_AT_ONCE])
            found += [
                self._told(self._whole(one))
                for one in asked(self._connection, self._facts, query, parse.pulls)
            ]
        return tuple(found)

    def _whole(self, so_far: Asked) -> Asked:
        """The same with all of its reviews and commits."""
        while so_far.reviews or so_far.commits:
            (more,) = asked(
                self._connection,
                self._facts,
                queries.PULL,
                parse.pulls,
                number=so_far.pull.number,
                reviews=so_far.reviews,
                commits=so_far.commits,
            )
            # Where one of the two has ended, its first page comes again: a review counts once, by its id.
            reviews = {review.id: review for review in (*so_far.pull.reviews, *more.pull.reviews)}
            authors = (*so_far.pull.authors, *more.pull.authors)
            told = so_far.pull.all_told and more.pull.all_told
            so_far = replace(
                more,
                pull=replace(more.pull, reviews=tuple(reviews.values()), authors=authors, all_told=told),
                shas=so_far.shas | more.shas,
                parents=so_far.parents | more.parents,
                reviewers={**so_far.reviewers, **more.reviewers},
                reviews=more.reviews if so_far.reviews else None,
                commits=more.commits if so_far.commits else None,
            )
        return so_far

    def _told(self, whole: Asked) -> Asked:
        """With those who pushed it."""
        pushers = self._moves.pushers(whole)
        told = whole.pull.all_told and pushers is not None and whole.listed
        return replace(whole, pull=replace(whole.pull, pushers=pushers or frozenset(), all_told=told))

    def _checks(self, head: str) -> tuple[Check, ...]:
        found: list[Check] = []
        after: str | None = None
        while True:
            page = self._page_of_checks(head, after)
            found += page.checks
            after = page.after
            if after is None:
                return tuple(found)

    def _page_of_checks(self, head: str, after: str | None) -> parse.Checks:
        try:
            return asked(self._connection, self._facts, queries.CHECKS, parse.checks, head=head, after=after)
        except Forbidden as refused:
            raise Forbidden(
                f"{refused}: reading checks takes Checks: read and Commit statuses: read"
            ) from refused

    # --- who they are ---

    def _members(self, team: str) -> frozenset[str] | None:
        """Who is in a team; None where there is none of that name, or the token may not know."""
        if not TEAM.fullmatch(team):
            return None
        org, _, slug = team.partition("/")
        path = f"/orgs/{org}/teams/{slug}/members?per_page=100"
        name = f"github/members/{self._connection.holder}/{team}"
        try:
            known = _MEMBERS.validate_python(self._memory.read(name) or ())
        except ValidationError:
            known = ()
        try:
            pages = listing(self._connection, path, each(parse.member), lambda who: who, known)
        except (Forbidden, Missing):
            return None
        if pages != known:
            self._memory.write(name, _MEMBERS.dump_python(pages, mode="json"), MONTH)
        return frozenset(who for page in pages for who in page.value)


def _first_seen(pulls: Iterable[Pull]) -> datetime | None:
    """When the first of them was approved as it was merged."""
    said = [
        one.at
        for pull in pulls
        for one in pull.reviews
        if (one.opinion, one.commit) == ("approved", pull.head)
    ]
    return min(said, default=None)
