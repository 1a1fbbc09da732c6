"""The whole of it on one port: API, git and pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from reviewapps.sandbox.github.access import asker
from reviewapps.sandbox.github.approvals import Ownership, Reviews
from reviewapps.sandbox.github.apps.installing import Installing, install
from reviewapps.sandbox.github.apps.registration import register
from reviewapps.sandbox.github.calls import Engine
from reviewapps.sandbox.github.deployments import Deployments
from reviewapps.sandbox.github.folders import pack
from reviewapps.sandbox.github.limits.primary import Limits
from reviewapps.sandbox.github.limits.secondary import SecondaryLimits
from reviewapps.sandbox.github.merge_queue import MergeQueue
from reviewapps.sandbox.github.merging import Merging
from reviewapps.sandbox.github.pages import Pages
from reviewapps.sandbox.github.pages.manifests import ManifestForms
from reviewapps.sandbox.github.pages.signing_in import SigningIn
from reviewapps.sandbox.github.protection import Gate
from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.restart import carry_on
from reviewapps.sandbox.github.routes import ALL
from reviewapps.sandbox.github.routing import Api, unknown
from reviewapps.sandbox.github.sign_ins import SignIn
from reviewapps.sandbox.github.smart_http import SmartHttp
from reviewapps.sandbox.github.state import App, Organization, Registration, Repository
from reviewapps.sandbox.github.webhooks.deliveries import Deliveries
from reviewapps.sandbox.github.webhooks.events import Announced, Events
from reviewapps.sandbox.github.webhooks.pushes import Pushes
from reviewapps.sandbox.github.world import World
from reviewapps.sandbox.observed import Observed
from reviewapps.sandbox.snapshots import Snapshots

GRACE = 1.0
LARGEST_BODY = 16 * 1024 * 1024


class GitHub:
    """A GitHub on this machine, as it was when it last ran in this ``home``; ``recalled``: there was one.

    It serves from :meth:`start` to :meth:`stop`, in the event loop of whoever started it. Accounts and
    repositories may be added before, after and meanwhile.
    """

    def __init__(self, home: Path) -> None:
        self.world = World(home)
        self._snapshots = Snapshots(self.world, home)
        self._engine = _engine(self.world)
        self._api = Api(self._engine)
        self.observed = Observed(self._who, self.world.clock, server="github")
        self.url = ""
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._packing: asyncio.Task[None] | None = None

    @property
    def recalled(self) -> bool:
        """Whether this GitHub was there before."""
        return self._snapshots.recalled

    @property
    def announced(self) -> Announced | None:
        """Called with event, action and payload of everything that a webhook is told."""
        return self._engine.events.announced

    @announced.setter
    def announced(self, called: Announced | None) -> None:
        self._engine.events.announced = called

    @property
    def deliveries(self) -> Deliveries:
        """Webhooks on their way, and how they go wrong."""
        return self._engine.deliveries

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1 (any free port: 0). :class:`OSError` where the port is taken."""
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=GRACE)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = int(runner.addresses[0][1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._engine.events.origin = self.url
        await self._engine.deliveries.start()
        if self.recalled:
            await carry_on(self.world, self._engine.pull_requests)
            self._packing = asyncio.create_task(pack(self.world))
        await self._snapshots.start()

    async def stop(self) -> None:
        """Serve no more. All is kept, but for the webhooks on their way."""
        await self._engine.deliveries.stop()
        if self._packing is not None:
            await self._packing
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._snapshots.stop()

    async def refs_changed(self, repository: Repository, login: str) -> None:
        """Notice that ``login`` changed refs of the repository on disk, as after a push."""
        await self._engine.pull_requests.refs_changed(repository, self.world.add_user(login))
        self._snapshots.changed()

    def add_user(self, login: str, *, token: str, type: str = "User") -> None:
        """Let ``login`` in with ``token``, also with more than one."""
        self.world.tokens[token] = self.world.add_user(login, type)

    def add_owner(self, organization: str, login: str) -> None:
        """Let ``login`` rule an organization; either is made where there is none."""
        made = self.world.add_user(organization, "Organization")
        if isinstance(made, Organization):
            made.members[self.world.add_user(login).login] = "admin"

    def add_sign_in(self, app: App, callback: str) -> None:
        """Let this App send people here to sign in; they come back to ``callback``."""
        self.world.sign_ins[app.client_id] = SignIn(app.client_id, app.client_secret, callback)

    def add_repository(
        self,
        owner: str,
        name: str,
        *,
        private: bool = False,
        default_branch: str = "main",
        writers: Iterable[str] = (),
        admins: Iterable[str] = (),
    ) -> int:
        """The id of a new, empty repository. An owner nobody knows becomes an organization."""
        account = self.world.add_user(owner, "Organization")
        made = self.world.place(
            account,
            name,
            default_branch=default_branch,
            private=private,
            writers=writers,
            admins=admins,
        )
        made.git.create(default_branch)
        return made.id

    def add_app(self, owner: str, wanted: Registration, *, installed_on: Iterable[str] = ()) -> App:
        """A new App of that account, let into these of its repositories."""
        account = self.world.add_user(owner, "Organization")
        app = register(self.world, account, wanted)
        names = [name.lower() for name in installed_on]
        chosen = [
            one
            for one in self.world.repositories.values()
            if one.owner is account and one.name.lower() in names
        ]
        if chosen:
            install(self.world, app, account, chosen)
        return app

    def application(self) -> web.Application:
        """API, git and pages as an application."""
        app = web.Application(middlewares=[self._snapshots.middleware], client_max_size=LARGEST_BODY)
        for routes in ALL:
            self._api.mount(app, routes)
        SmartHttp(self._engine).mount(app)
        Pages(self._engine).mount(app)
        ManifestForms(self.world).mount(app)
        SigningIn(self.world).mount(app)
        self.observed.install(app)
        app.router.add_route("*", "/{unknown:(?s:.*)}", unknown)
        return app

    def _who(self, request: web.Request) -> str:
        try:
            who = asker(request, self.world)
        except Refused:
            return ""
        return who.user.login if who.user else who.app.slug if who.app else ""


def _engine(world: World) -> Engine:
    deliveries = Deliveries(world)
    events = Events(world, deliveries)
    pushes = Pushes(world, events)
    ownership = Ownership(world)
    gate, reviews = Gate(ownership), Reviews(world, ownership, events)
    pull_requests = PullRequests(world, reviews, events, pushes)
    merging = Merging(world, pull_requests, gate)
    return Engine(
        world=world,
        pull_requests=pull_requests,
        reviews=reviews,
        ownership=ownership,
        gate=gate,
        merging=merging,
        merge_queue=MergeQueue(world, merging, gate, events, pushes),
        deployments=Deployments(world, merging, events),
        limits=Limits(world),
        secondary_limits=SecondaryLimits(world),
        events=events,
        deliveries=deliveries,
        installing=Installing(world, events),
    )
