"""What a body may say of the destinations of a route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PROTOCOLS = ("http1", "http2", "tcp")
_FIELDS = {"app", "weight", "port", "protocol"}


def reasons(said: object, *, replacing: bool) -> Iterator[str]:
    """Why these are no destinations, in the platform's words; nothing where they are."""
    least = 0 if replacing else 1
    if not isinstance(said, list) or not least <= len(said) <= 100:
        yield f"Destinations must be an array containing between {least} and 100 destination objects."
        return
    wrong = [f"Destinations[{i}]: {text}" for i, one in enumerate(said) for text in _of_one(one, replacing)]
    yield from wrong or _of_weights([one.get("weight") for one in said])


def _of_one(said: object, replacing: bool) -> Iterator[str]:
    if not isinstance(said, dict):
        yield "must be an object."
    elif "app" not in said:
        yield 'must have an "app".'
    elif said.keys() - _FIELDS:
        yield 'must have only "app" and optionally "weight", "port" or "protocol".'
    else:
        yield from _of_app(said["app"])
        yield from _of_numbers(said, replacing)
        if said.get("protocol") not in (None, *_PROTOCOLS):
            yield "protocol must be 'http1', 'http2' or 'tcp'."


def _of_app(app: object) -> Iterator[str]:
    guid = app.get("guid") if isinstance(app, dict) else None
    if not isinstance(app, dict) or not isinstance(guid, str) or not 1 <= len(guid) < 200:
        yield 'app must have the structure {"guid": "app_guid"}'
        return
    process = app.get("process")
    if process is not None and not _is_process(process):
        yield 'process must have the structure {"type": "process_type"}'


def _is_process(said: object) -> bool:
    if not isinstance(said, dict) or said.keys() != {"type"}:
        return False
    return isinstance(said["type"], str) and said["type"] != ""


def _of_numbers(said: dict[str, Any], replacing: bool) -> Iterator[str]:
    weight, port = said.get("weight"), said.get("port")
    if weight is not None and not replacing:
        yield "weighted destinations can only be used when replacing all destinations."
    elif weight is not None and not _is_between(weight, 1, 100):
        yield "weight must be a positive integer between 1 and 100."
    if port is not None and not _is_between(port, 1024, 65_535):
        yield "port must be a positive integer between 1024 and 65535 inclusive."


def _is_between(said: object, least: int, most: int) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and least <= said <= most


def _of_weights(weights: list[int | None]) -> Iterator[str]:
    given = [weight for weight in weights if weight is not None]
    if given and len(given) < len(weights):
        yield "Destinations cannot contain both weighted and unweighted destinations."
    elif given and sum(given) != 100:
        yield "Destinations must have weights that sum to 100."
