"""Reviews, and who is asked for them."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters import teams
from reviewapps.sandbox.github.presenters.accounts import association, simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, PullRequest, Review


def review(review: Review, urls: Urls) -> JSON:
    """A review; a pending one has no time."""
    pull = review.pull_request
    page = f"{urls.pull_page(pull)}#pullrequestreview-{review.id}"
    submitted = {"submitted_at": review.submitted_at} if review.submitted_at else {}
    return {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": simple_user(review.user, urls),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": urls.pull(pull),
        "author_association": association(pull.repository, review.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": urls.pull(pull)}},
        **submitted,
        "commit_id": review.commit_id,
    }


def requested(pull: PullRequest, urls: Urls) -> JSON:
    """Whose review is waited for."""
    roles = pull.repository.team_roles
    return {
        "users": [simple_user(user, urls) for user in pull.requested_reviewers],
        "teams": [teams.team(one, urls, roles.get(one.slug, "read")) for one in pull.requested_teams],
    }
