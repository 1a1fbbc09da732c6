"""One space of Cloud Foundry, as ``reconcile`` asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from reviewapps import steps
from reviewapps.cloudfoundry import (
    adoption,
    building,
    labels,
    looking,
    removal,
    signing,
    skeleton,
    switching,
    tasking,
)
from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.capacity import capacity
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.doorbell import Doorbell
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.cloudfoundry.gatehouse import Alone, Gatehouse, GateStep
from reviewapps.cloudfoundry.logs import lines_of, written
from reviewapps.cloudfoundry.place import Room
from reviewapps.cloudfoundry.postgres import Databases, OpenServer, Postgres
from reviewapps.cloudfoundry.serving import Servants, ServiceStep
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.survey import room
from reviewapps.cloudfoundry.tries import Try, left_over, remove
from reviewapps.cloudfoundry.unused_gates import GatePiece, take_away, unused
from reviewapps.errors import BadSettings, ReviewAppsError
from reviewapps.gate import Gate
from reviewapps.model import (
    Actual,
    App,
    Belongings,
    Candidate,
    Capacity,
    Environment,
    LogLine,
    LogSource,
    Progress,
    Space,
)
from reviewapps.ports import Memory
from reviewapps.signing import Ring
from reviewapps.steps import Look, Reach, Step, UnderWay

LOG_READ: Final = 1000
"""Envelopes read to find the lines of one source: the most that log-cache gives at once."""

NEEDS_DROPLET: Final = steps.Start | steps.Roll | steps.RunTask
"""What finds out that somebody deleted the droplet: it is looked at, and built again."""

Deed = Callable[[Client, Any, Actual], Actual]

DEEDS: Final[dict[type[Step], Deed]] = {
    steps.Look: looking.look,
    steps.CreateApp: skeleton.create_app,
    steps.CreateBuilder: building.create_builder,
    steps.Begin: skeleton.begin,
    steps.Remember: skeleton.remember,
    steps.Govern: skeleton.govern,
    steps.Adopt: adoption.adopt,
    steps.AdoptRoute: adoption.adopt_route,
    steps.CreateRoute: skeleton.create_route,
    steps.MapRoute: skeleton.map_route,
    steps.Upload: building.upload,
    steps.CreateBuild: building.create_build,
    steps.CopyDroplet: building.copy_droplet,
    steps.Sign: signing.sign,
    steps.CarrySignature: signing.carry_signature,
    steps.RunTask: tasking.run_task,
    steps.CancelTask: tasking.cancel_task,
    steps.MarkSetUp: tasking.mark_set_up,
    steps.ScaleProcesses: switching.scale_processes,
    steps.Configure: switching.configure,
    steps.Start: switching.start,
    steps.Stop: switching.stop,
    steps.Roll: switching.roll,
    steps.CancelRoll: switching.cancel_roll,
    steps.MarkLive: skeleton.mark_live,
    steps.Refuse: skeleton.refuse,
    steps.NoteSaid: skeleton.note_said,
    steps.DeleteRoute: removal.delete_route,
    steps.ReplaceBuilder: removal.replace_builder,
    steps.DeleteApp: removal.delete_app,
}


def _no_server(uri: str) -> Databases:
    raise BadSettings("databases of their own cannot be made here")


class SpaceClient:
    """For one thread: it keeps one login, and the guids of org, space and domain.

    ``app_url`` is where apps are reached, with ``{host}`` for host and domain. ``spend`` is called before
    every request to the API; ``say(action, **facts)`` after every one that changed something. ``gate`` stands
    before what lives here, and is raised by whoever is ``alone`` in doing so. ``postgres`` names the service
    instance whose server, opened by ``open_server``, holds environments' own databases. ``ring`` holds the keys of
    our signature on droplets.
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
        postgres: str | None = None,
        open_server: OpenServer | None = None,
        ring: Ring | None = None,
    ) -> None:
        session = Session(access, timeout=timeout, memory=memory, spend=spend, say=say)
        self._session, self._access, self._memory = session, access, memory
        self._client = Client(session, access, instance, ring)
        self._doorbell = Doorbell(app_url, access.verify, gate.bypass if gate is not None else None)
        self._gatehouse = Gatehouse(self._client, gate, alone, memory)
        server = Postgres(self._client.services, postgres, instance, open_server or _no_server)
        self._servants = Servants(self._client, server)

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

    @property
    def gate_stands_at(self) -> frozenset[str]:
        """Where the gate of this target stands, as its labels say it; empty where there is none."""
        return self._gatehouse.stands_at

    def unused_gates(self, kept: frozenset[str]) -> tuple[GatePiece, ...]:
        """What there is of gates of ours that stand elsewhere than those ``kept``, and before nothing."""
        return unused(self._client, kept)

    def take_away(self, piece: GatePiece) -> None:
        """Delete what is left of a gate."""
        take_away(self._client, piece)

    def memory(self) -> dict[str, int]:
        """The MB that each app in the space is sized for, by guid."""
        return looking.memory(self._client)

    def capacity(self, plenty: int) -> Capacity:
        """What limits the memory of the space; no more than its quotas where each has ``plenty`` (MB) left."""
        ours = labels.selector(self._client.instance)
        return capacity(self._session, self._client.target, ours, self._memory, plenty)

    def guarded(self) -> frozenset[str]:
        """The guids of routes that the gate stands before, as it should or, where there is none, should not."""
        return self._gatehouse.guarded()

    def serviced(self) -> frozenset[Environment]:
        """The environments that have services of their own here."""
        return self._servants.environments()

    def belongings(self) -> Belongings:
        """All data of environments here, also what no app has any more."""
        return self._servants.belongings()

    def drop_database(self, name: str) -> None:
        """Drop a database of ours that no service leads to."""
        self._servants.drop(name)

    def bound(self) -> frozenset[str]:
        """The guids of routes that a gate of ours is bound to, whether it is up or not, by one request."""
        return self._gatehouse.bound()

    def visits(self) -> dict[str, datetime]:
        """When each address was visited last, as far as the gate remembers; empty where nobody is asked."""
        gate = self._gatehouse.asking()
        return {} if gate is None else self._doorbell.visits(gate)

    def room(self) -> Room:
        """What the space (or the org, where only that has a limit) has of memory and routes, and may have."""
        return room(self._session, self._access)

    def under_way(self, kind: UnderWay, guids: Sequence[str] = ()) -> Progress:
        """Whose things of this kind are being worked on, by one listing; with ``guids``, of those alone, and which
        came to a good end."""
        return looking.under_way(self._client, kind, guids)

    def carry_out(self, step: Step, actual: Actual) -> Actual:
        """Do the step; what is there afterwards, as far as the answers told."""
        if isinstance(step, Reach):
            answers = self._doorbell.answers(step.address)
            if not answers:
                self._gatehouse.doubt()
            return replace(actual, answers=answers)
        if isinstance(step, GateStep) or (isinstance(step, Look) and step.kind == "guard"):
            return self._gatehouse.carry_out(step, actual)
        if isinstance(step, ServiceStep) or (isinstance(step, Look) and step.kind == "services"):
            return self._servants.carry_out(step, actual)
        try:
            return DEEDS[type(step)](self._client, step, actual)
        except NotFound:
            if not isinstance(step, NEEDS_DROPLET):
                raise
            found = looking.look(self._client, Look("droplets"), actual)
            if any(one.guid == step.droplet and one.state == "ready" for one in found.droplets or ()):
                raise
            return found

    def held(self, check: Callable[[], None]) -> AbstractContextManager[None]:
        """As long as this lasts, ``check`` comes before each request that changes something, and may raise."""
        return self._session.held(check)

    def log(self, app: App, source: LogSource, lines: int) -> tuple[str, ...]:
        """The last lines that staging or the app wrote; empty where they cannot be had."""
        try:
            return lines_of(self._client.log_envelopes(app.guid, LOG_READ), source)[-lines:]
        except (ReviewAppsError, KeyError, TypeError, ValueError):
            return ()

    def tail(self, app: App, since: int) -> tuple[LogLine, ...]:
        """What staging and the app wrote since that time (nanoseconds since 1970), oldest first: at most the last
        thousand lines. Raises where log-cache does not answer."""
        return written(self._client.log_envelopes(app.guid, LOG_READ, since))
