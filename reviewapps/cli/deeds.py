"""What a command did, or would have done, for programs."""

from __future__ import annotations

from reviewapps.cli.as_json import as_json
from reviewapps.cli.sought import Sought


def deed(action: str, one: Sought, *, done: bool = True, **facts: object) -> str:
    """The one JSON object that a command prints: what it did to which environment, or, where it is not ``done``,
    would do with --yes. Environments are named, and rows written, as by ``list`` and ``show``."""
    return _written(action, one, done, facts)


def deed_with_row(action: str, one: Sought, **facts: object) -> str:
    """The same, with where the environment stands now."""
    return _written(action, one, True, {**facts, "row": one.reconciler.row(one.environment)})


def would_be(action: str, one: Sought, **facts: object) -> str:
    """What --yes would do, with where the environment stands now. Nothing was done."""
    return _written(action, one, False, {**facts, "row": one.reconciler.row(one.environment)})


def _written(action: str, one: Sought, done: bool, facts: dict[str, object]) -> str:
    who = {"action": action, "done": done, "environment": one.environment, "name": one.name}
    return as_json(who | facts)
