"""``fields[…]``: parts of what lies around a resource, asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from reviewapps.sandbox.cloudfoundry.errors import bad_query
from reviewapps.sandbox.cloudfoundry.links import JSON, Links
from reviewapps.sandbox.cloudfoundry.state import Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Around(Generic[R]):
    """One kind of resource around another: where it goes in ``included``, how it is reached from a row and
    shown, and which keys of it may be asked for."""

    included: str
    reach: Callable[[R], Row | None]
    present: Callable[[Row, Links], JSON]
    keys: tuple[str, ...]


def included_fields(
    query: Mapping[str, str], rows: list[R], links: Links, around: Mapping[str, Around[R]]
) -> JSON:
    """The ``included`` that the query's ``fields[…]`` ask for; 400 where they ask for what there is not."""
    found: JSON = {}
    for name, value in query.items():
        if not name.startswith("fields["):
            continue
        resource, keys = name.removeprefix("fields[").rstrip("]"), value.split(",")
        if resource not in around:
            raise bad_query(f"Fields [{resource}] valid resources are: {_quoted(around)}")
        one = around[resource]
        if not set(keys) <= set(one.keys):
            raise bad_query(f"Fields valid keys for '{resource}' are: {_quoted(one.keys)}")
        reached = dict.fromkeys(one.reach(row) for row in rows)
        found[one.included] = [_part(one.present(row, links), keys) for row in reached if row]
    return found


def _part(presented: JSON, keys: list[str]) -> JSON:
    """Those keys; ``relationships.space`` is a key inside of another."""
    part: JSON = {}
    for key in keys:
        outer, _, inner = key.partition(".")
        if inner:
            part.setdefault(outer, {})[inner] = presented[outer][inner]
        else:
            part[outer] = presented[outer]
    return part


def _quoted(words: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
