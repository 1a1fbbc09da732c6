"""One space of Cloud Foundry, as ``reconcile`` asks for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Literal

from reviewapps import steps
from reviewapps.cloudfoundry import adoption, building, labels, looking, removal, skeleton, switching
from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.capacity import capacity
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.doorbell import Doorbell
from reviewapps.cloudfoundry.gatehouse import Alone, Gatehouse, GateStep
from reviewapps.cloudfoundry.logs import lines_of, written
from reviewapps.cloudfoundry.place import Room
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.survey import room
from reviewapps.cloudfoundry.tries import Try, left_over, remove
from reviewapps.errors import ReviewAppsError
from reviewapps.gate import Gate
from reviewapps.model import Actual, App, Candidate, Capacity, Environment, LogLine, Space
from reviewapps.ports import Memory
from reviewapps.steps import Look, Reach, Step, UnderWay

LOG_READ: Final = 1000
"""Envelopes read to find the lines of one source: the most that log-cache gives at once."""

Deed = Callable[[Client, Any, Actual], Actual]

DEEDS: Final[dict[type[Step], Deed]] = {
    steps.Look: looking.look,
    steps.CreateApp: skeleton.create_app,
    steps.Begin: skeleton.begin,
    steps.Remember: skeleton.remember,
    steps.Adopt: adoption.adopt,
    steps.AdoptRoute: adoption.adopt_route,
    steps.CreateRoute: skeleton.create_route,
    steps.MapRoute: skeleton.map_route,
    steps.Upload: building.upload,
    steps.CreateBuild: building.create_build,
    steps.CopyDroplet: building.copy_droplet,
    steps.Configure: switching.configure,
    steps.Start: switching.start,
    steps.Stop: switching.stop,
    steps.Roll: switching.roll,
    steps.CancelRoll: switching.cancel_roll,
    steps.MarkLive: skeleton.mark_live,
    steps.Refuse: skeleton.refuse,
    steps.DeleteRoute: removal.delete_route,
    steps.DeleteApp: removal.delete_app,
}


class SpaceClient:
    """For one thread: it keeps one login, and the guids of org, space and domain.

    ``app_url`` is where apps are reached, with ``{host}`` for host and domain. ``spend`` is called before
    every request to the API; ``say(action, **facts)`` after every one that changed something. ``gate`` stands
    before what lives here, and is raised by whoever is ``alone`` in doing so.
    """

    def __init__(
        self,
        access: Access,
        *,
        instance: str,
        app_url: str,
        timeout: float,
        memory: Memory,
        spend: Callable[[], None],
        say: Callable[..., None],
        gate: Gate | None = None,
        alone: Alone = nullcontext,
    ) -> None:
        session = Session(access, timeout=timeout, memory=memory, spend=spend, say=say)
        self._session, self._access, self._memory = session, access, memory
        self._client = Client(session, access, instance)
        self._doorbell = Doorbell(app_url, access.verify, gate.bypass if gate is not None else None)
        self._gatehouse = Gatehouse(self._client, gate, alone, memory)

    @cached_property
    def domain(self) -> str:
        """The domain that our hosts are under."""
        return self._client.target.domain

    @property
    def guid(self) -> str:
        """The space's own."""
        return self._client.target.space

    def check(self) -> None:
        """Return if we can log in and see our org, space and domain; raise what is wrong if not."""
        target = self._client.target
        _ = target.org, target.space, target.domain_guid

    def look(self) -> Space:
        """All that bears our instance's labels."""
        return looking.space(self._client)

    def candidate(self, environment: Environment, name: str) -> Candidate | None:
        """The app of this name, whoever made it, as one that may be taken over; None where there is none."""
        return adoption.candidate(self._client, environment, name)

    def tries(self) -> tuple[Try, ...]:
        """What tries of the doctor's left behind: all that is older than any try may last."""
        return left_over(self._client)

    def remove_try(self, one: Try) -> None:
        """Delete what a try left behind."""
        remove(self._client, one)

    def memory(self) -> dict[str, int]:
        """The MB that each app in the space is sized for, by guid."""
        return looking.memory(self._client)

    def capacity(self) -> Capacity:
        """What limits the memory of the space."""
        ours = labels.selector(self._client.instance)
        return capacity(self._session, self._client.target, ours, self._memory)

    def guarded(self) -> frozenset[str]:
        """The guids of routes that the gate stands before, as it should or, where there is none, should not."""
        return self._gatehouse.guarded()

    def room(self) -> Room:
        """What the space (or the org, where only that has a limit) has of memory and routes, and may have."""
        return room(self._session, self._access)

    def under_way(self, kind: UnderWay) -> frozenset[Environment]:
        """The environments of which something of this kind is being worked on, by one listing."""
        return looking.under_way(self._client, kind)

    def carry_out(self, step: Step, actual: Actual) -> Actual:
        """Do the step; what is there afterwards, as far as the answers told."""
        if isinstance(step, Reach):
            return replace(actual, answers=self._doorbell.answers(step.address))
        if isinstance(step, GateStep) or (isinstance(step, Look) and step.kind == "guard"):
            return self._gatehouse.carry_out(step, actual)
        return DEEDS[type(step)](self._client, step, actual)

    def log(self, app: App, source: Literal["STG", "APP"], lines: int) -> tuple[str, ...]:
        """The last lines that staging or the app wrote; empty where they cannot be had."""
        try:
            return lines_of(self._client.log_envelopes(app.guid, LOG_READ), source)[-lines:]
        except (ReviewAppsError, KeyError, TypeError, ValueError):
            return ()

    def tail(self, app: App, since: int) -> tuple[LogLine, ...]:
        """What staging and the app wrote since that time (nanoseconds since 1970), oldest first: at most the last
        thousand lines. Raises where log-cache does not answer."""
        return written(self._client.log_envelopes(app.guid, LOG_READ, since))
