"""What a worker asks of whoever wires it: a few settings, and one object that does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from reviewapps.coordination.clock import Clock
from reviewapps.coordination.turns import Turns
from reviewapps.logs import Form


class Settings(Protocol):
    """The part of the settings that concerns a worker. Times are seconds."""

    @property
    def redis_url(self) -> str: ...

    @property
    def instance(self) -> str: ...

    @property
    def concurrency(self) -> int: ...

    @property
    def pump_every(self) -> float: ...

    @property
    def look_every(self) -> float: ...

    @property
    def log_file(self) -> Path | None: ...

    @property
    def log(self) -> Form: ...


class Orchestrator(Protocol):
    """Everything that a task or the pump calls."""

    @property
    def turns(self) -> Turns: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def repositories(self) -> Iterable[str]: ...

    def asked_for(self) -> Iterable[str]:
        """The repositories that somebody should look at before the clock strikes."""

    def speak(self) -> object:
        """Send what waits for Slack. It may take seconds."""

    def look(self, repository: str) -> object:
        """Compare what should be with what is, and wake every environment that differs."""


Wire = Callable[[], Orchestrator]
"""Called in each process that works: connections do not cross a fork."""
