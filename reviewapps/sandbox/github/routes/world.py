"""What no API of GitHub's offers: new accounts, pull requests from another time, or thousands of them."""

from __future__ import annotations

import re

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.pulls import pull_request_simple
from reviewapps.sandbox.github.refusals import invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.seeding import MOST, open_many
from reviewapps.sandbox.github.state import JSON, LOGIN, Organization, PullRequest, Repository

routes = Routes()
KINDS = ("User", "Organization", "Bot")


@routes.on("POST", "/_sandbox/users")
async def add_user(call: Call) -> Answer:
    """An account `{"login", "token", "type"}`; of an organization also `owners`, whom nobody needs to know yet."""
    wanted = await call.wanted(login=str, token=str, type=str, owners=[str])
    login, kind = text(wanted, "User", "login"), wanted.get("type") or "User"
    if not re.fullmatch(LOGIN, login):
        raise invalid("User", "login")
    if kind not in KINDS:
        raise invalid("User", "type")
    user = call.world.add_user(login, kind)
    if wanted.get("token"):
        call.world.tokens[wanted["token"]] = user
    if isinstance(user, Organization):
        user.members |= {call.world.add_user(owner).login: "admin" for owner in wanted.get("owners") or ()}
    return Answer(simple_user(user, call.urls), 201)


@routes.on("POST", "/_sandbox/pulls")
async def rewrite_pull_request(call: Call) -> Answer:
    """Times and draft state of a pull request, set from outside."""
    wanted = await call.wanted(repository=str, number=int, draft=bool, created_at=str, updated_at=str)
    pull = _pull(call, wanted)
    created, updated = _moment(wanted, "created_at"), _moment(wanted, "updated_at")
    await call.engine.pull_requests.set_draft(pull, bool(wanted.get("draft", pull.draft)), pull.user)
    pull.created_at = created or pull.created_at
    pull.updated_at = updated or call.world.clock.timestamp
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


def _moment(wanted: JSON, name: str) -> str | None:
    """A time as GitHub writes it; 422 for anything else."""
    told: str | None = wanted.get(name)
    if told is not None and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told, re.ASCII):
        raise invalid("PullRequest", name)
    return told


def _pull(call: Call, wanted: JSON) -> PullRequest:
    found = _repository(call, wanted).pull_requests.get(wanted.get("number") or 0)
    if found is None:
        raise not_found()
    return found


def _repository(call: Call, wanted: JSON) -> Repository:
    owner, _, name = text(wanted, "PullRequest", "repository").partition("/")
    found = call.world.named(owner, name)
    if found is None:
        raise not_found()
    return found
