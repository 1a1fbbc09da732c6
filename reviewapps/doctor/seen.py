"""All that the doctor looked at, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reviewapps.cloudfoundry.place import Place
from reviewapps.doctor.page import PageSeen
from reviewapps.errors import ReviewAppsError
from reviewapps.github.account import Account
from reviewapps.github.survey import Surveyed
from reviewapps.grants import Named
from reviewapps.settings import Own, Settings


@dataclass(frozen=True)
class Told:
    """The settings, as far as they could be read; ``source`` is where they stand, ``problems`` what of them was
    left out to read the rest. ``text`` is that of their file, "" where variables describe them."""

    settings: Settings | None
    source: str
    problems: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Machine:
    """Where we run. ``git`` is its version, None where there is none; memory and disk are MB."""

    python: tuple[int, int]
    git: str | None
    home: str
    home_problem: str | None
    disk_free: int


@dataclass(frozen=True)
class RedisSeen:
    """``up`` is for how long its server has run; ``webhook`` when GitHub told us something last, None where Redis
    does not know of it."""

    embedded: bool
    problem: str | None = None
    up: timedelta = timedelta()
    webhook: datetime | None = None


@dataclass(frozen=True)
class SlackSeen:
    """``bot`` is who our token is, in words, "" for webhooks, and ``scopes`` what it is permitted; ``refused`` is
    why it is nobody. ``channels`` were tried: why each did not take a message, "" where it did."""

    bot: str = ""
    scopes: frozenset[str] = frozenset()
    refused: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """``repositories`` and ``targets`` are by name; an error stands for what could not be seen, and why.
    ``unknown`` is which people and teams GitHub does not have whom the operator's floors for a repository name.
    ``databases`` are those that every preview of a target may enter, where it has a PostgreSQL with a key of ours.
    """

    now: datetime
    told: Told
    machine: Machine
    redis: RedisSeen
    own: Own | None = None
    account: Account | ReviewAppsError | None = None
    repositories: Mapping[str, Surveyed | ReviewAppsError] = field(default_factory=dict)
    unknown: Mapping[str, Named | ReviewAppsError] = field(default_factory=dict)
    targets: Mapping[str, Place | ReviewAppsError] = field(default_factory=dict)
    databases: Mapping[str, tuple[str, ...] | ReviewAppsError] = field(default_factory=dict)
    page: PageSeen | ReviewAppsError | None = None
    slack: SlackSeen | ReviewAppsError | None = None
