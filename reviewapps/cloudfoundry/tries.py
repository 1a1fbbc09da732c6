"""What interrupted tries of the doctor's left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from reviewapps.cloudfoundry import parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.cloudfoundry.labels import TRIAL

LASTS: Final = timedelta(minutes=15)
"""Longer than any try; a younger one may still be under way."""


@dataclass(frozen=True)
class Try:
    """A route or an app of one."""

    kind: Literal["app", "route"]
    guid: str
    name: str


def left_over(api: Client) -> tuple[Try, ...]:
    """What is older than any try may last."""
    return tuple(_old(api, datetime.now(UTC) - LASTS))


def remove(api: Client, one: Try) -> None:
    """Delete it; that it is gone already is success."""
    with suppress(NotFound):
        if one.kind == "route":
            api.delete_route(one.guid)
        else:
            api.delete_app(one.guid)


def _old(api: Client, before: datetime) -> Iterator[Try]:
    selector = f"{TRIAL}={api.instance}"
    listed: list[tuple[Literal["app", "route"], list[dict[str, Any]]]] = [
        ("route", api.routes(selector)),
        ("app", api.apps(selector)),
    ]
    for kind, resources in listed:
        for one in resources:
            name, made = parse.named(one)
            if made < before:
                yield Try(kind, one["guid"], name)
