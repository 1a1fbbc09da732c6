"""All that the space has, and what takes its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Literal

from reviewapps import steps
from reviewapps.model import (
    Actual,
    App,
    Binding,
    Build,
    Crash,
    Deployment,
    Droplet,
    Environment,
    Origin,
    Package,
    Route,
    ServiceInstance,
    Task,
)

LOOK = timedelta(seconds=10)
DOMAIN = "apps.example.gov"

Fate = Literal[
    "well",
    "unbuildable",
    "flaky",
    "never staged",
    "crashing",
    "crashing later",
    "silent",
    "unread",
    "unreleasable",
]
"""What becomes of a tree: it runs; its build fails; the platform fails twice, or always; it crashes at once,
or once it has been switched to; nobody answers at its address; its manifest cannot be read; its release task
fails."""

Trouble = Literal["nothing", "lost", "half", "late"]
"""What goes wrong with a request: it did nothing; its answer was lost; it did the first half of its work; it was
given up, and what it was to write down stands there a few looks later all the same."""

LATE = 2
"""So many looks later."""

FAULT = "StagingTimeExpired - Staging time expired"
BAD_BITS = "checksum mismatch"
QUOTA = "memory quota_exceeded"
FAULTS: Mapping[Fate, int] = {"flaky": 2, "never staged": 1000}


Note = steps.Begin | steps.Remember | steps.MarkLive | steps.Refuse | steps.NoteSaid


@dataclass(frozen=True)
class Running:
    """A process: its droplet, and for what it was configured. ``age`` is in looks."""

    droplet: str
    configured: Origin | None
    age: int = 0

    @property
    def commit(self) -> str | None:
        return self.configured.commit if self.configured is not None else None


class State:
    """One space. ``looks`` is how many looks pass until something slow ends; ``full`` are the steps that the
    quota has no room for; ``fails_uploads`` and ``fails_copies`` are its blob store's bad days. ``abroad`` are
    droplets in other spaces, ``evil`` are those (and copies) that start by commands which nobody signed, though
    all else of them is as it was signed; ``meddled``: somebody else had a hand in every app. ``ran_on`` are the
    commands that came to a good end while a database was there, with the commits that they were of; those of a
    kind that ``hangs`` come to none."""

    def __init__(self, now: datetime, fates: Mapping[str, Fate], looks: int = 1) -> None:
        self.now, self.fates, self.looks = now, fates, looks
        self.room = True
        self.unreadable: dict[Environment | None, str] = {}
        self.bound: set[str] = set()
        self.gate_in: int | None = None
        self.visited: dict[str, datetime] = {}
        self.fails_uploads = self.fails_copies = self.meddled = False
        self.abroad: list[Droplet] = []
        self.evil: set[str] = set()
        self.deleted: set[str] = set()
        self.unsigned: tuple[str, ...] = ()
        self.full: tuple[type[steps.Step], ...] = ()
        self.away: tuple[type[steps.Step], ...] = ()
        self.strangers: frozenset[str] = frozenset()
        self.troubles: Iterator[Trouble | None] = iter(())
        self.apps: dict[str, App] = {}
        self.routes: dict[str, Route] = {}
        self.packages: dict[str, list[Package]] = {}
        self.builds: dict[str, list[Build]] = {}
        self.droplets: dict[str, list[Droplet]] = {}
        self.deployments: dict[str, list[Deployment]] = {}
        self.crashes: dict[str, list[Crash]] = {}
        self.running: dict[str, Running] = {}
        self.rolling: dict[str, Running] = {}
        self.configured: dict[str, Origin] = {}
        self.services: dict[Environment, list[ServiceInstance]] = {}
        self.bindings: dict[str, list[Binding]] = {}
        self.tasks: dict[str, list[Task]] = {}
        self.hangs: frozenset[str] = frozenset()
        self.databases: set[str] = set()
        self.ran_on: dict[str, list[tuple[str, str]]] = {}
        self.tasks_run: Counter[str] = Counter()
        self.made_of: dict[str, str] = {}
        self.builds_made: Counter[str] = Counter()
        self.apps_made = 0
        self.requests = 0
        self._numbers = count(1)
        self._later: list[tuple[int, Callable[[], None]]] = []

    @property
    def gate_is_up(self) -> bool:
        return self.gate_in == 0

    def _in_time(self, end: Callable[..., None], *what: object) -> None:
        self._later.append((self.looks, partial(end, *what)))

    def _guid(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"


def app_of(actual: Actual) -> App:
    assert actual.app is not None
    return actual.app


def all_of(actual: Actual, by_app: Mapping[str, list[Any]]) -> list[Any]:
    """What the environment's apps have, the builder's first, since it is newest."""
    apps = [app for app in (actual.builder, actual.app) if app is not None]
    return [one for app in apps for one in by_app.get(app.guid, [])]


def change(some: list[Any], guid: str, **changes: object) -> None:
    some[:] = [replace(one, **changes) if one.guid == guid else one for one in some]
