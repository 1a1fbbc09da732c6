"""The one place where objects meet: from settings to an installation that works."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import import_module

from redis import Redis

from reviewapps import settings as settings_room
from reviewapps.audit import audit
from reviewapps.cloudfoundry import Access, SpaceClient, Spaces
from reviewapps.cloudfoundry.gatehouse import Alone
from reviewapps.cloudfoundry.postgres import Databases
from reviewapps.coordination.budget import of_cloudfoundry, of_github
from reviewapps.coordination.cache import Cache
from reviewapps.coordination.clock import Clock
from reviewapps.coordination.counters import RedisCounters
from reviewapps.coordination.due import Due
from reviewapps.coordination.embedded import embedded_url
from reviewapps.coordination.lease import Leases
from reviewapps.coordination.outbox import Outbox
from reviewapps.coordination.soon import Soon
from reviewapps.coordination.visiting import visiting
from reviewapps.desired import branches_of
from reviewapps.errors import BadRules, BadSettings
from reviewapps.github import RepositoryClient
from reviewapps.github.app import credentials_of
from reviewapps.grants import Target
from reviewapps.installation import Installation
from reviewapps.notify.news import Silence
from reviewapps.notify.speaking import Pace as SlackPace
from reviewapps.notify.voice import Voice
from reviewapps.ports import Counters, Memory
from reviewapps.reconcile import Journal, Means, Pace, Reconciler, Uncounted
from reviewapps.reconcile.means import nobody
from reviewapps.rules import rules
from reviewapps.settings import Settings

DATABASE_IDLE = 10.0
"""How long a worker may be silent while it makes or drops a database, seconds; always less than a lease."""

PATIENCE_FOR_BUDGET = 5.0
"""How long a request waits for its turn before the whole settle is put off, seconds."""

WAITING = 3.0
"""One in so many of the requests that Cloud Foundry may be asked at most asks whether what the platform works on
is over; another one may look at what no listing shows; the rest is for what is to be done."""

_wired: dict[tuple[int, int], Installation] = {}


@cache
def settings() -> Settings:
    """The settings of this process, read once. What only some installations need is imported then, so that the
    children of a worker share it."""
    told = settings_room.settings(os.environ)
    if any(target.postgres is not None for target in told.grants.targets.values()):
        import_module("reviewapps.databases")
    return told


def orchestrator() -> Installation:
    """The installation of this process and thread: connections cross neither a fork nor threads."""
    key = (os.getpid(), threading.get_ident())
    if key not in _wired:
        _wired[key] = installation(settings())
    return _wired[key]


def installation(told: Settings, journal: Journal | None = None) -> Installation:
    """Everything that an installation consists of. Asks nobody anything yet. ``journal`` is where it writes down
    what it does, should somebody want to read that."""
    redis = Redis.from_url(redis_url(told), socket_timeout=15, health_check_interval=10)
    keys = prefix(told)
    memory = Cache(redis, keys)
    counters, voice = RedisCounters(redis, keys), _voice(told, redis)
    return Installation(
        _reconcilers(told, redis, memory, journal, counters),
        due=Due(redis, keys, forward=told.forward),
        leases=Leases(redis, keys, seconds=told.lease),
        clock=Clock(redis, keys),
        soon=Soon(redis, keys),
        memory=memory,
        announce=voice.tell_operators,
        speak=voice.speak,
        mode=told.grants.mode,
        counters=counters,
    )


@dataclass(frozen=True)
class Reading:
    """What a command works with that only reads: a reconciler for each repository, a space for each target."""

    reconcilers: Mapping[str, Reconciler]
    spaces: Mapping[str, SpaceClient]


@contextmanager
def reading(told: Settings) -> Iterator[Reading]:
    """What a command reads with. It needs no Redis; where a worker's can be reached it shares that one's memory,
    so that it asks for less, and no rejected password twice."""
    with visiting(told.redis_url, told.home / "redis", prefix(told), start=False) as visit:
        yield Reading(_reconcilers(told, None, visit.memory), spaces_by_target(told, visit.memory))


def spaces_by_target(told: Settings, memory: Memory) -> dict[str, SpaceClient]:
    """A space for each target, whatever lives there."""
    return {name: space(told, one, None, memory) for name, one in told.grants.targets.items()}


def redis_url(told: Settings) -> str:
    """The Redis that was named, or the embedded one of ``reviewapps run`` in the same home."""
    return told.redis_url or embedded_url(told.home / "redis")


def check(told: Settings) -> None:
    """Log in everywhere and look at each repository once; raises what is wrong, in a sentence."""
    redis = Redis.from_url(redis_url(told), socket_timeout=15)
    memory = Cache(redis, prefix(told))
    for target in told.grants.targets.values():
        client = space(told, target, redis, memory)
        client.check()
        _refuse_own(target, client.guid)
    for name in told.repositories:
        github(told, name, redis, memory).look()


def _refuse_own(target: Target, space: str) -> None:
    """Who deletes what is left over in a space should not live there."""
    own = settings_room.own_app(os.environ)
    if own is not None and own.space == space:
        raise BadSettings(
            f"the target {target.name} is {own.where}, the space that reviewapps itself runs in; give it another"
        )


def spaces(told: Settings, name: str, redis: Redis | None, memory: Memory) -> Spaces:
    """The spaces that one repository's environments live in; those of one space share a login."""
    targets = told.grants.targets_of(name)
    clients = {target.name: space(told, target, redis, memory) for target in targets.values()}
    return Spaces({kind: clients[target.name] for kind, target in targets.items()})


