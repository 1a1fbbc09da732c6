"""Deleting what is ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.errors import Unavailable, UnsafePlan
from reviewapps.model import Actual
from reviewapps.steps import DeleteApp, DeleteRoute, ReplaceBuilder

PATIENCE: Final = 2.0
"""Seconds that a deletion is watched; a longer one is found by the next look."""


def delete_route(api: Client, step: DeleteRoute, actual: Actual) -> Actual:
    _check_ours(step.guid, {route.guid for route in actual.routes})
    if not is_gone(api, lambda: api.delete_route(step.guid)):
        return actual
    return replace(actual, routes=tuple(r for r in actual.routes if r.guid != step.guid))


def delete_app(api: Client, step: DeleteApp, actual: Actual) -> Actual:
    _check_ours(step.guid, {app.guid for app in actual.apps})
    if not is_gone(api, lambda: api.delete_app(step.guid)):
        return actual
    return replace(actual, apps=tuple(a for a in actual.apps if a.guid != step.guid))


def replace_builder(api: Client, step: ReplaceBuilder, actual: Actual) -> Actual:
    """Without the builder, and knowing nothing of what it had. Of the next one nobody asks whose it is: it is
    new."""
    after = delete_app(api, DeleteApp(step.guid), actual)
    return replace(after, packages=None, builds=None, droplets=None, builder_is_ours=True)


def _check_ours(guid: str, ours: set[str]) -> None:
    if guid not in ours:
        raise UnsafePlan(f"{guid} is not among what bears our labels for this environment: not deleted")


def is_gone(api: Client, delete: Callable[[], str | None]) -> bool:
    """Whether the deletion came to its end while we looked on."""
    try:
        job = delete()
        return job is None or _completes(api, job)
    except NotFound:
        return True


def _completes(api: Client, job: str) -> bool:
    pause, deadline = 0.1, time.monotonic() + PATIENCE
    while True:
        seen = api.job(job)
        if seen["state"] == "COMPLETE":
            return True
        if seen["state"] == "FAILED":
            why = "; ".join(str(error.get("detail")) for error in seen.get("errors") or ())
            raise Unavailable(f"the deletion failed: {why or 'no reason given'}", after=30.0)
        if time.monotonic() + pause > deadline:
            return False
        time.sleep(pause)
        pause = min(0.5, pause * 2)
