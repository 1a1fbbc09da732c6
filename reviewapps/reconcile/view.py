"""GitHub's view of a repository, and the verdicts that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from reviewapps.approval import Approved, Evidence
from reviewapps.desired import (
    Asks,
    Desired,
    Hold,
    Inquiry,
    Known,
    Leave,
    Run,
    Shared,
    Verdict,
    Way,
    desired,
    lasting,
)
from reviewapps.errors import BadRules, ReviewAppsError, TryLater
from reviewapps.model import Actual, Command, Environment, Space, Tag, Wanted
from reviewapps.naming import value_digest
from reviewapps.ports import GitHub, Lease
from reviewapps.reconcile.going_on import look, seen_lately
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.room import need, room
from reviewapps.reconcile.visiting import visited
from reviewapps.rules import FILE, Rules, rules

log = structlog.get_logger()

Q = TypeVar("Q")
A = TypeVar("A")


def rules_of(wanted: Wanted) -> Rules | BadRules:
    """The rules of the default branch, or why they cannot be read."""
    if wanted.rules_broken is not None:
        return BadRules(wanted.rules_broken)
    try:
        return rules(wanted.rules_text)
    except BadRules as broken:
        return broken


def teardown_of(wanted: Wanted, environment: Environment) -> Command | None:
    """What is run before the environment is taken away; None where nothing is, or where the rules are broken."""
    asked = rules_of(wanted)
    return None if isinstance(asked, BadRules) else asked.of(environment).teardown


def view_digest(wanted: Wanted) -> str:
    """Of all that a plan reads of GitHub. (``updated_at`` moves with our own comments.)"""
    pulls = frozenset(replace(pr, updated_at=pr.created_at) for pr in wanted.pull_requests)
    asked = (wanted.rules_text, wanted.rules_broken)
    branches = frozenset(wanted.branches.items())
    return value_digest((wanted.repository, pulls, frozenset(wanted.tags), branches, *asked))


def wish_digest(wanted: Wanted, environment: Environment) -> str:
    """Of what concerns this environment alone."""
    mine = tuple(pr for pr in wanted.pull_requests if pr.number == environment.number)
    if not environment.shared:
        wanted = replace(wanted, tags=(), branches={})
    return view_digest(replace(wanted, pull_requests=mine))


def fresh_view(means: Means, environment: Environment) -> Wanted:
    """GitHub's view, with the environment's own pull request as it is at this moment. Where that was merged since
    the last look, all is looked at: whoever may take its build is known by the head of its branch."""
    number = environment.number
    if number is None:
        return means.github.look()
    wanted = means.github.last_look() or means.github.look()
    now = means.github.pull_request(number)
    if (
        now is not None
        and now.merged_at
        and any(pr.number == number and pr.open for pr in wanted.pull_requests)
    ):
        wanted = means.github.look()
    others = tuple(pr for pr in wanted.pull_requests if pr.number != number)
    return replace(wanted, pull_requests=others if now is None else (*others, now))


@dataclass(frozen=True)
class Judged:
    """Both sides as one environment's verdict was reached on them, with all that is known of its ``actual`` state.
    ``undecided``: nobody could say what room there is, and it may be about that."""

    wanted: Wanted
    space: Space
    verdict: Verdict
    desired: Desired
    actual: Actual
    undecided: bool = False


def judged_in_turn(means: Means, environment: Environment, lease: Lease) -> Judged:
    """The verdict for a turn, on what was seen of Cloud Foundry lately where that will do: to go on with what
    should run. For anything else it is looked at."""
    wanted = fresh_view(means, environment)
    seen = seen_lately(means, environment, lease)
    if seen is not None:
        judged = _judged_alone(means, environment, wanted, *seen)
        if isinstance(judged.verdict, Run) and not judged.undecided:
            return judged
    space = look(means)
    return _judged_alone(means, environment, wanted, space, space.actual(environment))


def judged_alone(means: Means, environment: Environment) -> Judged:
    """The verdict on one environment, its own pull request read anew."""
    wanted, space = fresh_view(means, environment), means.cloudfoundry.look()
    return _judged_alone(means, environment, wanted, space, space.actual(environment))


def _judged_alone(
    means: Means, environment: Environment, wanted: Wanted, space: Space, actual: Actual
) -> Judged:
    desired = all_verdicts_with(means, environment, wanted, space)
    verdict = desired.of(environment)
    undecided = desired.asks.room and isinstance(verdict, Leave)
    return Judged(wanted, space, verdict, desired, actual, undecided)


def verdict_on(means: Means, environment: Environment, wanted: Wanted, space: Space) -> Verdict:
    """What should become of the environment, also where GitHub's listing lacks its pull request."""
    return all_verdicts_with(means, environment, wanted, space).of(environment)


