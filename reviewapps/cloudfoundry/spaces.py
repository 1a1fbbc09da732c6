"""Several spaces, as if they were one: each kind of environment lives in its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

from reviewapps.cloudfoundry.space import SpaceClient
from reviewapps.model import (
    Actual,
    App,
    Candidate,
    Capacity,
    Environment,
    LogLine,
    LogSource,
    Progress,
    Space,
)
from reviewapps.steps import Step, UnderWay


class Spaces:
    """One repository's spaces, by kind of environment. Several kinds may share a space.

    An environment is only looked for where it may live: what bears our labels elsewhere is somebody's leftover,
    and is left alone.
    """

    def __init__(self, clients: Mapping[str, SpaceClient]) -> None:
        self._clients = dict(clients)
        self._distinct = list(dict.fromkeys(self._clients.values()))

    def domain(self, environment: Environment) -> str:
        """The domain that the environment's hosts are under."""
        return self._of(environment).domain

    def look(self) -> Space:
        """All that bears our instance's labels. Every space is seen, or it raises."""
        seen = [self._lawful(client) for client in self._distinct]
        return Space(
            tuple(app for space in seen for app in space.apps),
            tuple(route for space in seen for route in space.routes),
            {whose: why for space in seen for whose, why in space.unreadable.items()},
        )

    def candidate(self, environment: Environment, name: str) -> Candidate | None:
        """The app of this name where the environment may live, as one that may be taken over."""
        return self._of(environment).candidate(environment, name)

    def memory(self) -> dict[str, int]:
        """The MB that each app in these spaces is sized for, by guid."""
        return {app: mb for client in self._distinct for app, mb in client.memory().items()}

    def capacity(self, kind: str, plenty: int) -> Capacity:
        """What limits the memory of the space where environments of this kind live; no more than its quotas where
        each has ``plenty`` (MB) left."""
        return self._clients[kind].capacity(plenty)

    def guarded(self, space: Space) -> frozenset[str]:
        """The guids of those of ``space``'s routes that their gate stands before."""
        stands = {id(client): client.guarded() for client in self._distinct}
        mine = (r for r in space.routes if r.environment.kind in self._clients)
        return frozenset(r.guid for r in mine if r.guid in stands[id(self._of(r.environment))])

    def serviced(self) -> frozenset[Environment]:
        """The environments that have services of their own, where they may live."""
        found = ((client, e) for client in self._distinct for e in client.serviced())
        return frozenset(e for client, e in found if self._clients.get(e.kind) is client)

    def unbound(self, space: Space) -> frozenset[str]:
        """The guids of those of ``space``'s routes that bear the gate's mark and that none is bound to."""
        marked = [r for r in space.routes if r.gated and r.environment.kind in self._clients]
        asked = dict.fromkeys(self._of(r.environment) for r in marked)
        bound = frozenset[str]().union(*(client.bound() for client in asked))
        return frozenset(r.guid for r in marked) - bound

    def visits(self) -> dict[str, datetime]:
        """When each address was visited last, as far as the gates before them remember."""
        return {at: seen for client in self._distinct for at, seen in client.visits().items()}

    def under_way(self, kind: UnderWay, guids: Sequence[str] = ()) -> Progress:
        """Whose things of this kind are being worked on, by one listing a space; with ``guids``, of those alone,
        and which came to a good end."""
        seen = [client.under_way(kind, guids) for client in self._distinct]
        return Progress(
            frozenset(environment for one in seen for environment in one.working),
            frozenset(guid for one in seen for guid in one.guids),
            tuple(build for one in seen for build in one.builds),
            tuple(deployment for one in seen for deployment in one.deployments),
        )

    def carry_out(self, step: Step, actual: Actual) -> Actual:
        """Do one step of a plan; what is there afterwards."""
        return self._of(actual.environment).carry_out(step, actual)

    @contextmanager
    def held(self, check: Callable[[], None]) -> Iterator[None]:
        """As long as this lasts, ``check`` comes before each request that changes something, and may raise."""
        with ExitStack() as all_of_them:
            for client in self._distinct:
                all_of_them.enter_context(client.held(check))
            yield

    def log(self, app: App, source: LogSource, lines: int) -> tuple[str, ...]:
        """The last lines that staging or the app wrote; empty where they cannot be had."""
        return self._of(app.environment).log(app, source, lines)

    def tail(self, app: App, since: int) -> tuple[LogLine, ...]:
        """What staging and the app wrote since that time (nanoseconds since 1970), oldest first."""
        return self._of(app.environment).tail(app, since)

    def _of(self, environment: Environment) -> SpaceClient:
        return self._clients[environment.kind]

    def _lawful(self, client: SpaceClient) -> Space:
        space = client.look()

        def lives_here(environment: Environment | None) -> bool:
            return environment is None or self._clients.get(environment.kind) is client

        return Space(
            tuple(app for app in space.apps if lives_here(app.environment)),
            tuple(route for route in space.routes if lives_here(route.environment)),
            {whose: why for whose, why in space.unreadable.items() if lives_here(whose)},
        )
