"""Who is there, and how much they may still ask."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.accounts import organization, public_user
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, User

routes = Routes()


@routes.on("GET", "/user")
async def authenticated_user(call: Call) -> Answer:
    """The account behind the token."""
    return Answer(_user(call, call.user))


@routes.on("GET", "/users/{username}")
async def user(call: Call) -> Answer:
    """An account."""
    return Answer(_user(call, _known(call, "username")))


def _user(call: Call, user: User) -> JSON:
    return public_user(user, call.urls, _public_repos(call, user))


@routes.on("GET", "/orgs/{org}")
async def org(call: Call) -> Answer:
    """An organization; 404 for a person."""
    found = _known(call, "org")
    if found.type != "Organization":
        raise not_found()
    return Answer(organization(found, call.urls, _public_repos(call, found)))


@routes.on("GET", "/rate_limit")
async def rate_limit(call: Call) -> Answer:
    """What the token may still ask. Asking this costs nothing."""
    core = call.engine.limits.standing(call.asker)
    untouched = core | {"used": 0, "remaining": core["limit"]}
    return Answer({"resources": {"core": core, "search": untouched, "graphql": untouched}, "rate": core})


@routes.on("GET", "/meta")
async def meta(_: Call) -> Answer:
    """What GitHub says about itself, as far as it is true here."""
    return Answer({"verifiable_password_authentication": False, "hooks": ["127.0.0.1/32"]})


def _known(call: Call, word: str) -> User:
    found = call.world.user(call.word(word))
    if found is None:
        raise not_found()
    return found


def _public_repos(call: Call, user: User) -> int:
    return sum(r.owner is user and not r.private for r in call.world.repositories.values())