def all_verdicts_with(means: Means, environment: Environment, wanted: Wanted, space: Space) -> Desired:
    """The verdicts on all, the environment among them also where GitHub's listing lacks its pull request."""
    also = frozenset[int]() if environment.number is None else frozenset({environment.number})
    return verdicts(means, wanted, space, also)


def verdicts(means: Means, wanted: Wanted, space: Space, also: frozenset[int] = frozenset()) -> Desired:
    """What should become of each environment, once all was asked that had to be asked."""
    found, _ = judged(means, wanted, space, also)
    return found


def judged(
    means: Means, wanted: Wanted, space: Space, also: frozenset[int] = frozenset()
) -> tuple[Desired, Known]:
    """The verdicts, and what was answered on the way to them.

    What could not be answered stays among the ``asks``, and leaves alone only those environments that it is about:
    one commit that GitHub cannot show must not hold up a whole repository.
    """
    known, asked, unanswered = Known(), rules_of(wanted), Asks()
    while True:
        found = desired(wanted, asked, means.grant, space, known, means.now(), also)
        open_asks = found.asks.without(unanswered)
        if not open_asks:
            return found, known
        answers = _answers(means, wanted, open_asks, space, lasting(asked, means.grant))
        known = known.with_answers(answers)
        unanswered = found.asks.without(answers)


def judged_by_hand(
    means: Means, seen: Judged, asked_of: Callable[[Shared], Hold | Leave | Approved]
) -> Hold | Approved:
    """What speaks against what somebody asks for by hand, or for it. Raises TryLater where GitHub does not tell
    what has to be known."""
    known, asked = Known(), rules_of(seen.wanted)
    while True:
        inquiry = Inquiry(known)
        shared = Shared(seen.wanted, asked, means.grant, seen.space, inquiry, means.now())
        found = asked_of(shared)
        if not inquiry.asks:
            return Approved() if isinstance(found, Leave) else found
        answers = _answers(means, seen.wanted, inquiry.asks, seen.space, lasting(asked, means.grant))
        if inquiry.asks.without(answers):
            why = " · ".join(sorted(str(one) for one in answers.untold.values()))
            raise TryLater(f"GitHub does not tell just now what speaks for the commit ({why}); try again")
        known = known.with_answers(answers)


def _answers(means: Means, wanted: Wanted, asks: Asks, space: Space, lasting: timedelta) -> Known:
    github, untold = means.github, dict[Tag | str | Way, ReviewAppsError]()
    needs = _each(asks.needs, partial(need, means, wanted, rules_of(wanted)))
    rooms = _each(
        frozenset({"room"} if asks.room else ()), lambda _: room(means, wanted.repository.id, space)
    )
    return Known(
        dict(_each(asks.commits, github.committed_at)),
        dict(_each(asks.tags, github.tagging, untold)),
        dict(_each(asks.pull_requests, github.pull_request)),
        visited(means, asks.visits, space, means.now() - lasting),
        dict(_each(asks.rules_at, partial(rules_at, github), untold)),
        dict(_each(asks.ways, partial(_evidence, github), untold)),
        {pr.commit: megabytes for pr, megabytes in needs},
        untold,
        dict(rooms).get("room"),
    )


def rules_at(github: GitHub, commit: str) -> Rules | BadRules:
    """The rules at a commit, or why they cannot be read."""
    try:
        return rules(github.file(commit, FILE))
    except BadRules as broken:
        return broken


def _evidence(github: GitHub, way: Way) -> Evidence:
    return github.evidence(way.branch, way.running, way.head, way.requires)


def _each(
    asked: frozenset[Q], answer: Callable[[Q], A], untold: dict[Any, ReviewAppsError] | None = None
) -> Iterator[tuple[Q, A]]:
    """The answers to those questions that were answered; why not is ``untold``."""
    for question in asked:
        try:
            yield question, answer(question)
        except ReviewAppsError as wrong:
            log.warning("not answered", question=str(question), reason=str(wrong))
            if untold is not None:
                untold[question] = wrong
