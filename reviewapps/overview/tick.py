"""What came of one look at everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewapps.model import Environment
from reviewapps.naming import address
from reviewapps.overview.overview import Overview, Row


@dataclass(frozen=True)
class Noted:
    """One environment in a report: how people write it, and what there is to say of it."""

    name: str
    said: str


@dataclass(frozen=True)
class Tick:
    """``looked`` are the repositories, ``right`` the number of environments that are as they should be.

    ``changed`` are those that were worked at, ``changing`` those that still are; ``repaired`` were not as they had
    been left.
    """

    looked: tuple[str, ...]
    right: int
    changed: tuple[Noted, ...]
    changing: tuple[Noted, ...]
    waiting: tuple[Noted, ...]
    refused: tuple[Noted, ...]
    repaired: tuple[Noted, ...]


def tick(
    overviews: Sequence[Overview],
    ids: Mapping[str, int],
    changed: Iterable[Environment],
    repaired: Mapping[Environment, str],
) -> Tick:
    """The report. ``ids`` are the repositories' own, ``changed`` and ``repaired`` what was done meanwhile."""
    names = {id_: name for name, id_ in ids.items()}
    rows = {row.environment: row for one in overviews for row in one.rows}

    def name(environment: Environment) -> str:
        return address(environment, names.get(environment.repository, str(environment.repository)))

    def those(*states: str) -> tuple[Noted, ...]:
        found = ((e, row) for e, row in rows.items() if row.state in states)
        return tuple(Noted(name(e), row.reason or row.address or row.state) for e, row in found)

    worked_at = sorted(set(changed))
    return Tick(
        looked=tuple(one.repository for one in overviews),
        right=sum(row.state in ("live", "kept") for row in rows.values()),
        changed=tuple(Noted(name(e), said(rows.get(e))) for e in worked_at),
        changing=those("building", "removing"),
        waiting=those("waiting", "due"),
        refused=those("failed", "unreadable"),
        repaired=tuple(Noted(name(e), why) for e, why in sorted(repaired.items())),
    )


def said(row: Row | None) -> str:
    """A row in a few words.

    >>> said(Row(Environment(7, "pr-1"), "live", address="https://shop-pr-1.example.gov"))
    'live https://shop-pr-1.example.gov'
    """
    if row is None:
        return "removed"
    return f"{row.state}: {row.reason}" if row.reason else f"{row.state} {row.address or ''}".rstrip()
