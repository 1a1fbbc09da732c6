"""Reviews: begun, submitted, dismissed; and who is asked for one."""

from __future__ import annotations

from collections.abc import Sequence

from reviewapps.sandbox.github.approvals.ownership import Ownership
from reviewapps.sandbox.github.refusals import Refused, forbidden, invalid, unprocessable
from reviewapps.sandbox.github.state import OPINIONS, PullRequest, Review, ReviewRule, Team, User
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.world import World

EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


class Reviews:
    """Lets people review pull requests, under GitHub's conditions."""

    def __init__(self, world: World, ownership: Ownership, events: Events) -> None:
        self._world = world
        self._ownership = ownership
        self._events = events

    # ---- reviews

    async def begin(
        self, pull: PullRequest, user: User, *, event: str | None, body: str, commit_id: str | None
    ) -> Review:
        """A new review: submitted at once with an ``event``, else pending."""
        if any(one.user is user and one.state == "PENDING" for one in pull.reviews.values()):
            raise unprocessable("User can only have one pending review per pull request")
        commit = commit_id or pull.head_sha
        review = Review(self._world.next_id(), pull, user, "PENDING", body, commit, submitted_at=None)
        if event is not None:
            self._require_submittable(review, event, body)
        pull.reviews[review.id] = review
        if event is not None:
            await self.submit(review, user, event=event, body=body)
        return review

    async def submit(self, review: Review, user: User, *, event: str, body: str) -> None:
        """Show a pending review to everybody; its author is asked no more."""
        if review.user is not user or review.state != "PENDING":
            raise unprocessable("Can not submit a review that is not pending")
        self._require_submittable(review, event, body or review.body)
        review.state, review.body = EVENTS[event], body or review.body
        review.submitted_at = self._world.clock.timestamp
        pull = review.pull_request
        pull.requested_reviewers = [one for one in pull.requested_reviewers if one is not user]
        pull.requested_teams = [team for team in pull.requested_teams if not team.has(user)]
        self._world.touch(pull)
        await self._announce("submitted", review, user)

    def _require_submittable(self, review: Review, event: str, body: str) -> None:
        if event not in EVENTS:
            raise invalid("PullRequestReview", "event", "event is not included in the list")
        if event != "COMMENT" and review.user is review.pull_request.user:
            deed = "approve" if event == "APPROVE" else "request changes on"
            raise unprocessable(f"Review Can not {deed} your own pull request")
        if event != "APPROVE" and not body.strip():
            raise unprocessable("Review Can not be blank")

    async def edit(self, review: Review, user: User, body: str) -> None:
        """Give it another text; only its author may."""
        if review.user is not user:
            raise forbidden()
        before, review.body = review.body, body
        self._world.touch(review.pull_request)
        if review.state != "PENDING":
            await self._announce("edited", review, user, changes={"body": {"from": before}})

    async def dismiss(self, review: Review, user: User) -> None:
        """Let an approval or a request for changes count no more."""
        if review.state not in OPINIONS:
            raise unprocessable(f"Can not dismiss a {review.state.lower()} pull request review")
        review.state = "DISMISSED"
        self._world.touch(review.pull_request)
        await self._announce("dismissed", review, user)

    def delete(self, review: Review, user: User) -> None:
        """Forget a pending review."""
        if review.state != "PENDING":
            raise unprocessable("Can not delete a non-pending pull request review")
        if review.user is not user:
            raise forbidden()
        del review.pull_request.reviews[review.id]

    async def _announce(self, action: str, review: Review, user: User, **told: object) -> None:
        pull = review.pull_request
        told = {"pull_request": pull, "review": review, **told}
        await self._events.announce("pull_request_review", action, pull.repository, user, **told)

    # ---- who is asked

    async def ask(self, pull: PullRequest, users: list[User], teams: list[Team], asker: User) -> None:
        """Ask people and teams of this repository for their reviews."""
        repository = pull.repository
        if pull.user in users:
            raise Refused(422, "Review cannot be requested from pull request author.")
        strangers = [user for user in users if not repository.collaborates(user)]
        outside = [team for team in teams if team.slug not in repository.team_roles]
        if strangers or outside:
            raise Refused(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you "
                f"specified is not a collaborator of the {repository.full_name} repository.",
            )
        people = [one for one in users if one not in pull.requested_reviewers]
        groups = [one for one in teams if one not in pull.requested_teams]
        pull.requested_reviewers += people
        pull.requested_teams += groups
        self._world.touch(pull)
        await self._announce_asked("review_requested", pull, [*people, *groups], asker)

    async def unask(self, pull: PullRequest, users: list[User], teams: list[Team], asker: User) -> None:
        """Wait for their reviews no more."""
        people = [one for one in pull.requested_reviewers if one in users]
        groups = [one for one in pull.requested_teams if one in teams]
        pull.requested_reviewers = [one for one in pull.requested_reviewers if one not in users]
        pull.requested_teams = [one for one in pull.requested_teams if one not in teams]
        self._world.touch(pull)
        await self._announce_asked("review_request_removed", pull, [*people, *groups], asker)

    async def _announce_asked(
        self, action: str, pull: PullRequest, asked: Sequence[User | Team], asker: User
    ) -> None:
        for one in asked:
            name = "requested_team" if isinstance(one, Team) else "requested_reviewer"
            told = {"pull_request": pull, name: one}
            await self._events.announce("pull_request", action, pull.repository, asker, **told)

    async def ask_owners(self, pull: PullRequest, asker: User) -> None:
        """Ask the code owners of what it changes, unless it is a draft or they have spoken already."""
        if pull.draft or pull.state != "open":
            return
        heard = {review.user for review in pull.reviews.values() if review.state != "PENDING"} | {pull.user}
        for owner in (one for group in await self._ownership.groups(pull) for one in group):
            if isinstance(owner, Team):
                if any(owner.has(user) for user in heard) or owner in pull.requested_teams:
                    continue
                pull.requested_teams.append(owner)
            elif owner in heard or owner in pull.requested_reviewers:
                continue
            else:
                pull.requested_reviewers.append(owner)
            pull.asked_as_owners.add(owner.id)
            await self._announce_asked("review_requested", pull, [owner], asker)

    async def pushed(self, pull: PullRequest, pusher: User, rule: ReviewRule | None) -> None:
        """Its head moved: approvals of what it was are stale, if the base branch says so."""
        pull.last_pusher = pusher
        if rule is not None and rule.dismiss_stale:
            for review in pull.reviews.values():
                if review.state == "APPROVED":
                    review.state = "DISMISSED"
                    await self._announce("dismissed", review, pusher)
        await self.ask_owners(pull, pusher)
