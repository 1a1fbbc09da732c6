"""One complete look and all that follows from it, in this very process: for a workflow that hosts nothing.

The same looks and turns as workers take, one after the other. While one environment is staged the others are
settled, so that it lasts about as long as the slowest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

import structlog

from reviewapps.errors import TryLater
from reviewapps.installation import Installation
from reviewapps.model import Environment

log = structlog.get_logger()

T = TypeVar("T")

AT_ONCE: Final = 20
PARTING: Final = 20.0
"""Seconds for what Slack is to be told in the end, a second apart."""

APART: Final = 1.0
LONGEST_NAP: Final = 1.0
"""Seconds; somebody else may make something due meanwhile."""


class TakesTooLong(TryLater):
    """The time is over, and ``waiting`` are the environments (or repositories) that still wait."""

    def __init__(self, waiting: frozenset[str]) -> None:
        super().__init__(f"not done in time: {', '.join(sorted(waiting))}")
        self.waiting = waiting


def settle_all(installation: Installation, seconds: float) -> None:
    """Look, and take every turn, until a look finds nothing to do and nothing is waited for.

    What an operator has to mend is not waited for: it stands in ``installation.needs`` afterwards. Raises
    TakesTooLong after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        _look_at_all(installation, deadline)
        if not _waiting(installation):
            return _speak_out(installation)
        _take_turns(installation, deadline)


def settle_one(installation: Installation, environment: Environment, seconds: float) -> Iterator[None]:
    """Take the environment's turns, or let workers take them, until nothing waits for one; something may have
    changed each time that this yields.

    What an operator has to mend is not waited for. Raises TakesTooLong after so many seconds.
    """
    deadline, key, due = time.monotonic() + seconds, environment.key, installation.turns.due
    while (at := due.score(key)) is not None and key not in installation.needs:
        if at <= due.now():
            installation.turns.take(key)
        installation.speak()
        yield
        _nap((due.score(key) or 0.0) - due.now(), deadline, frozenset({environment.name}))
    yield


def look_at(installation: Installation, repository: str) -> float | None:
    """One look at a repository, which stops no other's: what nobody foresaw is among the needs, and is logged."""
    return _done(installation, repository, lambda: installation.look(repository, afresh=True))


def _done(installation: Installation, about: str, do: Callable[[], T]) -> T | None:
    try:
        return do()
    except Exception:
        if about not in installation.needs:
            raise
        log.exception("nobody foresaw this", about=about)
        return None


def _look_at_all(installation: Installation, deadline: float) -> None:
    for repository in installation.repositories:
        while (after := look_at(installation, repository)) is not None:
            _nap(after, deadline, frozenset({repository}), longest=after)


def _take_turns(installation: Installation, deadline: float) -> None:
    due = installation.turns.due
    while waiting := _waiting(installation):
        installation.speak()
        for _, environment in due.pop(AT_ONCE):
            _done(installation, environment, partial(installation.turns.take, environment))
        nearest = min(_waiting(installation).values(), default=0.0) - due.now()
        _nap(nearest, deadline, frozenset(waiting))


def _speak_out(installation: Installation) -> None:
    """Say what is left to be said; nobody comes later. What Slack does not take now is not waited for."""
    end = time.monotonic() + PARTING
    while time.monotonic() < end and installation.speak(at_once=True):
        time.sleep(APART)


def _waiting(installation: Installation) -> dict[str, float]:
    """Everything that is due now or later, but for what somebody has to mend first."""
    due = installation.turns.due.all()
    return {environment: at for environment, at in due.items() if environment not in installation.needs}


def _nap(seconds: float, deadline: float, waiting: frozenset[str], *, longest: float = LONGEST_NAP) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TakesTooLong(waiting)
    time.sleep(max(0.0, min(seconds, longest, left)))
