"""What no API of GitHub's offers: new accounts, a pull request from another time."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.pulls import pull_request_simple
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes

routes = Routes()


@routes.on("POST", "/_sandbox/users")
async def add_user(call: Call) -> Answer:
    """An account `{"login", "token", "type"}`."""
    wanted = await call.wanted()
    user = call.world.add_user(text(wanted, "User", "login"), wanted.get("type", "User"))
    if wanted.get("token"):
        call.world.tokens[wanted["token"]] = user
    return Answer(simple_user(user, call.urls), 201)


@routes.on("POST", "/_sandbox/pulls")
async def rewrite_pull_request(call: Call) -> Answer:
    """Times and draft state of a pull request, set from outside."""
    wanted = await call.wanted()
    owner, _, name = text(wanted, "PullRequest", "repository").partition("/")
    repository = call.world.named(owner, name)
    pull = repository.pull_requests.get(int(wanted.get("number", 0))) if repository else None
    if pull is None:
        raise not_found()
    pull.draft = bool(wanted.get("draft", pull.draft))
    pull.created_at = wanted.get("created_at", pull.created_at)
    pull.updated_at = wanted.get("updated_at", call.world.clock.timestamp)
    return Answer(pull_request_simple(pull, call.urls))
