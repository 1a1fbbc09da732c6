"""What of a space belongs to nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reviewapps.desired import Absent, Fork, Verdict
from reviewapps.model import Actual, App, Belongings, Environment, Route, Space
from reviewapps.overview import why
from reviewapps.report.wording import several

Kind = Literal["app", "route", "service", "database", "deployment", "unreadable"]
Verdicts = Callable[[Environment], Verdict]


@dataclass(frozen=True)
class Leftover:
    """One thing that belongs to nothing. ``place`` is the target that it is in, or the repository on GitHub.

    ``by_hand``: it is only told of, since nobody can say that no shared environment needs it.
    """

    kind: Kind
    name: str
    place: str
    why: str
    guid: str = ""
    environment: Environment | None = None
    by_hand: bool = False


@dataclass(frozen=True)
class Kept:
    """A repository that we keep: by kind of environment the targets that may be said of where they live, and the
    verdict on each. ``keeps`` says for how long, by how a preview ended, what was built for it may be of use."""

    name: str
    homes: Mapping[str, frozenset[str]]
    verdict: Verdicts
    keeps: Mapping[str, timedelta]
    now: datetime

    def still(self, ended: Absent) -> bool:
        """Whether the build of what ended is kept by now: whoever keeps it takes it away afterwards."""
        keep = self.keeps.get(ended.why)
        return bool(ended.kept_for or (keep and ended.at and self.now - ended.at <= keep))


def leftovers(target: str, space: Space, kept: Mapping[int, Kept]) -> Iterator[Leftover]:
    """What of this target's space belongs to nothing. ``kept`` are the repositories, by id."""
    mine = {a.environment for a in space.apps} | {r.environment for r in space.routes}
    for environment in sorted(mine - space.unreadable.keys()):
        actual = space.actual(environment)
        reason = against(target, environment, kept)
        if reason is not None:
            yield from _all_of(target, actual, reason)
        elif not environment.shared:
            yield from _surplus(target, actual)
    for whose, reason in space.unreadable.items():
        yield Leftover("unreadable", reason.partition(":")[0], target, reason, "", whose, by_hand=True)


def leftover_data(target: str, data: Belongings, kept: Mapping[int, Kept]) -> Iterator[Leftover]:
    """What of the data in this target's space belongs to nothing.

    Several targets may share a server: a database is only missed where its environment lives.
    """
    for whose, instance in data.services:
        reason = against(target, whose, kept)
        if reason is not None:
            yield _data("service", instance.name, instance.guid, target, reason, whose)
    led_to = {instance.database for _, instance in data.services}
    for whose, name in data.databases:
        if name not in led_to and _lives_in(target, whose, kept):
            yield _data("database", name, name, target, "no service leads to it", whose)


def _lives_in(target: str, environment: Environment, kept: Mapping[int, Kept]) -> bool:
    repository = kept.get(environment.repository)
    return repository is not None and target in repository.homes.get(environment.kind, ())


def _data(kind: Kind, name: str, guid: str, target: str, reason: str, whose: Environment) -> Leftover:
    if whose.shared:
        reason += "; what is shared is never deleted by us"
    return Leftover(kind, name, target, reason, guid, whose, by_hand=whose.shared)


def against(target: str, environment: Environment, kept: Mapping[int, Kept]) -> str | None:
    """Why the whole of an environment belongs to nothing; None where it does not."""
    repository = kept.get(environment.repository)
    if repository is None:
        return f"the repository {environment.repository} is not ours to keep (any more)"
    homes = repository.homes.get(environment.kind)
    if homes is None:
        return f"{repository.name} is granted no environments of the kind {environment.kind}"
    if target not in homes:
        return f"environments of the kind {environment.kind} of {repository.name} live in {min(homes)}"
    verdict = repository.verdict(environment)
    if isinstance(verdict, Absent) and repository.still(verdict):
        return None
    return f"it should not be there ({why(verdict)})" if isinstance(verdict, Absent | Fork) else None


def counted(found: Iterable[Leftover]) -> str:
    """How much could be removed, in words."""
    removable = [one for one in found if not one.by_hand]
    environments = {one.environment for one in removable if one.environment is not None}
    return f"{several(len(removable), 'thing')} of {several(len(environments), 'environment')}"


def _all_of(target: str, actual: Actual, reason: str) -> Iterator[Leftover]:
    """Addresses first, so that nobody is led nowhere."""
    yield from (_leftover(target, route, reason) for route in actual.routes)
    yield from (_leftover(target, app, reason) for app in actual.apps)


def _surplus(target: str, actual: Actual) -> Iterator[Leftover]:
    """What an environment that is wanted has too much of: it uses its first app and its first address."""
    for route in actual.routes[1:]:
        if not route.apps:
            yield _leftover(target, route, "its environment has another address; this one leads nowhere")
    for app in [app for app in actual.apps if not app.is_builder][1:]:
        if not app.started and not app.is_record:
            yield _leftover(target, app, "its environment has another app; this one is stopped")


def _leftover(target: str, one: App | Route, reason: str) -> Leftover:
    whose = one.environment
    if whose.shared:
        reason += "; what is shared is never deleted by us"
    if isinstance(one, Route):
        return Leftover("route", one.address, target, reason, one.guid, whose, by_hand=whose.shared)
    record = f"{reason}; it is only a record" if one.is_record else reason
    return Leftover("app", one.name, target, record, one.guid, whose, by_hand=whose.shared)
