"""A Cloud Foundry on this machine: API, UAA and log-cache on one port, its apps on another."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.sandbox.cloudfoundry.access import remember_caller
from reviewapps.sandbox.cloudfoundry.brokers import catalog
from reviewapps.sandbox.cloudfoundry.controls import Controls
from reviewapps.sandbox.cloudfoundry.endpoints import ENDPOINTS
from reviewapps.sandbox.cloudfoundry.errors import ApiError, server_error, unknown_request, unreadable_body
from reviewapps.sandbox.cloudfoundry.firewall import Firewall
from reviewapps.sandbox.cloudfoundry.front import LONGEST_READ, long_lines_refused
from reviewapps.sandbox.cloudfoundry.platform import Platform
from reviewapps.sandbox.cloudfoundry.restart import carry_on
from reviewapps.sandbox.cloudfoundry.retention import sweep_again_and_again
from reviewapps.sandbox.cloudfoundry.runtime import Router, Signatures
from reviewapps.sandbox.cloudfoundry.state import (
    App,
    Buildpack,
    Domain,
    EnvironmentVariableGroup,
    Organization,
    OrganizationQuota,
    Role,
    SecurityGroup,
    Space,
    SpaceQuota,
    Stack,
    User,
    new_guid,
)
from reviewapps.sandbox.cloudfoundry.world import Settings
from reviewapps.sandbox.observed import Observed

log = logging.getLogger(__name__)

STACK = "cflinuxfs4"
BUILDPACKS = ("staticfile_buildpack", "nodejs_buildpack", "python_buildpack", "binary_buildpack")
DEFAULT_MEMORY_MB = 102_400
_OPEN = ("/", "/v3", "/v3/info", "/login", "/info", "/check_token")
_GUARDED_ELSEWHERE = ("/oauth/", "/api/v1/", "/_sandbox/", "/v2/")


class CloudFoundry:
    """The whole platform, as it was when it last ran in this home. A fresh one has the organization "acme" with
    the spaces "review" and "production", and the user "deployer" (password "deployer"), who is a space developer
    in both.
    """

    def __init__(
        self,
        home: Path,
        *,
        app_domain: str = "apps.localhost",
        token_seconds: float = 600,
        **settings: Any,
    ) -> None:
        """``settings`` are those of `Settings`, by name."""
        self.settings = Settings(token_seconds=token_seconds, **settings)
        self.platform = Platform(home, self.settings)
        self.world = self.platform.world
        self.observed = Observed(self._who, self.world.clock, server="cloudfoundry")
        self.app_domain = app_domain
        self.app_port = 0
        self.port = 0
        self._runners: list[web.AppRunner] = []
        if not self.platform.snapshots.recalled:
            self._furnish()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0, app_port: int = 0) -> None:
        """Listen on 127.0.0.1, and go on with what was under way; a port that is taken raises OSError."""
        signatures = Signatures(lambda: self.settings.route_service_seconds, lambda: self.world.clock.seconds)
        router = Router(self.platform.cells.backend, log=self._log_access, signatures=signatures)
        await self.platform.provisioning.resume()
        try:
            self.port = await self._listen(self.application(), port)
            self.world.api_url = self.api_url
            self.app_port = await self._listen(router.application(), app_port)
            self.platform.cells.watch_routes()
            self.platform.background.spawn(sweep_again_and_again(self.platform))
        except OSError:
            await self.stop()
            raise
        if self.platform.snapshots.recalled:
            carry_on(self.platform)
        await self.platform.snapshots.start()

    async def stop(self) -> None:
        """Stop listening, then stop every build, task and app, and wait for their end. All is kept."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        await self.platform.close()
        await self.platform.snapshots.stop()

    def application(self) -> web.Application:
        """The API as an application."""
        middlewares = [
            self.platform.snapshots.middleware,
            Firewall(self.world).middleware,
            long_lines_refused,
            _answered,
            self._authenticated,
        ]
        application = web.Application(middlewares=middlewares, client_max_size=2**30)
        for endpoints in ENDPOINTS:
            endpoints(self.platform).mount(application.router)
        self.platform.uaa.mount(application.router)
        Controls(self).mount(application.router)
        self.observed.install(application)
        return application

    def add_user(self, name: str, password: str, *, roles: Mapping[str, str]) -> User:
        """A new user. ``roles`` by place: {"acme/review": "space_developer", "acme": "organization_manager"}.

        The place "*" makes an admin of the user.
        """
        return self._add(User(name=name, secret=password), roles)

    def add_client(self, client_id: str, secret: str, *, roles: Mapping[str, str]) -> User:
        """A new client, for the client_credentials grant, with roles as a user has them."""
        return self._add(User(guid=client_id, name=client_id, secret=secret, is_client=True), roles)

    def add_organization(self, name: str, memory_mb: int | None = None) -> Organization:
        """A new organization with a quota of its own; ``None`` is no limit."""
        quota = self.world.add(OrganizationQuota(name=f"{name}-quota", memory_mb=memory_mb))
        organization = self.world.add(Organization(name=name, quota=quota))
        quota.organization = organization
        return organization

    def add_space(self, organization: str, name: str, memory_mb: int | None = None) -> Space:
        """A new space; with ``memory_mb`` it has a quota of its own."""
        home = self.organization(organization)
        quota = None
        if memory_mb is not None:
            quota = SpaceQuota(name=f"{name}-quota", memory_mb=memory_mb, organization=home)
            self.world.add(quota)
        return self.world.add(Space(name=name, organization=home, quota=quota))

    def organization(self, name: str) -> Organization:
        return next(one for one in self.world.all(Organization) if one.name == name)

    def space(self, name: str, organization: str = "acme") -> Space:
        home = self.organization(organization)
        return next(one for one in self.world.all(Space) if one.organization is home and one.name == name)

    def _furnish(self) -> None:
        self.world.add(Stack(name=STACK, description="Cloud Foundry Linux-based filesystem"))
        for position, name in enumerate(BUILDPACKS, 1):
            self.world.add(Buildpack(name=name, stack=STACK, position=position))
        self.world.add(Domain(name=self.app_domain))
        for row in catalog():
            self.world.add(row)
        for group in ("staging", "running"):
            self.world.add(EnvironmentVariableGroup(name=group))
        anywhere = [{"protocol": "all", "destination": "0.0.0.0-255.255.255.255"}]  # as it is on this machine
        self.world.add(SecurityGroup(name="anywhere", rules=anywhere, global_running=True))
        self.add_organization("acme", DEFAULT_MEMORY_MB)
        self.add_space("acme", "review")
        self.add_space("acme", "production")
        both = {"acme/review": "space_developer", "acme/production": "space_developer"}
        self.add_user("deployer", "deployer", roles=both)

    def _add(self, user: User, roles: Mapping[str, str]) -> User:
        self.world.add(user)
        self.platform.uaa.add(user)
        for place, role in roles.items():
            if place == "*":
                user.is_admin = True
                continue
            organization, _, space = place.partition("/")
            home = self.space(space, organization) if space else self.organization(organization)
            user.roles[home.guid] = role
            self.world.add(Role(type=role, user=user, place=home))
        return user

    async def _listen(self, application: web.Application, port: int) -> int:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, max_line_size=LONGEST_READ)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return int(runner.addresses[0][1])

    def _log_access(self, app_guid: str, line: str) -> None:
        if app := self.world.find(App, app_guid):
            self.world.say(app, "RTR", line)

    def _who(self, request: web.Request) -> str:
        """Who asks, for faults and for the record; empty where nobody says, or with a token that is not good."""
        user = self.platform.uaa.bearer(request)
        return user.name if user else ""

    @web.middleware
    async def _authenticated(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in _OPEN and not request.path.startswith(_GUARDED_ELSEWHERE):
            remember_caller(request, self.platform.uaa.caller(request))
        return await handler(request)


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every answer has its request's id, and every refusal the Cloud Controller's form."""
    try:
        response = await handler(request)
    except ApiError as refused:
        response = _refusal(refused)
    except web.HTTPException as refused:
        response = _refusal(unknown_request() if refused.status in (404, 405) else _as_api_error(refused))
    except ConnectionError:  # who asked left before all was said: nobody reads this
        response = _refusal(unreadable_body())
    except Exception:  # whatever it is, whoever asked gets the platform's 500
        log.exception("%s %s failed", request.method, request.path_qs)
        response = _refusal(server_error())
    if not response.prepared:
        response.headers["X-Vcap-Request-Id"] = f"{new_guid()}::{new_guid()}"
    return response


def _as_api_error(refused: web.HTTPException) -> ApiError:
    return ApiError(refused.status, 1004, "BadRequest", refused.reason)


def _refusal(error: ApiError) -> web.Response:
    response = web.json_response(error.body(), status=error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
