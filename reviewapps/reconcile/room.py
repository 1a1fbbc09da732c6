"""What room there is for previews, and what a pull request needs of it.

The platform is asked only while somebody wants room, and what it answers is believed for a quiet interval. Who
waits is told to the other repositories of the installation through the memory: if that is lost, only fairness is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import structlog

from reviewapps.desired import STAGING, Line, Room, Waiter
from reviewapps.errors import AuthorMustAct, BadRules, OperatorMustAct
from reviewapps.manifest import blueprint
from reviewapps.model import Capacity, Environment, PullRequest, Space, Wanted
from reviewapps.ports import Memory
from reviewapps.reconcile.allowing import allowance
from reviewapps.reconcile.means import Means
from reviewapps.rules import Rules
from reviewapps.rules.fill import Facts

log = structlog.get_logger()

REVIEW = "review"
LINE = "line"
HOST = "host.example"
"""Stands for an address that is not known before there is a route; no size depends on it."""

REMEMBERED_FOR = 3.0
"""Quiet intervals for which a line is believed to wait that nobody tells of any more."""


def room(means: Means, repository: int, space: Space) -> Room:
    """What there is; without a limit where none is known, so that the platform itself says what is too much."""
    try:
        allowance, of, staging = _allowance(means, space)
        sizes = {} if allowance is None else _sizes(means)
    except OperatorMustAct as wrong:
        log.warning("room unknown", repository=means.name, reason=str(wrong))
        return Room()
    before = _line(means.memory, means.name)
    others = [_line(means.memory, name) for name in means.neighbours]
    lines = tuple(line for line in others if line is not None)
    return Room(
        allowance,
        of,
        sizes,
        _kinds(means),
        staging,
        before.waiters if before is not None and before.repository == repository else (),
        lines,
        frozenset({repository, *(line.repository for line in lines)}) if None not in others else None,
    )


def need(means: Means, wanted: Wanted, rules: Rules | BadRules, pr: PullRequest) -> int:
    """MB of all instances of a pull request's preview. What will be refused needs nothing."""
    if isinstance(rules, BadRules):
        return 0
    name = wanted.repository.name.partition("/")[2]
    environment = Environment.of_pull_request(wanted.repository.id, pr.number)
    facts = Facts(name, pr.number, pr.branch, pr.commit, HOST, f"https://{HOST}")
    try:
        plan = blueprint(
            rules,
            environment,
            facts,
            host=HOST,
            allowed=allowance(means.grant, environment),
            file=partial(means.github.file, pr.commit),
            tree=lambda path: "",
        )
    except (AuthorMustAct, ValueError, LookupError, AttributeError, TypeError):
        return 0
    return plan.needs_mb


def publish(means: Means, repository: int, waiters: Iterable[Waiter]) -> None:
    """Let other repositories know who waits here, and ourselves since when."""
    line = [[one.number, one.need, one.since.timestamp()] for one in waiters]
    kept_for = REMEMBERED_FOR * means.pace.quiet
    means.remember({"repository": repository, "line": line}, kept_for, LINE)


def look_soon(means: Means) -> None:
    """Let the next tick look at Cloud Foundry whatever GitHub says: somebody's room became free."""
    for name in (means.name, *means.neighbours):
        means.memory.write(f"{name}:seen", "", means.pace.quiet)


def _kinds(means: Means) -> frozenset[str]:
    """The kinds of environments that live in the same space as previews."""
    targets = means.grant.targets
    return frozenset(kind for kind, target in targets.items() if target == targets.get(REVIEW))


def _allowance(means: Means, space: Space) -> tuple[int | None, int, int]:
    """What all of ours may hold, the limit that it follows from, and what a build takes."""
    kept = means.remembered("allowance")
    if isinstance(kept, list):
        return cast("tuple[int | None, int, int]", tuple(kept))
    cap, plenty = means.grant.caps.get(REVIEW), _plenty(means)
    capacity = means.cloudfoundry.capacity(REVIEW, plenty)
    if cap is None and all(quota.limit_mb - quota.used_mb >= plenty for quota in capacity.quotas):
        means.remember([None, 0, STAGING], means.pace.quiet, "allowance")
        return None, 0, STAGING
    held = _held(means, space, capacity) if capacity.quotas else 0
    found = [(quota.limit_mb - max(0, quota.used_mb - held), quota.limit_mb) for quota in capacity.quotas]
    found += [(cap, cap)] if cap is not None else []
    allowance, of = min(found, default=(None, 0))
    known = (None if allowance is None else max(0, allowance), of, capacity.staging or STAGING)
    means.remember(list(known), means.pace.quiet, "allowance")
    return known


def _plenty(means: Means) -> int:
    """MB that are enough for all the previews that there may be, were each the largest and not there yet, with a
    build and a switch beside them: with so much free nobody has to count."""
    each = means.grant.memory_mb
    previews = (1 + len(means.neighbours)) * means.grant.limit
    return previews * each + max(STAGING, each) + each


def _held(means: Means, space: Space, capacity: Capacity) -> int:
    """What of a quota is used by us: what is awake, and builds, should the platform count them. (They have a part
    of the room to themselves, so that nothing is planned too much where it does not.)"""
    sizes, kinds = _sizes(means, afresh=True), _kinds(means)
    ours = [app for app in space.apps if app.environment.kind in kinds]
    awake = sum(sizes.get(app.guid, 0) for app in ours if app.started)
    return awake + sum(capacity.builds.get(app.guid, 0) for app in ours)


def _sizes(means: Means, *, afresh: bool = False) -> Mapping[str, int]:
    kept = None if afresh else means.remembered("sizes")
    if isinstance(kept, dict):
        return kept
    sizes = dict(means.cloudfoundry.memory())
    means.remember(sizes, means.pace.poll, "sizes")
    return sizes


def _line(memory: Memory, name: str) -> Line | None:
    """Who waits in a repository, as its last look told; None where that is forgotten, or cannot be read."""
    kept: Any = memory.read(f"{name}:{LINE}")
    try:
        waiters = (Waiter(int(n), int(mb), datetime.fromtimestamp(at, UTC)) for n, mb, at in kept["line"])
        return Line(int(kept["repository"]), tuple(waiters))
    except (TypeError, KeyError, ValueError):
        return None
