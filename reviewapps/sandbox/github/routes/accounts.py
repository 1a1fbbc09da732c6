"""Who is there, and how much they may still ask."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.limits.primary import CORE, GRAPHQL
from reviewapps.sandbox.github.presenters.accounts import organization, public_user
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, User

routes = Routes()
SEARCHES = {True: 30, False: 10}
"""A minute, by whether anybody in particular asks."""


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
    core, graphql = (call.engine.limits.standing(call.asker, one) for one in (CORE, GRAPHQL))
    most, minute_over = SEARCHES[call.viewer is not None], int(call.world.clock.seconds) + 60
    search = {"limit": most, "used": 0, "remaining": most, "reset": minute_over}  # nothing is searched here
    return Answer({"resources": {"core": core, "search": search, "graphql": graphql}, "rate": core})


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
