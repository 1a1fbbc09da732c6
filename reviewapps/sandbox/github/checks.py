"""What statuses and check runs say of a commit, together."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from reviewapps.sandbox.github.state import CheckRun, CommitStatus, Repository, StatusRule

Outcome = Literal["success", "failing", "pending", "in progress", "expected"]
GREEN = ("success", "neutral", "skipped")


def latest_statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """The newest status of each context on this commit."""
    return list({status.context: status for status in repository.statuses if status.sha == sha}.values())


def latest_check_runs(repository: Repository, sha: str) -> list[CheckRun]:
    """The newest check run of each name on this commit."""
    return list({run.name: run for run in repository.check_runs.values() if run.head_sha == sha}.values())


def outcomes(repository: Repository, sha: str) -> dict[str, Outcome]:
    """How each context stands, statuses and check runs alike."""
    runs = {run.name: _outcome_of_run(run) for run in latest_check_runs(repository, sha)}
    return runs | {one.context: _outcome_of_status(one) for one in latest_statuses(repository, sha)}


def _outcome_of_run(run: CheckRun) -> Outcome:
    if run.status != "completed":
        return "in progress" if run.status == "in_progress" else "pending"
    return "success" if run.conclusion in GREEN else "failing"


def _outcome_of_status(status: CommitStatus) -> Outcome:
    if status.state == "pending":
        return "pending"
    return "success" if status.state == "success" else "failing"


def complaint(rule: StatusRule, standing: dict[str, Outcome]) -> str | None:
    """What GitHub says of the required contexts that did not succeed; None where all did."""
    missing = [(one, standing.get(one, "expected")) for one in rule.contexts]
    missing = [(one, outcome) for one, outcome in missing if outcome != "success"]
    if not missing:
        return None
    kinds = Counter(outcome for _, outcome in missing)
    every = len(rule.checks)
    if every == 1:
        return f'Required status check "{missing[0][0]}" is {missing[0][1]}.'
    if len(kinds) == 1 and len(missing) == every:
        return f"{every} of {every} required status checks are {missing[0][1]}."
    counts = " and ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"{len(missing)} of {every} required status checks have not succeeded: {counts}."
