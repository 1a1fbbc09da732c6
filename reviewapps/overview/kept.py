"""An overview as plain JSON, for a memory that may lose it, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reviewapps.model import Environment
from reviewapps.overview.overview import Overview, Row, by_rank

_OVERVIEW = TypeAdapter(Overview)


def kept(overview: Overview) -> Any:
    """The overview as JSON values."""
    return _OVERVIEW.dump_python(overview, mode="json")


def recalled(value: object) -> Overview | None:
    """The overview that ``kept`` made this of; None of anything else, as another version of us may have kept."""
    try:
        return None if value is None else _OVERVIEW.validate_python(value)
    except ValidationError:
        return None


def with_row(overview: Overview, environment: Environment, row: Row | None) -> Overview:
    """The same with this environment's row as it is now; without it where there is none."""
    others = [one for one in overview.rows if one.environment != environment]
    rows = others if row is None else [*others, row]
    return replace(overview, rows=tuple(sorted(rows, key=lambda one: by_rank(one.environment))))
