"""What the reviews of a pull request amount to under a rule."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.sandbox.github.state import OPINIONS, PullRequest, Review, ReviewRule, Team, User


@dataclass(frozen=True)
class Verdict:
    """Whose word is missing. ``owners`` are groups of which nobody approved, in words."""

    approvals: int
    objections: int
    owners: tuple[str, ...]
    needs_another_than: User | None
    rule: ReviewRule

    @property
    def decision(self) -> str:
        """GitHub's ``reviewDecision``."""
        if self.objections:
            return "CHANGES_REQUESTED"
        missing = self.approvals < self.rule.count or self.owners or self.needs_another_than
        return "REVIEW_REQUIRED" if missing else "APPROVED"

    @property
    def complaints(self) -> list[str]:
        """What GitHub says to somebody who merges nevertheless."""
        said = ["Changes have been requested."] if self.objections else []
        said += [f"Waiting on code owner review from {names}." for names in self.owners]
        if self.approvals < self.rule.count:
            review = "review is" if self.rule.count == 1 else "reviews are"
            said.append(
                f"At least {self.rule.count} approving {review} required by reviewers with write access."
            )
        if self.needs_another_than:
            pusher = f"{self.needs_another_than.login} because they were the last pusher"
            said.append(f"New changes require approval from someone other than {pusher}.")
        return said


def opinions(pull: PullRequest, *, writers_only: bool = False) -> list[Review]:
    """The last opinion of everybody who has one that stands: approval or changes requested."""
    latest: dict[User, Review] = {}
    for review in pull.reviews.values():
        if review.state in (*OPINIONS, "DISMISSED"):
            latest.pop(review.user, None)
            latest[review.user] = review
    return [
        review
        for review in latest.values()
        if review.state in OPINIONS and not (writers_only and not pull.repository.may_write(review.user))
    ]


def verdict(pull: PullRequest, rule: ReviewRule, groups: list[tuple[User | Team, ...]]) -> Verdict:
    """What is missing; only the word of those counts who may write. ``groups`` are the code owners."""
    counted = opinions(pull, writers_only=True)
    approvals = [review for review in counted if review.state == "APPROVED"]
    agreed = [review.user for review in approvals]
    owners = [group for group in groups if not any(_speaks_for(user, group) for user in agreed)]
    after_push = [r for r in approvals if r.commit_id == pull.head_sha and r.user is not pull.last_pusher]
    return Verdict(
        approvals=len(approvals),
        objections=len(counted) - len(approvals),
        owners=tuple(_named(group) for group in owners) if rule.code_owners else (),
        needs_another_than=pull.last_pusher if rule.last_push and not after_push else None,
        rule=rule,
    )


def _speaks_for(user: User, group: tuple[User | Team, ...]) -> bool:
    return any(owner is user or (isinstance(owner, Team) and owner.has(user)) for owner in group)


def _named(group: tuple[User | Team, ...]) -> str:
    return " and/or ".join(one.combined_slug if isinstance(one, Team) else one.login for one in group)
