"""The whole of it on one port: API, git and pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from reviewapps.sandbox.github.approvals import Ownership, Reviews
from reviewapps.sandbox.github.calls import Engine
from reviewapps.sandbox.github.deployments import Deployments
from reviewapps.sandbox.github.limits import Limits
from reviewapps.sandbox.github.merge_queue import MergeQueue
from reviewapps.sandbox.github.merging import Merging
from reviewapps.sandbox.github.pages import Pages
from reviewapps.sandbox.github.protection import Gate
from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.restart import carry_on
from reviewapps.sandbox.github.routes import ALL
from reviewapps.sandbox.github.routing import Answered, Api, unknown, viewer_of
from reviewapps.sandbox.github.smart_http import SmartHttp
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
        ownership = Ownership(self.world)
        gate, reviews = Gate(ownership), Reviews(self.world, ownership)
        pull_requests = PullRequests(self.world, reviews)
        merging = Merging(self.world, pull_requests, gate)
        self._engine = Engine(
            world=self.world,
            pull_requests=pull_requests,
            reviews=reviews,
            ownership=ownership,
            gate=gate,
            merging=merging,
            merge_queue=MergeQueue(self.world, merging, gate),
            deployments=Deployments(self.world, merging),
            limits=Limits(self.world.clock),
        )
        self._api = Api(self._engine)
        self.observed = Observed(self._who, self.world.clock)
        self.url = ""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def recalled(self) -> bool:
        """Whether this GitHub was there before."""
        return self._snapshots.recalled

    @property
    def answered(self) -> Answered | None:
        """Called with method, path template, status and body of every answer of the API."""
        return self._api.answered

    @answered.setter
    def answered(self, called: Answered | None) -> None:
        self._api.answered = called

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1 (any free port: 0). :class:`OSError` where the port is taken."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=GRACE)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = int(runner.addresses[0][1])
        self.url = f"http://127.0.0.1:{self.port}"
        if self.recalled:
            await carry_on(self.world, self._engine.pull_requests)
        await self._snapshots.start()

    async def stop(self) -> None:
        """Serve no more. All is kept."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._snapshots.stop()

    def add_user(self, login: str, *, token: str, type: str = "User") -> None:
        """Let ``login`` in with ``token``, also with more than one."""
        self.world.tokens[token] = self.world.add_user(login, type)

    def add_repository(
        self,
        owner: str,
        name: str,
        *,
        private: bool = False,
        default_branch: str = "main",
        writers: Iterable[str] = (),
    ) -> int:
        """The id of a new, empty repository. An owner nobody knows becomes an organization."""
        account = self.world.add_user(owner, "Organization")
        made = self.world.place(
            account, name, default_branch=default_branch, private=private, writers=writers
        )
        made.git.create(default_branch)
        return made.id

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._snapshots.middleware], client_max_size=LARGEST_BODY)
        for routes in ALL:
            self._api.mount(app, routes)
        SmartHttp(self._engine).mount(app)
        Pages(self._engine).mount(app)
        self.observed.install(app)
        app.router.add_route("*", "/{unknown:.*}", unknown)
        return app

    def _who(self, request: web.Request) -> str:
        try:
            viewer = viewer_of(request, self.world)
        except Refused:
            return ""
        return viewer.login if viewer else ""
