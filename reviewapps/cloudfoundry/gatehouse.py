"""The gate of one space: bound to the routes of previews, and built, started and kept up to date.

Everything of it bears labels of its own (``reviewapps-gate``), and none of those by which environments are found:
so it is nobody's preview, is never swept, and each installation that shares a space has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import ALREADY_BOUND, NotFound, Rejected
from reviewapps.cloudfoundry.gate_app import raised
from reviewapps.errors import BadSettings, NameTaken, NotAuthorised, OperatorMustAct, Unavailable
from reviewapps.gate import Gate
from reviewapps.model import Actual, Guard
from reviewapps.naming import digest
from reviewapps.ports import Memory
from reviewapps.steps import BindGate, Look, RaiseGate, UnbindGate

Json = dict[str, Any]
Alone = Callable[[], AbstractContextManager[object] | None]
"""The right to raise the gate, while it lasts; None where somebody else has it just now."""

GateStep = BindGate | UnbindGate | RaiseGate
BELIEVED_FOR: Final = 600.0
"""Seconds for which it is believed that the gate is up, unless an address behind it does not answer."""
JUST_NOW: Final = 2.0
"""Seconds for which a listing of all that is bound tells of a route, so that a look and its turns ask once."""

OTHERWISE: Final = 'or let everybody in (access = "public")'


@dataclass
class Gatehouse:
    """``gate`` is None where everybody may come in: then there is only to unbind what was bound before."""

    api: Client
    gate: Gate | None
    alone: Alone
    memory: Memory

    def carry_out(self, step: GateStep | Look, actual: Actual) -> Actual:
        """Do the step; what is there afterwards."""
        match step:
            case Look():
                return replace(actual, guard=self._guard(actual))
            case BindGate(route):
                return self._bind(route, actual)
            case UnbindGate(route):
                return self._unbind(route, actual)
            case RaiseGate():
                return self._raise(actual)

    def guarded(self) -> frozenset[str]:
        """The guids of the routes whose requests go by the gate first, while that stands as it should; where
        there should be none, of those that go by one all the same."""
        bound = self.bound()
        return bound if self.gate is None or self._is_up() else frozenset()

    def bound(self) -> frozenset[str]:
        """The guids of the routes that a gate is bound to, in one request; that it is up is not asked."""
        listed = self.api.gate_bindings(self._any)
        if self.gate is not None:
            mine = [parse.bound_route(one) for one in listed if self._is_ours(one)]
            self.memory.write(self._bound, mine, JUST_NOW)
        return frozenset(map(parse.bound_route, listed))

    @property
    def stands_at(self) -> frozenset[str]:
        """What the labels of the gate say of where it stands; empty where there is none."""
        return frozenset() if self.gate is None else frozenset({self._at})

    def asking(self) -> str | None:
        """The address of the gate that asks for the password; None where none does. Raises Unavailable where it is
        not there (yet)."""
        if self.gate is None or not self.gate.asks:
            return None
        for found in self.api.routes(self._ours):
            return str(found["url"])
        raise Unavailable(f"the gate {self._gate.name} has no address yet")

    # --- is it there? ---

    def _guard(self, actual: Actual) -> Guard:
        routes = [route.guid for route in actual.routes]
        listed = self.memory.read(self._bound)
        seen = isinstance(listed, list) and bool(routes) and set(routes) <= set(listed)
        return Guard(bound=seen or bool(self.api.gate_bindings(self._ours, routes)), up=self._was_up())

    def doubt(self) -> None:
        """Let it be asked whether the gate is up, and where it is: an address behind it did not answer."""
        if self.gate is not None:
            for key in (self._key, self._led_by):
                self.memory.write(key, None, BELIEVED_FOR)

    def _was_up(self) -> bool:
        return self.memory.read(self._key) == self._config or self._is_up()

    def _is_up(self) -> bool:
        """Asked of the platform. It is remembered for a while: many settles ask, and one that believes too much
        only waits for an answer of the address."""
        up = self._looks_up()
        self.memory.write(self._key, self._config if up else None, BELIEVED_FOR)
        return up

    def _looks_up(self) -> bool:
        wanted = self._config
        up = {one["guid"] for one in self.api.apps(self._ours) if parse.gate_config(one) == wanted}
        return bool(up) and any(up & parse.destinations(one) for one in self.api.routes(self._ours))

    # --- bound ---

    def _bind(self, route: str, actual: Actual) -> Actual:
        try:
            self._bind_to(route)
        except (Rejected, NotAuthorised) as refused:
            raise OperatorMustAct(
                f"{refused}; without the gate {self._gate.name} nobody is let in: mend that, {OTHERWISE}"
            ) from refused
        if any(r.guid == route and not r.gated for r in actual.routes):
            self.api.label_route(route, {labels.GATED: labels.YES})
        up = actual.guard.up if actual.guard is not None else self._was_up()
        return _routes_gated(replace(actual, guard=Guard(bound=True, up=up)), route, gated=True)

    def _bind_to(self, route: str) -> None:
        """Bound by the service instance that is remembered, while there is that; else by the one that leads to
        the gate."""
        remembered = self.memory.read(self._led_by)
        if isinstance(remembered, str):
            with suppress(Rejected, NotFound, NotAuthorised):
                self._bind_by(remembered, route)
                return
        instance = self._instance()
        self._bind_by(instance, route)
        self.memory.write(self._led_by, instance, BELIEVED_FOR)

    def _bind_by(self, instance: str, route: str) -> None:
        try:
            self.api.bind_route(instance, route, self._marks)
        except Rejected as refused:
            if ALREADY_BOUND not in refused.codes:
                raise

    def _unbind(self, route: str, actual: Actual) -> Actual:
        if self.gate is not None:
            self.memory.write(self._bound, None, JUST_NOW)
        for binding in self.api.gate_bindings(self._any, [route]):
            with suppress(NotFound):
                self.api.unbind_route(str(binding["guid"]))
        self.api.label_route(route, {labels.GATED: None})
        return _routes_gated(replace(actual, guard=None), route, gated=False)

    def _instance(self) -> str:
        """The guid of the service instance that leads to the gate, made or mended where it has to be."""
        url = f"https://{self.address()['url']}"
        for found in self.api.service_instances(self._ours):
            if found.get("route_service_url") != url:
                self.api.lead_route_service(str(found["guid"]), url)
            return str(found["guid"])
        for name in self._names:
            try:
                return str(self.api.create_route_service(name, url, self._marks)["guid"])
            except NameTaken:
                ours = self.api.service_instances(self._ours, name)
            if ours:
                return str(ours[0]["guid"])
        raise NameTaken(
            f"the service instance {self._gate.name!r} belongs to somebody else: name another gate"
        )

    def address(self) -> Json:
        """The gate's own route, made where there is none."""
        for found in self.api.routes(self._ours):
            return found
        for host in self._names:
            try:
                return self.api.create_route(host, self._marks)
            except NameTaken:
                ours = [r for r in self.api.routes_at(host) if self._is_ours(r)]
            if ours:
                return ours[0]
        raise NameTaken(f"the host {self._gate.name!r} belongs to somebody else: name another gate")

    # --- up ---

    def _raise(self, actual: Actual) -> Actual:
        held = self.alone()
        up = False
        if held is not None:
            with held:
                up = raised(self.api, self._gate, self._names, self.address(), self._ours, self._marks)
                self.memory.write(self._key, self._config if up else None, BELIEVED_FOR)
        guard = actual.guard or Guard(bound=False, up=False)
        return replace(actual, guard=replace(guard, up=up, tended=True))

    # --- whose ---

    @property
    def _config(self) -> str:
        return self._gate.config(self.api.target.domain)

    @property
    def _key(self) -> str:
        return f"gate:{self._at}"

    @property
    def _bound(self) -> str:
        return f"{self._key}:bound"

    @property
    def _led_by(self) -> str:
        return f"{self._key}:{self._config}:instance"

    @property
    def _gate(self) -> Gate:
        if self.gate is None:
            raise BadSettings("there is no gate for this space")
        return self.gate

    @property
    def _at(self) -> str:
        """Where it stands: targets may share a space, and each has a gate of its own."""
        return digest(self._gate.name, self.api.target.space, self.api.target.domain, length=12)

    @property
    def _any(self) -> str:
        return labels.gate_selector(self.api.instance)

    @property
    def _ours(self) -> str:
        return labels.gate_selector(self.api.instance, self._at)

    @property
    def _marks(self) -> Json:
        return labels.gate_marks(self.api.instance, self._at)

    @property
    def _names(self) -> tuple[str, ...]:
        """Hosts are shared by everybody on the platform, and names by all in the space."""
        name = self._gate.name
        return name, f"{name}-{digest(self.api.instance, self._at, length=6)}"

    def _is_ours(self, resource: Json) -> bool:
        return self._marks.items() <= parse.labels_of(resource).items()


def _routes_gated(actual: Actual, guid: str, *, gated: bool) -> Actual:
    routes = (replace(r, gated=gated) if r.guid == guid else r for r in actual.routes)
    return replace(actual, routes=tuple(routes))
