"""Values of the library as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reviewapps.model import Environment


def as_json(value: object) -> str:
    """``value`` as text: fields by their names, times in UTC, spans in seconds, environments by their names."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """``value`` in what JSON knows."""
    match value:
        case Environment():
            return value.name
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case frozenset():
            return sorted(plain(one) for one in value)
        case tuple() | list():
            return [plain(one) for one in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
