"""What a plan may use, and how often it tries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reviewapps import steps
from reviewapps.model import Attempt, Holdings, Refusal

TRIES = 3
"""How often what the platform did wrong is tried."""


@dataclass(frozen=True)
class Terms:
    """What a plan may use and must keep to. ``attempt`` is the id that a new attempt would get, ``request``
    the longest that one request may last. ``sources`` are the spaces whose signed droplets may be copied;
    ``builds``: whether anything may be built where it lives; ``signs``: whether what is built is signed.
    ``there`` is which builds there are already, as apps told when the turn began."""

    names: tuple[str, ...]
    domain: str
    attempt: str
    now: datetime
    deadline: timedelta = timedelta(minutes=15)
    pause: timedelta = timedelta(seconds=10)
    request: timedelta = timedelta(seconds=60)
    sources: tuple[str, ...] = ()
    builds: bool = True
    signs: bool = False
    there: Holdings = field(default_factory=Holdings)

    def is_late(self, attempt: Attempt) -> bool:
        """Whether the attempt should have come to its end by now."""
        return self.now > attempt.began + self.deadline

    @property
    def lateness(self) -> str:
        """What is said of an attempt that is late."""
        return f"it was not up after {int(self.deadline.total_seconds() // 60)} min"


def another_try(attempt: Attempt, message: str, terms: Terms) -> steps.Begin | steps.Refuse:
    """The platform's own faults are tried three times, ever later; then somebody has to look. The next try may
    find variables set that the one before it had come to."""
    if attempt.tries + 1 >= TRIES:
        return steps.Refuse(Refusal("platform", message, terms.now))
    again = replace(attempt, id=terms.attempt, began=terms.now, tries=attempt.tries + 1)
    again = replace(again, inherits=True, born=False)
    return steps.Begin(again)
