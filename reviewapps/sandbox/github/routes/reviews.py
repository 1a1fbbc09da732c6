"""Reviews of pull requests, and whose are asked for."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters.pulls import pull_request_simple
from reviewapps.sandbox.github.presenters.reviews import requested, review
from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import Review, Team, User

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
async def reviews(call: Call) -> Answer:
    """The reviews, oldest first; pending ones only to their authors."""
    found = [one for one in call.pull.reviews.values() if _is_seen(call, one)]
    return call.listing(found, lambda one: review(one, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
async def create(call: Call) -> Answer:
    """A new review, submitted at once with an `event`, else pending."""
    user, pull, wanted = call.user, call.pull, await call.wanted(event=str, body=str, commit_id=str)
    commit = wanted.get("commit_id")
    if commit is not None:
        commit = await call.commit_named(commit)
    made = await call.engine.reviews.begin(
        pull, user, event=wanted.get("event"), body=wanted.get("body") or "", commit_id=commit
    )
    return Answer(review(made, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}")
async def one(call: Call) -> Answer:
    """A review."""
    return Answer(review(_review(call), call.urls))


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}")
async def edit(call: Call) -> Answer:
    """A review with another text."""
    found = _review(call)
    body = text(await call.wanted(), "PullRequestReview", "body")
    await call.engine.reviews.edit(found, call.user, body)
    return Answer(review(found, call.urls))


@routes.on("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}")
async def delete(call: Call) -> Answer:
    """A pending review forgotten."""
    found = _review(call)
    call.engine.reviews.delete(found, call.user)
    return Answer(review(found, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events")
async def submit(call: Call) -> Answer:
    """A pending review submitted."""
    found, wanted = _review(call), await call.wanted(event=str, body=str)
    event = text(wanted, "PullRequestReview", "event")
    await call.engine.reviews.submit(found, call.user, event=event, body=wanted.get("body") or "")
    return Answer(review(found, call.urls))


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals")
async def dismiss(call: Call) -> Answer:
    """An approval or a request for changes that counts no more, by a writer."""
    user = call.require_write()
    found = _review(call)
    text(await call.wanted(), "PullRequestReview", "message")
    await call.engine.reviews.dismiss(found, user)
    return Answer(review(found, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers")
async def requested_reviewers(call: Call) -> Answer:
    """Whose review is waited for."""
    return Answer(requested(call.pull, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers")
async def request_reviewers(call: Call) -> Answer:
    """Ask people (`reviewers`) and teams (`team_reviewers`), by who wrote the pull request or may triage."""
    pull = call.pull
    if call.user is not pull.user:
        call.require_triage()
    await call.engine.reviews.ask(pull, *await _named(call), call.user)
    return Answer(pull_request_simple(pull, call.urls), 201)


@routes.on("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers")
async def remove_requested_reviewers(call: Call) -> Answer:
    """Ask them no more."""
    pull = call.pull
    if call.user is not pull.user:
        call.require_triage()
    await call.engine.reviews.unask(pull, *await _named(call), call.user)
    return Answer(pull_request_simple(pull, call.urls))


async def _named(call: Call) -> tuple[list[User], list[Team]]:
    wanted = await call.wanted(reviewers=[str], team_reviewers=[str])
    users = [call.world.user(login) for login in wanted.get("reviewers") or []]
    teams = [call.repository.team(slug) for slug in wanted.get("team_reviewers") or []]
    if None in users or None in teams:
        who = "users" if None in users else "teams"
        name = call.repository.full_name
        raise Refused(
            422,
            "Reviews may only be requested from collaborators. One or more of the "
            f"{who} you specified is not a collaborator of the {name} repository.",
        )
    return [user for user in users if user], [team for team in teams if team]


def _is_seen(call: Call, one: Review) -> bool:
    return one.state != "PENDING" or one.user is call.viewer


def _review(call: Call) -> Review:
    found = call.pull.reviews.get(call.number("review_id"))
    if found is None or not _is_seen(call, found):
        raise not_found()
    return found
