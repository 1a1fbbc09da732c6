"""What was asked for, and what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from reviewapps.sandbox.cloudfoundry.state.places import Space
from reviewapps.sandbox.cloudfoundry.state.rows import Row


@dataclass(eq=False, kw_only=True, repr=False)
class Delayed(Row):
    """Work that was promised: ``work(platform, *told)``, a function of a module, which outlives the process.

    The row goes when the work is done. It may be begun twice, so it looks at what is there already.
    """

    work: Callable[..., Awaitable[None]]
    told: tuple[Any, ...]


@dataclass(eq=False, kw_only=True, repr=False)
class Job(Row):
    """``resource`` is the word and the row behind the job's link."""

    operation: str
    resource_type: str
    resource: Row
    state: str = "PROCESSING"
    errors: list[dict[str, object]] = field(default_factory=list)


@dataclass(eq=False, kw_only=True, repr=False)
class AuditEvent(Row):
    type: str
    actor: dict[str, str]
    target: dict[str, str]
    space: Space
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Space:
        return self.space
