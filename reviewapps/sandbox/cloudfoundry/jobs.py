"""Jobs: what a 202 answer promises."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.background import Background
from reviewapps.sandbox.cloudfoundry.errors import ApiError, server_error
from reviewapps.sandbox.cloudfoundry.links import Links
from reviewapps.sandbox.cloudfoundry.state import Job, Row
from reviewapps.sandbox.cloudfoundry.world import World

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


class Jobs:
    """Does things a little later, and remembers what came of them."""

    def __init__(self, world: World, background: Background) -> None:
        self._world = world
        self._background = background

    def start(
        self, operation: str, resource_type: str, resource: Row, work: Work, *, polls: bool = False
    ) -> Job:
        """The job that will do ``work`` on ``resource``.

        One that ``polls`` waits for a broker: its state is POLLING meanwhile.
        """
        job = self._world.add(Job(operation=operation, resource_type=resource_type, resource=resource))
        self.resume(job, work, polls=polls)
        return job

    def resume(self, job: Job, work: Work, *, polls: bool = False) -> None:
        """Do ``work`` for a job that is there already."""
        self._background.spawn(self._carry_out(job, work, polls))

    async def _carry_out(self, job: Job, work: Work, polls: bool) -> None:
        await asyncio.sleep(self._world.settings.job_delay)
        if polls:
            job.state = "POLLING"
        try:
            await work()
        except ApiError as refused:
            job.errors, job.state = [refused.entry()], "FAILED"
        except Exception:
            log.exception("the job %s failed", job.operation)
            job.errors, job.state = [server_error().entry()], "FAILED"
        else:
            job.state = "COMPLETE"
        job.touch()


def accepted(job: Job, request: web.Request) -> web.Response:
    """202 without a body: the job is in the Location header."""
    return web.Response(status=202, headers={"Location": Links.of(request)(f"jobs/{job.guid}")["href"]})
