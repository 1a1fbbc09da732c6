"""What a command works with that changes something: an installation, with the Redis of its workers if one runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from reviewapps import wiring
from reviewapps.coordination.embedded import EmbeddedRedis, runs
from reviewapps.errors import BadSettings
from reviewapps.installation import Installation
from reviewapps.model import Secret
from reviewapps.reconcile import Journal
from reviewapps.rules.units import duration
from reviewapps.settings import Settings

USUALLY: Final = "30m"
"""How long ``--wait`` may take."""


@contextlib.contextmanager
def acting(told: Settings, journal: Journal | None = None) -> Iterator[Installation]:
    """The installation. Leases keep its workers and this command apart, where both have one Redis: the one that
    was named, or that a worker embedded in the same home; else one for as long as this lasts."""
    with _a_redis(told) as url:
        yield wiring.installation(told.model_copy(update={"redis_url": Secret(url)}), journal)


def is_alone(told: Settings) -> bool:
    """Whether there can be no worker that would take over: there is no Redis to share with one."""
    return not told.redis_url and not runs(told.home / "redis")


def seconds(text: str) -> float:
    """What ``--within`` says."""
    try:
        return duration(text).total_seconds()
    except ValueError as wrong:
        raise BadSettings(f"--within takes {wrong}") from None


def waiting(within: str | None, wait: bool) -> float:
    """For how long ``--wait`` may wait, seconds; BadSettings where --within is said without it."""
    if within is not None and not wait:
        raise BadSettings("--within says how long --wait may take: without --wait nothing is waited for")
    return seconds(within or USUALLY)


@contextlib.contextmanager
def _a_redis(told: Settings) -> Iterator[str]:
    if not is_alone(told):
        yield wiring.redis_url(told)
        return
    embedded = EmbeddedRedis.start(told.home / "redis", program=told.redis_server)
    try:
        yield embedded.url
    finally:
        embedded.stop()
