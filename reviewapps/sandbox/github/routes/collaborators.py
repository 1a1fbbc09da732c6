"""Who may do what in a repository."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.teams import WORDS, collaborator, team
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import ROLES, User

routes = Routes()
ROLE_OF = {word: role for role, word in WORDS.items()}


@routes.on("GET", "/repos/{owner}/{repo}/collaborators")
async def collaborators(call: Call) -> Answer:
    """Everybody who was given something here; only writers may ask."""
    _require_push(call, "Must have push access to view repository collaborators.")
    found = [user for user in call.world.users.values() if _is_collaborator(call, user)]
    return call.listing(found, lambda user: collaborator(user, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
async def permission(call: Call) -> Answer:
    """What a person may do here; only writers may ask."""
    _require_push(call, "Must have push access to view collaborator permission.")
    user = _person(call)
    granted, role = call.repository.permission(user), call.repository.role(user)
    told = {"permission": granted, "role_name": role, "user": collaborator(user, call.repository, call.urls)}
    return Answer(told)


@routes.on("GET", "/repos/{owner}/{repo}/collaborators/{username}")
async def is_collaborator(call: Call) -> Answer:
    """204 for a collaborator, 404 for anybody else."""
    _require_push(call, "Must have push access to view repository collaborators.")
    if not _is_collaborator(call, _person(call)):
        raise not_found()
    return Answer(status=204)


@routes.on("PUT", "/repos/{owner}/{repo}/collaborators/{username}")
async def add_collaborator(call: Call) -> Answer:
    """Give a person a role here (`permission`, else push), at once and without an invitation."""
    call.require("admin")
    word = (await call.wanted()).get("permission", "push")
    call.repository.roles[_person(call).login] = role_named(word)
    return Answer(status=204)


@routes.on("DELETE", "/repos/{owner}/{repo}/collaborators/{username}")
async def remove_collaborator(call: Call) -> Answer:
    """Take a person's role away."""
    call.require("admin")
    call.repository.roles.pop(_person(call).login, None)
    return Answer(status=204)


@routes.on("GET", "/repos/{owner}/{repo}/teams")
async def teams(call: Call) -> Answer:
    """The teams that were given something here."""
    call.require_write()
    given = call.repository.team_roles
    found = [one for slug in given if (one := call.repository.team(slug)) is not None]
    return call.listing(found, lambda one: team(one, call.urls, given[one.slug]))


def role_named(word: object) -> str:
    """The role that goes by ``pull``, ``push`` or its own name; 422 for none."""
    role = ROLE_OF.get(str(word), str(word))
    if role not in ROLES[1:]:
        raise invalid("Repository", "permission")
    return role


def _require_push(call: Call, refusal: str) -> None:
    if not (call.user and call.may_write):
        raise Refused(403, refusal)


def _is_collaborator(call: Call, user: User) -> bool:
    return user.type != "Organization" and call.repository.collaborates(user)


def _person(call: Call) -> User:
    user = call.world.user(call.word("username"))
    if user is None:
        raise not_found()
    return user
