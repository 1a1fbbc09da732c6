"""Deliveries on their way: one after the other to each hook, unless a fault was planned.

What is on its way when the sandbox stops is lost, as webhooks may be. Nothing is sent a second time unless
somebody asks for it. Other than on GitHub a hook may be on this very machine.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import replace

import aiohttp

from reviewapps.sandbox.github.state import Delivery, Hook
from reviewapps.sandbox.github.webhooks.faults import WebhookFault
from reviewapps.sandbox.github.webhooks.posting import attempt
from reviewapps.sandbox.github.world import World

log = logging.getLogger(__name__)


class Deliveries:
    """Sends deliveries, and writes down what became of each."""

    def __init__(self, world: World) -> None:
        self.faults: list[WebhookFault] = []
        self.timeout = 10.0
        """So many seconds a receiver may take."""
        self._world = world
        self._session: aiohttp.ClientSession | None = None
        self._waiting: dict[int, list[Delivery]] = defaultdict(list)
        self._held: dict[int, Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Send from now on."""
        self._session = aiohttp.ClientSession(trust_env=False)

    async def stop(self) -> None:
        """Send no more; what waits is lost."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._waiting.clear()
        self._held.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def send(self, hook: Hook, delivery: Delivery) -> None:
        """Let it be sent soon, or let it go wrong as planned."""
        struck = [fault for fault in self.faults if fault.strikes(hook, delivery)]
        fault = struck[0] if struck else None
        if fault is None:
            self._send(hook, delivery)
        elif fault.kind == "doubled":
            self._send(hook, delivery)
            self._send(hook, replace(delivery, id=self._world.next_id()))
        elif fault.kind == "late":
            self._do(self._later(hook, delivery, fault.seconds))
        elif fault.kind == "reordered":
            self._hold(hook, delivery, fault.seconds)

    def send_again(self, hook: Hook, delivery: Delivery) -> None:
        """Let what was sent be sent once more, under the same GUID."""
        self.send(hook, replace(delivery, id=self._world.next_id(), redelivery=True))

    @property
    def pending(self) -> int:
        """How many are on their way."""
        return len(self._tasks)

    def _send(self, hook: Hook, delivery: Delivery) -> None:
        waiting = self._waiting[hook.id]
        waiting.append(delivery)
        held = self._held.pop(hook.id, None)
        if held is not None:
            waiting.append(held)
        if waiting[0] is delivery:
            self._do(self._empty(hook, waiting))

    async def _empty(self, hook: Hook, waiting: list[Delivery]) -> None:
        while waiting:
            try:
                await self._attempt(hook, waiting[0])
            finally:
                del waiting[0]

    async def _later(self, hook: Hook, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._attempt(hook, delivery)

    def _hold(self, hook: Hook, delivery: Delivery, seconds: float) -> None:
        earlier = self._held.pop(hook.id, None)
        self._held[hook.id] = delivery
        if earlier is not None:
            self._send_alone(hook, earlier)
        self._do(self._release(hook, delivery, seconds))

    async def _release(self, hook: Hook, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._held.get(hook.id) is delivery:
            del self._held[hook.id]
            self._send_alone(hook, delivery)

    def _send_alone(self, hook: Hook, delivery: Delivery) -> None:
        self._do(self._attempt(hook, delivery))

    async def _attempt(self, hook: Hook, delivery: Delivery) -> None:
        if self._session is not None and hook.id in self._world.hooks:
            try:
                await attempt(self._session, hook, delivery, self._world.clock, self.timeout)
            except Exception:  # those that wait behind it are not to blame
                log.exception("delivery %s to hook %s went wrong", delivery.guid, hook.id)
            hook.remember(delivery)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
