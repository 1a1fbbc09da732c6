"""Lets into a branch only what its protection and its rulesets let in."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.sandbox.github.approvals import Ownership, verdict
from reviewapps.sandbox.github.checks import complaint, outcomes
from reviewapps.sandbox.github.git import ABSENT
from reviewapps.sandbox.github.protection.rules import Requirements, requirements, review_rule
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import PullRequest, Repository, User

BEHIND = "Head branch is out of date. Review and try the merge again."
THROUGH_PULL = "Changes must be made through a pull request."
THROUGH_QUEUE = "Changes must be made through the merge queue"
FORCED = "Cannot force-push to this branch"
CREATED = "Cannot create ref due to creations being restricted."
DELETED = "Cannot delete this branch"
FROZEN = "Cannot change this locked branch"
VIOLATION = "Repository rule violations found"


@dataclass(frozen=True)
class Refusal:
    """Why one protection or ruleset does not let something in; ``when_forced`` alone: not this way."""

    asked: Requirements
    reasons: tuple[str, ...]
    when_forced: bool = False

    @property
    def message(self) -> str:
        """As the API says it."""
        if self.asked.ruleset is None:
            return " ".join(self.reasons)
        return VIOLATION + "".join(f"\n\n{reason}" for reason in self.reasons) + "\n\n"


class Gate:
    """Stands before protected branches."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership

    # ---- pull requests

    async def decision(self, pull: PullRequest) -> str | None:
        """GitHub's ``reviewDecision``; None where the base branch requires no review."""
        rule = review_rule(requirements(pull.repository, pull.base_ref))
        if rule is None:
            return None
        groups = await self._ownership.groups(pull) if rule.code_owners else []
        return verdict(pull, rule, groups).decision

    async def require_mergeable(self, pull: PullRequest, user: User, *, queued: bool = False) -> None:
        """405 (409 for a head that is behind) with what is missing, if ``user`` is held to it."""
        refusals = await self.refusals(pull, user, queued=queued)
        if refusals:
            behind = all(one.reasons == (BEHIND,) for one in refusals)
            raise Refused(409 if behind else 405, refusals[0].message)

    async def refusals(self, pull: PullRequest, user: User | None, *, queued: bool = False) -> list[Refusal]:
        """What keeps ``pull`` out of its base branch, for ``user`` (None: for somebody held to all of it).

        A merge queue (``queued``) checks statuses by itself, on the trial.
        """
        found = []
        for asked in requirements(pull.repository, pull.base_ref):
            if user is None or asked.binds(pull.repository, user):
                reasons = await self._reasons(pull, asked, queued)
                if reasons:
                    found.append(Refusal(asked, tuple(reasons)))
        return found

    async def _reasons(self, pull: PullRequest, asked: Requirements, queued: bool) -> list[str]:
        reasons = []
        if asked.merge_queue and not queued:
            reasons.append(THROUGH_QUEUE)
        if asked.frozen:
            reasons.append(FROZEN)
        if asked.reviews is not None:
            groups = await self._ownership.groups(pull) if asked.reviews.code_owners else []
            reasons += verdict(pull, asked.reviews, groups).complaints
        if asked.statuses is not None:
            missing = complaint(asked.statuses, outcomes(pull.repository, pull.head_sha))
            if missing:
                reasons.append(missing)
            elif asked.statuses.strict and not queued and await self.behind(pull):
                reasons.append(BEHIND)
        return reasons

    async def behind(self, pull: PullRequest) -> bool:
        """Whether its base branch has commits that it has not."""
        git = pull.repository.git
        base = await git.branch_head(pull.base_ref)
        return base is not None and not await git.is_ancestor(base, pull.head_sha)

    async def state(self, pull: PullRequest, mergeable: bool | None) -> str:
        """GitHub's ``mergeable_state``."""
        if pull.state != "open" or mergeable is None:
            return "unknown"
        if not mergeable or pull.draft:
            return "draft" if mergeable else "dirty"
        reasons = {reason for one in await self.refusals(pull, None) for reason in one.reasons}
        if reasons - {THROUGH_QUEUE}:
            return "behind" if reasons <= {BEHIND, THROUGH_QUEUE} else "blocked"
        green = set(outcomes(pull.repository, pull.head_sha).values()) <= {"success"}
        return "clean" if green else "unstable"

    # ---- everything else that moves a branch

    def push_refusals(
        self, repository: Repository, user: User, ref: str, old: str, new: str
    ) -> list[Refusal]:
        """Why ``user`` may not move ``ref`` from ``old`` to ``new`` without a pull request."""
        if not ref.startswith("refs/heads/"):
            return []
        found = []
        for asked in requirements(repository, ref.removeprefix("refs/heads/")):
            if new == ABSENT:
                if not asked.deletions and (asked.ruleset is None or asked.binds(repository, user)):
                    found.append(Refusal(asked, (DELETED,)))
                continue
            reasons = self._push_reasons(repository, asked, old, new) if asked.binds(repository, user) else []
            if reasons:
                found.append(Refusal(asked, tuple(reasons)))
            elif old != ABSENT and not asked.force_pushes:
                found.append(Refusal(asked, (FORCED,), when_forced=True))
        return found

    def _push_reasons(self, repository: Repository, asked: Requirements, old: str, new: str) -> list[str]:
        reasons = [FROZEN] if asked.frozen else []
        if old == ABSENT and not asked.creations:
            reasons.append(CREATED)
        if asked.merge_queue:
            reasons.append(THROUGH_QUEUE)
        elif asked.reviews is not None:
            reasons.append(THROUGH_PULL)
        missing = complaint(asked.statuses, outcomes(repository, new)) if asked.statuses else None
        return reasons + ([missing] if missing else [])

    async def require_pushable(
        self, repository: Repository, user: User, ref: str, old: str, new: str
    ) -> None:
        """422 with the reason where the API may not move a ref."""
        for refusal in self.push_refusals(repository, user, ref, old, new):
            if not refusal.when_forced or not await repository.git.is_ancestor(old, new):
                raise Refused(422, refusal.message)
