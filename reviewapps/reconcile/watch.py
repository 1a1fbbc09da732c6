"""What the platform works on is watched by one listing for all who wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from reviewapps.model import Environment
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.view import wish_digest
from reviewapps.steps import UnderWay

WATCHED_FOR: Mapping[UnderWay, int] = {"package": 6, "build": 12, "deployment": 3, "task": 6}
"""How many polls long nobody looks closer at what is under way: a new instance that crashes shows only then."""


def watch(means: Means, environment: Environment, kind: UnderWay | None) -> None:
    """From now on the listing tells whether this environment has to be looked at again; nobody does where there
    is none for what it waits for."""
    if kind is None:
        if means.remembered("waiting", environment.name) is not None:
            means.remember(None, means.pace.poll, "waiting", environment.name)
        return
    waiting = {"kind": kind, "wish": _wish(means, environment)}
    means.remember(waiting, WATCHED_FOR[kind] * means.pace.poll, "waiting", environment.name)


def is_still_under_way(means: Means, environment: Environment) -> float | None:
    """Seconds until it is to be asked again, while the platform still works on what this environment waits for and
    GitHub wants the same; else None."""
    waiting = cast("dict[str, Any] | None", means.remembered("waiting", environment.name))
    if waiting is None or waiting["wish"] != _wish(means, environment):
        return None
    kind: UnderWay = waiting["kind"]
    return interval(means, kind) if environment.key in _under_way(means, kind) else None


def interval(means: Means, kind: UnderWay) -> float:
    """How often to list what is under way of this kind, seconds."""
    return means.pace.soon if kind == "package" else means.pace.poll


def under_way(means: Means, kind: UnderWay, *, but: Environment) -> bool:
    """Whether the platform works on something of this kind for anybody of ours, but for one environment."""
    return any(key != but.key for key in _under_way(means, kind))


def _under_way(means: Means, kind: UnderWay) -> list[str]:
    listed = cast("list[str] | None", means.remembered("under way", kind))
    if listed is None:
        listed = [environment.key for environment in means.cloudfoundry.under_way(kind)]
        means.remember(listed, interval(means, kind), "under way", kind)
    return listed


def _wish(means: Means, environment: Environment) -> str | None:
    wanted = means.github.last_look()
    return None if wanted is None else wish_digest(wanted, environment)
