"""What pull requests have as issues: comments."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters import pulls as present
from reviewapps.sandbox.github.refusals import invalid
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, Comment

routes = Routes()
LONGEST_BODY = 65_536


@routes.on("GET", "/repos/{owner}/{repo}/issues/comments")
async def all_comments(call: Call) -> Answer:
    """The comments of all pull requests here."""
    return call.listing(list(call.repository.comments.values()), lambda one: present.comment(one, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def one_comment(call: Call) -> Answer:
    """A comment."""
    return Answer(present.comment(call.comment, call.urls))


@routes.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def edit_comment(call: Call) -> Answer:
    """A comment with another text, by who wrote it or a writer."""
    comment = _own_comment(call)
    before = comment.body
    comment.body = _body(await call.wanted())
    comment.updated_at = call.world.clock.timestamp
    call.world.touch(comment.pull_request)
    await _announce(call, "edited", comment, changes={"body": {"from": before}})
    return Answer(present.comment(comment, call.urls))


@routes.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
async def delete_comment(call: Call) -> Answer:
    """A comment removed, by who wrote it or a writer."""
    comment = _own_comment(call)
    del call.repository.comments[comment.id]
    call.world.touch(comment.pull_request)
    await _announce(call, "deleted", comment)
    return Answer(status=204)


@routes.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}")
async def issue(call: Call) -> Answer:
    """A pull request as an issue."""
    return Answer(present.issue(call.issue, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
async def comments(call: Call) -> Answer:
    """The comments of a pull request, oldest first."""
    pull = call.issue
    found = [one for one in call.repository.comments.values() if one.pull_request is pull]
    return call.listing(found, lambda one: present.comment(one, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
async def create_comment(call: Call) -> Answer:
    """A new comment."""
    pull, user, body = call.issue, call.user, _body(await call.wanted())
    now = call.world.clock.timestamp
    via = call.asker.via
    comment = Comment(call.world.next_id(), pull, user, body, created_at=now, updated_at=now, via=via)
    call.repository.comments[comment.id] = comment
    call.world.touch(pull)
    await _announce(call, "created", comment)
    return Answer(present.comment(comment, call.urls), 201)


async def _announce(call: Call, action: str, comment: Comment, **told: JSON) -> None:
    await call.engine.events.announce(
        "issue_comment", action, call.repository, call.user, comment=comment, **told
    )


def _own_comment(call: Call) -> Comment:
    comment = call.comment
    if comment.user is not call.user:
        call.require_write()
    return comment


def _body(wanted: JSON) -> str:
    body = text(wanted, "IssueComment", "body")
    if len(body) > LONGEST_BODY:
        message = f"body is too long (maximum is {LONGEST_BODY} characters)"
        raise invalid("IssueComment", "body", message)
    return body
