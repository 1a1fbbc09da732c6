"""Organizations: their members and teams, as far as approvals need them."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.repositories import repository
from reviewapps.sandbox.github.presenters.teams import membership, team, team_alone, team_membership
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routes.collaborators import role_named
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import Organization, Repository, Team, User, slug_of

routes = Routes()


@routes.on("GET", "/orgs/{org}/members")
async def members(call: Call) -> Answer:
    """The members; of `?role=admin` or `?role=member` alone."""
    org, role = _organization(call), call.query("role", "all")
    found = [call.world.user(login) for login, has in org.members.items() if role in ("all", has)]
    return call.listing([user for user in found if user], lambda user: simple_user(user, call.urls))


@routes.on("GET", "/orgs/{org}/members/{username}")
async def is_member(call: Call) -> Answer:
    """204 for a member, 404 for anybody else."""
    if _person(call).login not in _organization(call).members:
        raise not_found()
    return Answer(status=204)


@routes.on("GET", "/orgs/{org}/memberships/{username}")
async def one_membership(call: Call) -> Answer:
    """What a person is in the organization."""
    org, user = _organization(call), _person(call)
    if user.login not in org.members:
        raise not_found()
    return Answer(membership(org, user, call.urls))


@routes.on("PUT", "/orgs/{org}/memberships/{username}")
async def set_membership(call: Call) -> Answer:
    """Make a person an `admin` or a `member`, at once and without an invitation."""
    org, user, role = _ruled(call), _person(call), (await call.wanted()).get("role", "member")
    if role not in ("admin", "member"):
        raise invalid("OrganizationMembership", "role")
    org.members[user.login] = role
    return Answer(membership(org, user, call.urls))


@routes.on("DELETE", "/orgs/{org}/memberships/{username}")
async def end_membership(call: Call) -> Answer:
    """A person leaves, its teams too."""
    org, login = _ruled(call), _person(call).login
    org.members.pop(login, None)
    for one in org.teams.values():
        one.members.pop(login, None)
    return Answer(status=204)


@routes.on("GET", "/orgs/{org}/teams")
async def teams(call: Call) -> Answer:
    """The teams."""
    found = list(_seen_from_inside(call).teams.values())
    return call.listing(found, lambda one: team(one, call.urls))


@routes.on("POST", "/orgs/{org}/teams")
async def create_team(call: Call) -> Answer:
    """A new team, with its creator as maintainer."""
    org, wanted = _ruled(call), await call.wanted(name=str, description=str, privacy=str)
    name = text(wanted, "Team", "name")
    if slug_of(name) in ("", *org.teams):
        raise invalid("Team", "name", "Name must be unique for this org")
    made = call.world.add_team(org, name, wanted.get("description"), wanted.get("privacy") or "closed")
    made.members[call.user.login] = "maintainer"
    return Answer(team_alone(made, 0, call.urls), 201)


@routes.on("GET", "/orgs/{org}/teams/{team_slug}")
async def one_team(call: Call) -> Answer:
    """A team."""
    found = _team(call, _seen_from_inside(call))
    return Answer(team_alone(found, len(_repositories(call, found)), call.urls))


@routes.on("DELETE", "/orgs/{org}/teams/{team_slug}")
async def delete_team(call: Call) -> Answer:
    """A team dissolved; nobody waits for its reviews."""
    org = _ruled(call)
    gone = _team(call, org)
    for one in _repositories(call, gone):
        del one.team_roles[gone.slug]
        for pull in one.pull_requests.values():
            pull.requested_teams = [team for team in pull.requested_teams if team is not gone]
    del org.teams[gone.slug]
    return Answer(status=204)


@routes.on("GET", "/orgs/{org}/teams/{team_slug}/members")
async def team_members(call: Call) -> Answer:
    """Who is in a team; of `?role=` alone."""
    role = call.query("role", "all")
    held = _team(call, _seen_from_inside(call)).members
    found = [call.world.user(login) for login, has in held.items() if role in ("all", has)]
    return call.listing([user for user in found if user], lambda user: simple_user(user, call.urls))


@routes.on("GET", "/orgs/{org}/teams/{team_slug}/repos")
async def team_repositories(call: Call) -> Answer:
    """The repositories that a team was given."""
    found = _repositories(call, _team(call, _seen_from_inside(call)))
    return call.listing(found, lambda one: repository(one, call.urls))


@routes.on("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}")
async def one_team_membership(call: Call) -> Answer:
    """What a person is in a team."""
    found, login = _team(call, _seen_from_inside(call)), _person(call).login
    if login not in found.members:
        raise not_found()
    return Answer(team_membership(found, login, call.urls))


@routes.on("PUT", "/orgs/{org}/teams/{team_slug}/memberships/{username}")
async def join_team(call: Call) -> Answer:
    """A person in a team, and by that in the organization."""
    org, login, role = _ruled(call), _person(call).login, (await call.wanted()).get("role", "member")
    if role not in ("member", "maintainer"):
        raise invalid("TeamMember", "role")
    found = _team(call, org)
    org.members.setdefault(login, "member")
    found.members[login] = role
    return Answer(team_membership(found, login, call.urls))


@routes.on("DELETE", "/orgs/{org}/teams/{team_slug}/memberships/{username}")
async def leave_team(call: Call) -> Answer:
    """A person no more in a team."""
    _team(call, _ruled(call)).members.pop(_person(call).login, None)
    return Answer(status=204)


@routes.on("PUT", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}")
async def give_team_repository(call: Call) -> Answer:
    """Give a team a role in a repository of its organization."""
    found, word = _team(call, _ruled(call)), (await call.wanted()).get("permission", "push")
    if call.repository.owner is not found.organization:
        raise invalid("Team", "repository")
    call.repository.team_roles[found.slug] = role_named(word)
    return Answer(status=204)


@routes.on("DELETE", "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}")
async def take_team_repository(call: Call) -> Answer:
    """Take that role away."""
    call.repository.team_roles.pop(_team(call, _ruled(call)).slug, None)
    return Answer(status=204)


def _organization(call: Call) -> Organization:
    if "organization_id" in call.request.match_info:
        identity = call.number("organization_id")
        every = (user for user in call.world.users.values() if isinstance(user, Organization))
        found = next((one for one in every if one.id == identity), None)
    else:
        found = call.world.organization(call.word("org"))
    if found is None:
        raise not_found()
    return found


def _ruled(call: Call) -> Organization:
    org = _organization(call)
    if org.members.get(call.user.login) != "admin" and not _installed(call, org):
        raise Refused(403, "You must be an admin of this organization.")
    return org


def _seen_from_inside(call: Call) -> Organization:
    org = _organization(call)
    if call.user.login not in org.members and not _installed(call, org):
        raise not_found()
    return org


def _installed(call: Call, org: Organization) -> bool:
    """Whether an App asks that was let in there; what it may do, its permissions say."""
    return call.asker.token is not None and call.asker.token.installation.account is org


def _team(call: Call, org: Organization) -> Team:
    if "team_id" in call.request.match_info:
        identity = call.number("team_id")
        found = next((one for one in org.teams.values() if one.id == identity), None)
    else:
        found = org.teams.get(call.word("team_slug"))
    if found is None:
        raise not_found()
    return found


def _repositories(call: Call, team: Team) -> list[Repository]:
    mine = (one for one in call.world.repositories.values() if one.owner is team.organization)
    return [one for one in mine if team.slug in one.team_roles]


def _person(call: Call) -> User:
    user = call.world.user(call.word("username"))
    if user is None:
        raise not_found()
    return user
