"""What to deploy of a commit, as its source, its manifest and the rules say."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from reviewapps.desired import Run
from reviewapps.errors import BadManifest, BadRules, TryLater
from reviewapps.manifest import blueprint
from reviewapps.model import Blueprint
from reviewapps.reconcile.allowing import allowance, check_data
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import rules_at, rules_of
from reviewapps.rules.fill import Facts
from reviewapps.steps import ReadSource

log = structlog.get_logger()


def read(turn: Turn, run: Run, step: ReadSource) -> Blueprint:
    """What the step asks for. Raises AuthorMustAct where there is something in it that cannot be deployed: so are
    rules of an earlier commit that this version does not read, and no later try would."""
    means, wanted, commit = turn.means, turn.wanted, step.commit
    whose = step.rules_at or (commit if run.by_own_rules else None)
    asked = rules_of(wanted) if whose is None else rules_at(means.github, whose)
    if isinstance(asked, BadRules) and step.rules_at is not None:
        raise asked
    if isinstance(asked, BadRules):
        raise TryLater("the rules broke while this was being deployed", means.pace.poll)
    number = turn.environment.number
    pr = next((pr for pr in wanted.pull_requests if pr.number == number), None)
    facts = Facts(
        repo=turn.repository.name.partition("/")[2],
        number=number,
        branch=pr.branch if pr is not None else run.source or "",
        commit=commit,
        host=step.host,
        url=means.grant.address(turn.environment).format(host=step.host),
    )
    try:
        plan = blueprint(
            asked,
            turn.environment,
            facts,
            host=step.host,
            allowed=allowance(means.grant, turn.environment),
            file=partial(means.github.file, commit),
            tree=partial(means.github.tree, commit),
        )
    except (ValueError, LookupError, AttributeError, TypeError) as odd:
        # A stranger's text found a gap in what we refuse: it ends that stranger's attempt, and is logged.
        log.exception("the manifest could not be read", environment=turn.environment.key)
        raise BadManifest(f"it cannot be read: {type(odd).__name__}") from odd
    if step.rules_at is None:
        check_data(turn.environment, plan)
    not_taken = (*plan.not_taken, *_left_out(turn, plan))
    return replace(plan, not_taken=not_taken, rules_at=whose or wanted.repository.head)


def _left_out(turn: Turn, plan: Blueprint) -> tuple[str, ...]:
    """What of the source is not uploaded. The same tree shows the same, so it is read once in a while."""
    known = turn.means.remembered("left-out", plan.tree)
    if isinstance(known, list):
        return tuple(map(str, known))
    found = turn.means.github.left_out(plan.commit, plan.path)
    turn.means.remember(list(found), turn.means.pace.whole, "left-out", plan.tree)
    return found
