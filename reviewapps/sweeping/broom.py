"""Looking for what belongs to nothing, and taking it away, one thing after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import Busy, UnsafePlan
from reviewapps.grants import Grant, Grants
from reviewapps.installation import Installation
from reviewapps.model import Actual, Belongings, Environment, Space
from reviewapps.naming import address
from reviewapps.ports import Lease
from reviewapps.reconcile import Reconciler
from reviewapps.reconcile.arriving import PATIENCE
from reviewapps.sweeping.leftovers import Kept, Leftover, Verdicts, leftover_data, leftovers

UNUSED = "a gate that stands before nothing any more"
TRIED = "left over from `reviewapps doctor --deploy`"


class Broom:
    """Sweeps the spaces of an installation (``spaces`` are by target), and its deployments on GitHub."""

    def __init__(
        self, grants: Grants, spaces: Mapping[str, SpaceClient], reconcilers: Mapping[str, Reconciler]
    ) -> None:
        self._grants, self._reconcilers = grants, reconcilers
        self._spaces = {name: spaces[name] for name in sorted(spaces)}

    def found(self) -> tuple[Leftover, ...]:
        """All that bears our labels and belongs to nothing, each with why. Nothing is written.

        A repository that cannot be looked at raises: else all of its previews would seem to belong to nothing.
        """
        verdicts = {name: one.desired().of for name, one in self._reconcilers.items()}
        kept, seen = self._kept(verdicts), set[str]()
        those: list[Leftover] = []
        for target, client in self._spaces.items():
            if client.guid not in seen:  # of two targets in one space the first tells of both
                those += leftovers(target, client.look(), kept)
                those += leftover_data(target, client.belongings(), kept)
                those += (Leftover(one.kind, one.name, target, TRIED, one.guid) for one in client.tries())
                gates = client.unused_gates(self._gates_in(client.guid))
                those += (Leftover(one.kind, one.name, target, UNUSED, one.guid) for one in gates)
            seen.add(client.guid)
        for name, reconciler in self._reconcilers.items():
            those += _on_github(name, reconciler)
        return tuple(those)

    def remove(self, one: Leftover, installation: Installation) -> bool:
        """Take it away, if it still belongs to nothing by now; whether it was so. Busy while the platform is at
        it, or somebody else is."""
        if one.by_hand or (one.environment is not None and one.environment.shared):
            raise UnsafePlan(f"{one.name} may be shared: it is not deleted")
        if one.environment is None:
            return self._remove_try(one) or self._remove_gate(one)
        with installation.held(one.environment) as lease:
            if one.kind == "deployment":
                return self._retire(one, one.environment, lease)
            if one.kind in ("service", "database"):
                return self._remove_data(one, one.environment, lease)
            return self._remove_from(one, one.environment, lease)

    def _remove_from(self, one: Leftover, environment: Environment, lease: Lease) -> bool:
        client = self._spaces[one.place]
        space = client.look()
        actual = space.actual(environment)
        verdicts = {name: reconciler.verdict for name, reconciler in self._reconcilers.items()}
        alone = Space(actual.apps, actual.routes, space.unreadable)  # nobody else has to be asked about again
        now = leftovers(one.place, alone, self._kept(verdicts))
        if all(other.guid != one.guid for other in now):
            return False
        step = steps.DeleteRoute(one.guid) if one.kind == "route" else steps.DeleteApp(one.guid)
        lease.check()
        after = client.carry_out(step, actual)
        if one.guid in {*(app.guid for app in after.apps), *(route.guid for route in after.routes)}:
            raise Busy(f"{one.name}: the platform is still at it")
        return True

    def _remove_data(self, one: Leftover, environment: Environment, lease: Lease) -> bool:
        client = self._spaces[one.place]
        verdicts = {name: reconciler.verdict for name, reconciler in self._reconcilers.items()}
        now = leftover_data(one.place, _of(environment, client.belongings()), self._kept(verdicts))
        if all(other.guid != one.guid for other in now):
            return False
        lease.check()
        if one.kind == "database":
            client.drop_database(one.name)
            return True
        looked = client.carry_out(steps.Look("services"), Actual(environment))
        after = client.carry_out(steps.DeleteService(one.guid), looked)
        if one.guid in {instance.guid for instance in after.services or ()}:
            raise Busy(f"{one.name}: the platform is still at it")
        return True

    def _retire(self, one: Leftover, environment: Environment, lease: Lease) -> bool:
        reconciler = self._reconcilers[one.place]
        if not reconciler.is_gone(environment):
            return False
        reconciler.retire(environment, lease)
        return True

    def _remove_try(self, one: Leftover) -> bool:
        client = self._spaces[one.place]
        known = [left for left in client.tries() if left.guid == one.guid]
        for left in known:
            client.remove_try(left)
        return bool(known)

    def _remove_gate(self, one: Leftover) -> bool:
        client = self._spaces[one.place]
        known = [left for left in client.unused_gates(self._gates_in(client.guid)) if left.guid == one.guid]
        for left in known:
            client.take_away(left)
        return bool(known)

    def _gates_in(self, space: str) -> frozenset[str]:
        """Where the gates of all targets in this space stand."""
        here = (client for client in self._spaces.values() if client.guid == space)
        return frozenset[str]().union(*(client.gate_stands_at for client in here))

    def _kept(self, verdicts: Mapping[str, Verdicts]) -> dict[int, Kept]:
        found = {}
        for name, one in self._reconcilers.items():
            grant = self._grants.repositories[name]
            keeps = {"merged": max(grant.keep_merged, PATIENCE), "closed": grant.keep_closed}
            found[one.repository.id] = Kept(
                name, self._homes(grant), verdicts[name], keeps, datetime.now(UTC)
            )
        return found

    def _homes(self, grant: Grant) -> dict[str, frozenset[str]]:
        """The targets, by kind, that are the space where environments of that kind live."""
        guids = {name: client.guid for name, client in self._spaces.items()}
        return {
            kind: frozenset(name for name, guid in guids.items() if guid == guids[target])
            for kind, target in grant.targets.items()
        }


def _of(environment: Environment, data: Belongings) -> Belongings:
    """What of it is this environment's: nobody else has to be asked about again."""
    services = tuple(pair for pair in data.services if pair[0] == environment)
    return Belongings(services, tuple(pair for pair in data.databases if pair[0] == environment))


def _on_github(name: str, reconciler: Reconciler) -> Iterator[Leftover]:
    for environment in reconciler.stale_deployments():
        reason = "GitHub shows it as deployed, and nothing is there"
        yield Leftover("deployment", address(environment, name), name, reason, "", environment)
