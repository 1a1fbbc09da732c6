"""Gates that stand before nothing any more: their target lets everybody in now, or names another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NotFound

Json = dict[str, Any]
Kind = Literal["app", "route", "service"]


@dataclass(frozen=True)
class GatePiece:
    """A gate's address, its service instance or its app."""

    kind: Kind
    guid: str
    name: str


def unused(api: Client, kept: frozenset[str]) -> tuple[GatePiece, ...]:
    """What there is in the space of gates of ours but those ``kept`` (by where they stand). One that is still
    bound to a preview is not unused: a look unbinds it first."""
    ours = labels.gate_selector(api.instance)
    there: list[tuple[Kind, list[Json]]] = [
        ("route", api.routes(ours)),
        ("service", api.service_instances(ours)),
        ("app", api.apps(ours)),
    ]
    if all(_at(one) in kept for _, found in there for one in found):
        return ()
    bound = frozenset(_at(one) for one in api.gate_bindings(ours))
    return tuple(_pieces(there, kept | bound))


def take_away(api: Client, piece: GatePiece) -> None:
    """Delete it; that it is gone already is success."""
    with suppress(NotFound):
        match piece.kind:
            case "route":
                api.delete_route(piece.guid)
            case "service":
                api.delete_service_instance(piece.guid)
            case "app":
                api.delete_app(piece.guid)


def _pieces(there: list[tuple[Kind, list[Json]]], needed: frozenset[str]) -> Iterator[GatePiece]:
    for kind, found in there:
        for one in found:
            if _at(one) not in needed:
                yield GatePiece(kind, str(one["guid"]), parse.named(one)[0])


def _at(resource: Json) -> str:
    return parse.labels_of(resource).get(labels.GATE_AT, "")