def space(told: Settings, target: Target, redis: Redis | None, memory: Memory) -> SpaceClient:
    """One space."""
    budget = of_cloudfoundry(redis, prefix(told), told.cf_requests_per_second)
    return SpaceClient(
        access(target),
        instance=told.instance,
        app_url=target.address,
        timeout=told.request_timeout,
        memory=memory,
        spend=partial(budget.spend, PATIENCE_FOR_BUDGET),
        say=audit,
        gate=target.gate,
        alone=_alone(told, target, redis),
        postgres=target.postgres,
        open_server=partial(_database_server, idle=min(told.lease / 2, DATABASE_IDLE)),
        ring=told.grants.signing,
    )


def _database_server(uri: str, *, idle: float) -> Databases:
    """The server of databases of their own, for those who have one: what it takes is 13 MB in each process."""
    from reviewapps.databases import DatabaseServer

    return DatabaseServer(uri, idle=idle)


def _alone(told: Settings, target: Target, redis: Redis | None) -> Alone:
    """The right to put up a target's gate. Who has no Redis only reads, or takes away, and never gets it."""
    if redis is None:
        return lambda: None
    return partial(Leases(redis, prefix(told), seconds=told.lease).take, f"gate/{target.name}")


def access(target: Target) -> Access:
    """Where a target is, and who we are there."""
    return Access(
        api=target.api,
        org=target.org,
        space=target.space,
        domain=target.domain,
        user=target.account.user,
        password=target.account.password,
        client_id=target.account.client_id,
        client_secret=target.account.client_secret,
    )


def github(told: Settings, name: str, redis: Redis | None, memory: Memory) -> RepositoryClient:
    """One repository on GitHub."""
    budget = of_github(redis, prefix(told), told.github_requests_per_second)
    spend, access = partial(budget.spend, PATIENCE_FOR_BUDGET), told.grants.github
    return RepositoryClient(
        name,
        api_url=access.url,
        credentials=credentials_of(access, name, memory=memory, timeout=told.request_timeout, spend=spend),
        instance=told.instance,
        memory=memory,
        mirrors=told.home / "mirrors",
        timeout=told.request_timeout,
        whole_every=told.whole_every,
        spend=spend,
        say=audit,
        followed=partial(_followed, tuple(told.grants.repositories[name].targets)),
    )


def _followed(kinds: tuple[str, ...], text: str | None) -> frozenset[str]:
    """The branches, besides the default one, that environments of these kinds follow by these rules. Of rules that
    cannot be read nothing follows."""
    try:
        return branches_of(rules(text), kinds)
    except BadRules:
        return frozenset()


def prefix(told: Settings) -> str:
    """Of every key in Redis, so that installations can share one."""
    return told.prefix


def _reconcilers(
    told: Settings,
    redis: Redis | None,
    memory: Memory,
    journal: Journal | None = None,
    counters: Counters | None = None,
) -> dict[str, Reconciler]:
    return {name: _reconciler(told, name, redis, memory, journal, counters) for name in told.repositories}


def _neighbours(told: Settings, name: str) -> tuple[str, ...]:
    """The other repositories whose previews live in the same space."""
    targets = {one: told.grants.repositories[one].targets.get("review") for one in told.repositories}
    return tuple(one for one, target in targets.items() if one != name and target == targets[name])


def _reconciler(
    told: Settings,
    name: str,
    redis: Redis | None,
    memory: Memory,
    journal: Journal | None,
    counters: Counters | None,
) -> Reconciler:
    pace = Pace(
        poll=told.poll_every,
        apart=WAITING / told.cf_requests_per_second,
        quiet=told.quiet_every,
        whole=told.whole_every,
        request=told.request_timeout,
        patience=timedelta(seconds=told.patience),
        deadline=told.deadline,
        pause=timedelta(seconds=told.pause),
    )
    means = Means(
        name=name,
        github=github(told, name, redis, memory),
        cloudfoundry=spaces(told, name, redis, memory),
        memory=memory,
        instance=told.instance,
        grant=told.grants.repositories[name],
        pace=pace,
        web_url=told.grants.github.pages,
        page=f"{told.grants.address}/{name}" if told.grants.address else "",
        now=lambda: datetime.now(UTC),
        slack=_voice(told, redis).news(name) if redis is not None else Silence(),
        secrets=told.secrets,
        journal=journal,
        counters=counters or Uncounted(),
        neighbours=_neighbours(told, name),
        wake=Due(redis, prefix(told), forward=told.forward).wake if redis is not None else nobody,
    )
    return Reconciler(means)


def _voice(told: Settings, redis: Redis) -> Voice:
    pace = SlackPace(burst=told.pause / 5, apart=told.pause / 10, rest=3 * told.pause)
    return Voice(told.grants.slack, Outbox(redis, prefix(told)), pace, told.secrets)
