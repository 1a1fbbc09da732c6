"""What no API of GitHub's offers: new accounts, pull requests from another time, or thousands of them."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.pulls import pull_request_simple
from reviewapps.sandbox.github.refusals import invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.seeding import MOST, open_many
from reviewapps.sandbox.github.state import JSON, PullRequest, Repository

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
    pull = _pull(call, wanted)
    await call.engine.pull_requests.set_draft(pull, bool(wanted.get("draft", pull.draft)), pull.user)
    pull.created_at = wanted.get("created_at", pull.created_at)
    pull.updated_at = wanted.get("updated_at", call.world.clock.timestamp)
    return Answer(pull_request_simple(pull, call.urls))


@routes.on("POST", "/_sandbox/pulls/many")
async def open_pull_requests(call: Call) -> Answer:
    """So many (`count`) new pull requests in `repository`, each of a branch of its own; their numbers."""
    user, wanted = call.user, await call.wanted(repository=str, count=int, base=str)
    repository, count = _repository(call, wanted), wanted.get("count") or 1
    if not 0 < count <= MOST:
        raise invalid("PullRequest", "count")
    base = wanted.get("base") or repository.default_branch
    made = await open_many(call.world, repository, user, count, base)
    return Answer({"numbers": [pull.number for pull in made]}, 201)


@routes.on("POST", "/_sandbox/merge_queue/land")
async def land(call: Call) -> Answer:
    """A pull request that waits in a merge queue, merged now, whatever its checks say."""
    pull = _pull(call, await call.wanted(repository=str, number=int))
    if pull.queue_entry is None:
        raise not_found()
    await call.engine.merge_queue.land(pull.queue_entry)
    return Answer(pull_request_simple(pull, call.urls))


def _pull(call: Call, wanted: JSON) -> PullRequest:
    found = _repository(call, wanted).pull_requests.get(int(wanted.get("number", 0)))
    if found is None:
        raise not_found()
    return found


def _repository(call: Call, wanted: JSON) -> Repository:
    owner, _, name = text(wanted, "PullRequest", "repository").partition("/")
    found = call.world.named(owner, name)
    if found is None:
        raise not_found()
    return found
