"""What a reconciler works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reviewapps.grants import Grant
from reviewapps.model import Environment
from reviewapps.ports import CloudFoundry, Counters, GitHub, Memory, Slack


@dataclass(frozen=True)
class Pace:
    """How often to look, seconds: while something waits (``poll``), while nothing does (``quiet``), and at
    everything (``whole``). What waits is looked at sooner while it is young, and more seldom when it is old; all
    that only asks whether something is over is so far ``apart``, whoever waits.

    ``request`` is the longest that one request may last. ``fresh`` is for how long a pull request that was
    read is believed before something is created for it. ``patience`` is for how long a preview that serves is
    left alone in its comment while the next commit is on its way; ``deadline`` how long that may take;
    ``pause`` is the first wait before another try, doubled with each.
    """

    poll: float = 5.0
    apart: float = 0.5
    quiet: float = 60.0
    whole: float = 600.0
    request: float = 60.0
    fresh: float = 2.0
    patience: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(minutes=15)
    pause: timedelta = timedelta(seconds=10)

    @property
    def first(self) -> float:
        """How soon to look first at what may be over in a moment."""
        return min(self.poll, 0.1)

    @property
    def soon(self) -> float:
        """How often to look at what waits since a moment ago."""
        return min(self.poll, 0.5)

    @property
    def seldom(self) -> float:
        """How often to look at what waits for long."""
        return 2 * self.poll


@dataclass
class Journal:
    """What was done to which environment since this process began, in words; and what was ``repaired`` because
    it was not as it had been left."""

    done: dict[Environment, list[str]] = field(default_factory=dict)
    repaired: dict[Environment, str] = field(default_factory=dict)


class Uncounted:
    """Counters of an installation that nobody watches."""

    def count(self, name: str, **labels: str) -> None:
        """Forget that it happened."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Forget how long it took."""


def nobody(key: str) -> None:
    """Wake nobody: where no worker takes turns."""


@dataclass(frozen=True)
class Means:
    """One repository's two sides, and the terms of the installation.

    ``web_url`` is where people read GitHub, ``page`` our status page of the repository; ``slack`` takes news;
    ``secrets`` are masked in all that people are told. ``journal`` is kept where somebody wants to read it.
    ``neighbours`` are the other repositories whose previews live in the same space. ``wake`` lets an environment,
    by its key, have a turn now.
    """

    name: str
    github: GitHub
    cloudfoundry: CloudFoundry
    memory: Memory
    instance: str
    grant: Grant
    pace: Pace
    web_url: str
    now: Callable[[], datetime]
    slack: Slack
    page: str = ""
    secrets: tuple[str, ...] = ()
    journal: Journal | None = None
    counters: Counters = field(default_factory=Uncounted)
    neighbours: tuple[str, ...] = ()
    wake: Callable[[str], None] = nobody

    def remembered(self, *key: str) -> object:
        """What the memory holds for this repository under a key; None where it is forgotten."""
        return self.memory.read(self._key(key))

    def remember(self, value: object, seconds: float, *key: str) -> None:
        self.memory.write(self._key(key), value, seconds)

    def _key(self, parts: tuple[str, ...]) -> str:
        return ":".join((self.name, *parts))
