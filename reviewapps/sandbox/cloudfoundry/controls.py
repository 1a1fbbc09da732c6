"""What no Cloud Foundry offers: another pace, new people and places, sessions that end at once.

GET    /_sandbox/settings  how long things take and how much is kept: the fields of `Settings`
PATCH  /_sandbox/settings  {"job_delay": 5}: change some
POST   /_sandbox/users     {"name", "password", "roles": {"acme/review": "space_developer"}, "client": false}
POST   /_sandbox/spaces    {"organization", "name", "memory_mb"}; both are made where they are missing
DELETE /_sandbox/tokens    end all sessions, as new keys of UAA would
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from reviewapps.sandbox.cloudfoundry.bodies import Body, Megabytes, body, parsed
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.state import Organization, Space
from reviewapps.sandbox.cloudfoundry.world import Settings

if TYPE_CHECKING:
    from reviewapps.sandbox.cloudfoundry.server import CloudFoundry

_SETTINGS = TypeAdapter(Settings)


class NewUser(Body):
    name: str = Field(min_length=1)
    password: str
    roles: dict[str, str] = Field(default_factory=dict)
    client: bool = False


class NewSpace(Body):
    organization: str = Field(min_length=1)
    name: str = Field(min_length=1)
    memory_mb: Megabytes | None = None


class Controls:
    """The sandbox's own paths beside the platform's."""

    def __init__(self, foundry: CloudFoundry) -> None:
        self._foundry = foundry
        self._world = foundry.world

    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_get("/_sandbox/settings", self._tell_settings)
        router.add_patch("/_sandbox/settings", self._change_settings)
        router.add_post("/_sandbox/users", self._add_user)
        router.add_post("/_sandbox/spaces", self._add_space)
        router.add_delete("/_sandbox/tokens", self._end_sessions)

    async def _tell_settings(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self._world.settings))

    async def _change_settings(self, request: web.Request) -> web.Response:
        settings, wanted = self._world.settings, await _object(request)
        names = {field.name for field in fields(settings)}
        if unknown := sorted(wanted.keys() - names):
            raise unprocessable(
                f"Unknown setting(s): {', '.join(unknown)}. There are: {', '.join(sorted(names))}"
            )
        try:
            changed = _SETTINGS.validate_python({**asdict(settings), **wanted})
        except ValidationError as wrong:
            raise unprocessable(
                "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in wrong.errors())
            ) from None
        for name in wanted:
            setattr(settings, name, getattr(changed, name))
        return await self._tell_settings(request)

    async def _add_user(self, request: web.Request) -> web.Response:
        said = await body(request, NewUser)
        if self._foundry.platform.uaa.user(said.name):
            raise unprocessable(f"There is a {said.name} already")
        for place in said.roles:
            self._check_place(place)
        add = self._foundry.add_client if said.client else self._foundry.add_user
        user = add(said.name, said.password, roles=said.roles)
        return web.json_response({"guid": user.guid, "name": user.name, "roles": said.roles}, status=201)

    async def _add_space(self, request: web.Request) -> web.Response:
        said = await body(request, NewSpace)
        if not self._organization(said.organization):
            self._foundry.add_organization(said.organization)
        if self._space(said.organization, said.name):
            raise unprocessable(f"There is a {said.organization}/{said.name} already")
        space = self._foundry.add_space(said.organization, said.name, said.memory_mb)
        return web.json_response({"guid": space.guid, "name": space.name}, status=201)

    async def _end_sessions(self, _: web.Request) -> web.Response:
        self._foundry.platform.uaa.forget_tokens()
        return web.Response(status=204)

    def _check_place(self, place: str) -> None:
        organization, _, space = place.partition("/")
        known = self._space(organization, space) if space else self._organization(organization)
        if place != "*" and not known:
            raise unprocessable(f"There is no {place}")

    def _organization(self, name: str) -> Organization | None:
        return next((one for one in self._world.all(Organization) if one.name == name), None)

    def _space(self, organization: str, name: str) -> Space | None:
        spaces = (one for one in self._world.all(Space) if one.organization.name == organization)
        return next((one for one in spaces if one.name == name), None)


async def _object(request: web.Request) -> dict[str, object]:
    said = parsed(await request.read())
    if not isinstance(said, dict):
        raise unprocessable("The body should be a JSON object")
    return said
