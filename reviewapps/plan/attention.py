"""A repository: which environments want attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reviewapps.desired import Absent, Desired, Destroyed, Leave, Verdict
from reviewapps.marker import UNHEARD
from reviewapps.model import Actual, Comment, Environment, Space
from reviewapps.naming import value_digest


def attention(
    desired: Desired, space: Space, repository: int, settled: Mapping[Environment, str]
) -> dict[Environment, bool]:
    """The environments to settle, each with whether it is a teardown, which goes first.

    ``settled`` are the fingerprints under which environments were found to be as they should be and people
    to be told so. One that is forgotten is settled again, which then finds nothing to do.
    """
    known = desired.verdicts.keys() | space.environments(repository)
    wanting: dict[Environment, bool] = {}
    for environment in sorted(known):
        verdict, actual = desired.of(environment), space.actual(environment)
        if isinstance(verdict, Leave) or (isinstance(verdict, Absent) and actual.empty):
            continue
        if settled.get(environment) != fingerprint(verdict, actual):
            wanting[environment] = isinstance(verdict, Absent | Destroyed)
    return wanting


def unfinished(desired: Desired, space: Space, comments: Iterable[Comment]) -> frozenset[Environment]:
    """Those that are gone, or never were wanted, and whose comment still says otherwise: whoever took them
    away was killed before it was said. And those whose end Slack did not take yet."""

    def is_left(comment: Comment) -> bool:
        verdict = desired.verdicts.get(comment.environment, Absent("closed"))
        if comment.state == UNHEARD:
            return isinstance(verdict, Absent | Destroyed)
        gone = comment.state != "removed" and space.actual(comment.environment).empty
        return gone and isinstance(verdict, Absent)

    return frozenset(comment.environment for comment in comments if is_left(comment))


def fingerprint(verdict: Verdict, actual: Actual) -> str:
    """Equal exactly where nothing changed that a plan or a report would look at."""
    apps = frozenset(replace(app, env_names=frozenset(), said=None) for app in actual.apps)
    return value_digest((verdict, apps, frozenset(actual.routes)))
