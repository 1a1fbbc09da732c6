"""Registering an App from a manifest, as a form on somebody's page does it.

GitHub asks the person who is signed in to confirm. Nobody is signed in here: the form registers the App at once,
for the organization of the path or else the account that is named in `?account=` (the first one there is).
"""

from __future__ import annotations

import json
import secrets

from aiohttp import web
from pydantic import BaseModel
from yarl import URL

from reviewapps.sandbox.github.apps.registration import register
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import Manifest, Permissions, Registration, User
from reviewapps.sandbox.github.world import World

LIFETIME = 3600


class HookAttributes(BaseModel):
    """Where the App wants to be told."""

    url: str = ""
    active: bool = True


class Wanted(BaseModel):
    """The manifest, as far as it matters here."""

    name: str = ""
    url: str
    redirect_url: str
    description: str | None = None
    hook_attributes: HookAttributes = HookAttributes()
    default_permissions: Permissions = {}
    default_events: list[str] = []


class ManifestForms:
    """Takes manifests, and sends back with a code."""

    def __init__(self, world: World) -> None:
        self._world = world

    def mount(self, app: web.Application) -> None:
        """Serve both forms."""
        app.router.add_post("/settings/apps/new", self._register)
        app.router.add_post("/organizations/{org}/settings/apps/new", self._register)

    async def _register(self, request: web.Request) -> web.Response:
        try:
            form = await request.post()
            wanted = Wanted.model_validate(json.loads(str(form.get("manifest", ""))))
            back = URL(wanted.redirect_url)
            told = {"code": self._registered(self._owner(request), wanted)}
        except (Refused, ValueError, RecursionError) as wrong:
            return web.Response(status=422, text=f"{wrong}\n")
        state = request.query.get("state") or str(form.get("state", ""))
        told |= {"state": state} if state else {}
        return web.Response(status=302, headers={"Location": str(back.update_query(told))})

    def _owner(self, request: web.Request) -> User:
        login = request.match_info.get("org") or request.query.get("account")
        found = self._world.user(login) if login else next(iter(self._world.users.values()), None)
        if found is None:
            raise Refused(404, f"There is no account {login}.")
        return found

    def _registered(self, owner: User, wanted: Wanted) -> str:
        registration = Registration(
            name=wanted.name or f"app-{secrets.token_hex(4)}",
            url=wanted.url,
            description=wanted.description,
            permissions=wanted.default_permissions,
            events=wanted.default_events,
            hook_url=wanted.hook_attributes.url,
            hook_active=wanted.hook_attributes.active,
        )
        code = secrets.token_hex(20)
        app = register(self._world, owner, registration)
        self._world.forget_expired()
        self._world.manifests[code] = Manifest(code, app, self._world.clock.seconds + LIFETIME)
        return code
