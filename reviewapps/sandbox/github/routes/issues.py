"""What pull requests have as issues: comments and labels."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters import pulls as present
from reviewapps.sandbox.github.refusals import Refused, forbidden, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, Comment, PullRequest

routes = Routes()
LONGEST_BODY = 65_536


@routes.on("GET", "/repos/{owner}/{repo}/issues/comments")
async def all_comments(call: Call) -> Answer:
    """The comments of all pull requests here."""
    return call.listing(list(call.repository.comments.values()), lambda one: present.comment(one, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def one_comment(call: Call) -> Answer:
    """A comment."""
    return Answer(present.comment(_comment(call), call.urls))


@routes.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def edit_comment(call: Call) -> Answer:
    """A comment with another text, by who wrote it or a writer."""
    comment = _own_comment(call)
    comment.body = _body(await call.wanted())
    comment.updated_at = call.world.clock.timestamp
    call.world.touch(comment.pull_request)
    return Answer(present.comment(comment, call.urls))


@routes.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def delete_comment(call: Call) -> Answer:
    """A comment removed, by who wrote it or a writer."""
    comment = _own_comment(call)
    del call.repository.comments[comment.id]
    call.world.touch(comment.pull_request)
    return Answer(status=204)


@routes.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}")
async def issue(call: Call) -> Answer:
    """A pull request as an issue."""
    return Answer(present.issue(_issue(call), call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
async def comments(call: Call) -> Answer:
    """The comments of a pull request, oldest first."""
    pull = _issue(call)
    found = [one for one in call.repository.comments.values() if one.pull_request is pull]
    return call.listing(found, lambda one: present.comment(one, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
async def create_comment(call: Call) -> Answer:
    """A new comment."""
    pull, user, body = _issue(call), call.user, _body(await call.wanted())
    now = call.world.clock.timestamp
    comment = Comment(call.world.next_id(), pull, user, body, created_at=now, updated_at=now)
    call.repository.comments[comment.id] = comment
    call.world.touch(pull)
    return Answer(present.comment(comment, call.urls), 201)


@routes.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels")
async def labels(call: Call) -> Answer:
    """The labels of a pull request."""
    return call.listing(_issue(call).labels, lambda one: present.label(one, call.repository, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels")
async def add_labels(call: Call) -> Answer:
    """More labels for a pull request; unknown ones are made."""
    call.require_write()
    pull, wanted = _issue(call), await call.body()
    for name in wanted if isinstance(wanted, list) else wanted.get("labels", []):
        label = call.world.label(call.repository, name if isinstance(name, str) else name["name"])
        if label not in pull.labels:
            pull.labels.append(label)
    call.world.touch(pull)
    return _labels(call, pull)


@routes.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}")
async def remove_label(call: Call) -> Answer:
    """One label less."""
    call.require_write()
    pull, name = _issue(call), call.word("name").lower()
    if name not in [label.name.lower() for label in pull.labels]:
        raise Refused(404, "Label does not exist")
    pull.labels = [label for label in pull.labels if label.name.lower() != name]
    call.world.touch(pull)
    return _labels(call, pull)


def _labels(call: Call, pull: PullRequest) -> Answer:
    return Answer([present.label(one, call.repository, call.urls) for one in pull.labels])


def _issue(call: Call) -> PullRequest:
    found = call.repository.pull_requests.get(call.number("issue_number"))
    if found is None:
        raise not_found()
    return found


def _comment(call: Call) -> Comment:
    found = call.repository.comments.get(call.number("comment_id"))
    if found is None:
        raise not_found()
    return found


def _own_comment(call: Call) -> Comment:
    comment = _comment(call)
    if comment.user is not call.user and call.repository.permission(call.user) not in ("write", "admin"):
        raise forbidden()
    return comment


def _body(wanted: JSON) -> str:
    body = text(wanted, "IssueComment", "body")
    if len(body) > LONGEST_BODY:
        message = f"body is too long (maximum is {LONGEST_BODY} characters)"
        raise invalid("IssueComment", "body", message)
    return body
