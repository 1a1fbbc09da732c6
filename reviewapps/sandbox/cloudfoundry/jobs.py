"""Jobs: what a 202 answer promises, and other work that goes on after an answer.

As the Cloud Controller's own queue, it is kept with the rows: what was not done when the server ended is done when
it comes up again. So all work is a function of a module, with rows to work on: ``work(platform, row)``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.errors import ApiError, server_error
from reviewapps.sandbox.cloudfoundry.links import Links
from reviewapps.sandbox.cloudfoundry.state import Delayed, Job, Row

if TYPE_CHECKING:
    from reviewapps.sandbox.cloudfoundry.platform import Platform

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R", bound=Row)


class Jobs:
    """Does things a little later, and remembers what came of them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._world = platform.world

    def start(
        self,
        operation: str,
        resource_type: str,
        resource: R,
        work: Callable[[Any, R], Awaitable[None]],
        *,
        polls: bool = False,
    ) -> Job:
        """The job that will do ``work`` on ``resource``; `functools.partial` tells it more.

        One that ``polls`` waits for a broker: its state is POLLING meanwhile.
        """
        job = self._world.add(Job(operation=operation, resource_type=resource_type, resource=resource))
        self.later(_carry_out, job, work, polls)
        return job

    def later(
        self, work: Callable[Concatenate[Any, P], Awaitable[None]], *told: P.args, **_: P.kwargs
    ) -> None:
        """Do ``work(platform, *told)`` in the background."""
        self._spawn(self._world.add(Delayed(work=work, told=told)))

    def carry_on(self) -> None:
        """Do what an earlier process left undone."""
        for delayed in self._world.all(Delayed):
            self._spawn(delayed)

    def _spawn(self, delayed: Delayed) -> None:
        self._platform.background.spawn(self._do(delayed))

    async def _do(self, delayed: Delayed) -> None:
        try:
            await delayed.work(self._platform, *delayed.told)
        except Exception:  # what failed once would fail after every restart
            self._world.remove(delayed)
            raise
        self._world.remove(delayed)


async def _carry_out(
    platform: Platform, job: Job, work: Callable[[Any, Any], Awaitable[None]], polls: bool
) -> None:
    await asyncio.sleep(platform.world.settings.job_delay)
    if polls:
        job.state = "POLLING"
    try:
        await work(platform, job.resource)
    except ApiError as refused:
        job.errors, job.state = [refused.entry()], "FAILED"
    except Exception:  # a job without an end would be asked for for ever
        log.exception("the job %s failed", job.operation)
        job.errors, job.state = [server_error().entry()], "FAILED"
    else:
        job.state = "COMPLETE"
    job.touch()


async def remove(platform: Platform, row: Row) -> None:
    """Take a row out of the world: all that there is to most deletions."""
    platform.world.remove(row)


def accepted(job: Job, request: web.Request) -> web.Response:
    """202 without a body: the job is in the Location header."""
    return web.Response(status=202, headers={"Location": Links.of(request)(f"jobs/{job.guid}")["href"]})
