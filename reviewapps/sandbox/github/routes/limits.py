"""Limits, from behind the scenes.

GET    /_sandbox/limits   what is allowed, and what each has used
PATCH  /_sandbox/limits   {"user": 50, "points_per_minute": 900, …}: allow other than that
POST   /_sandbox/limits   {"login": "octocat", "remaining": 0}, or "installation", or "address": use up;
                          with "resource": "graphql" the points of GraphQL
DELETE /_sandbox/limits   as at first
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from reviewapps.sandbox.github.access import Asker
from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.refusals import mistaken, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import Allowance, InstallationToken
from reviewapps.sandbox.github.world import World

routes = Routes()


@routes.on("GET", "/_sandbox/limits")
async def limits(call: Call) -> Answer:
    """What is allowed, and what each has used in their present hour."""
    used = {key: usage.used for key, usage in call.world.usage.items()}
    return Answer({"allowance": call.world.allowance.model_dump(), "used": used})


@routes.on("PATCH", "/_sandbox/limits")
async def allow(call: Call) -> Answer:
    """Another allowance; what is not named stays."""
    wanted = call.world.allowance.model_dump() | await call.wanted()
    try:
        call.world.allowance = Allowance.model_validate(wanted)
    except ValidationError as wrong:
        raise mistaken(wrong) from None
    return Answer(call.world.allowance.model_dump())


class Spending(BaseModel):
    """Whose points are used up: an account's, an installation's or (anonymous) an address's."""

    model_config = ConfigDict(extra="forbid")

    login: str = ""
    installation: int = 0
    address: str = "127.0.0.1"
    remaining: NonNegativeInt = 0
    resource: Literal["core", "graphql"] = "core"


@routes.on("POST", "/_sandbox/limits")
async def use_up(call: Call) -> Answer:
    """The points of somebody used up, but for ``remaining``."""
    try:
        wanted = Spending.model_validate(await call.wanted())
    except ValidationError as wrong:
        raise mistaken(wrong) from None
    who = _spender(call.world, wanted)
    call.engine.limits.spend(who, wanted.remaining, wanted.resource)
    return Answer(call.engine.limits.standing(who, wanted.resource))


def _spender(world: World, wanted: Spending) -> Asker:
    if wanted.installation:
        installation = world.installations.get(wanted.installation)
        if installation is None:
            raise not_found()
        token = InstallationToken("", installation, installation.permissions, None, 0.0)
        return Asker("", installation.app.bot, token)
    user = world.user(wanted.login)
    if wanted.login and user is None:
        raise not_found()
    return Asker(wanted.address, user)


@routes.on("DELETE", "/_sandbox/limits")
async def forget_limits(call: Call) -> Answer:
    """Everything allowed as at first, and nothing used."""
    call.world.allowance = Allowance()
    call.world.usage.clear()
    return Answer(status=204)
