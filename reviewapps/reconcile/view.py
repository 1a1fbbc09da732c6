"""GitHub's view of a repository, and the verdicts that follow from it."""

from __future__ import annotations

from dataclasses import replace

from reviewapps.desired import Asks, Desired, Known, desired
from reviewapps.errors import BadRules
from reviewapps.model import Environment, Space, Wanted
from reviewapps.naming import value_digest
from reviewapps.reconcile.means import Means
from reviewapps.rules import Rules, rules


def rules_of(wanted: Wanted) -> Rules | BadRules:
    """The rules of the default branch, or why they cannot be read."""
    if wanted.rules_broken is not None:
        return BadRules(wanted.rules_broken)
    try:
        return rules(wanted.rules_text)
    except BadRules as broken:
        return broken


def view_digest(wanted: Wanted) -> str:
    """Of all that a plan reads of GitHub. (``updated_at`` moves with our own comments.)"""
    pulls = frozenset(replace(pr, updated_at=pr.created_at) for pr in wanted.pull_requests)
    asked = (wanted.rules_text, wanted.rules_broken)
    return value_digest((wanted.repository, pulls, frozenset(wanted.tags), *asked))


def wish_digest(wanted: Wanted, environment: Environment) -> str:
    """Of what concerns this environment alone."""
    mine = tuple(pr for pr in wanted.pull_requests if pr.number == environment.number)
    return view_digest(replace(wanted, pull_requests=mine, tags=wanted.tags if environment.shared else ()))


def fresh_view(means: Means, environment: Environment) -> Wanted:
    """GitHub's view, with the environment's own pull request as it is at this moment."""
    number = environment.number
    if number is None:
        return means.github.look()
    wanted = means.github.last_look() or means.github.look()
    others = tuple(pr for pr in wanted.pull_requests if pr.number != number)
    now = means.github.pull_request(number)
    return replace(wanted, pull_requests=others if now is None else (*others, now))


def verdicts(means: Means, wanted: Wanted, space: Space, also: frozenset[int] = frozenset()) -> Desired:
    """What should become of each environment, once GitHub has answered all that had to be asked."""
    known, asked = Known(), rules_of(wanted)
    while True:
        found = desired(wanted, asked, means.grants, space, known, means.now(), also)
        if not found.asks:
            return found
        known = _answered(means, known, found.asks)


def _answered(means: Means, known: Known, asks: Asks) -> Known:
    github = means.github
    return Known(
        {**known.committed, **{commit: github.committed_at(commit) for commit in asks.commits}},
        {**known.taggings, **{tag: github.tagging(tag) for tag in asks.tags}},
        {**known.pull_requests, **{number: github.pull_request(number) for number in asks.pull_requests}},
    )
