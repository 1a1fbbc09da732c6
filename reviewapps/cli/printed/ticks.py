"""What ``reviewapps look`` says of a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reviewapps.overview import Noted, Tick
from reviewapps.report.untrusted import Mask
from reviewapps.report.wording import listed, several

LABEL: Final = 10
SAID: Final = 400


def reported(seen: Tick, mask: Mask) -> list[str]:
    """The lines: how much is right, then each environment that is not, or was not."""
    lines = [f"looked at {listed(list(seen.looked))}: {several(seen.right, 'environment')} right"]
    for label, those in (
        ("changed", seen.changed),
        ("repaired", seen.repaired),
        ("changing", seen.changing),
        ("waiting", seen.waiting),
        ("refused", seen.refused),
    ):
        lines += _labelled(label, those, mask)
    return lines


def rehearsal(right: int, differing: Sequence[Noted], mask: Mask) -> list[str]:
    """The lines: how much is right, then what would be done about the rest, and why."""
    lines = [f"{several(right, 'environment')} right, {len(differing)} not; nothing was written"]
    return lines + [f"{one.name}: {mask.line(one.said, SAID)}" for one in differing]


def _labelled(label: str, those: Sequence[Noted], mask: Mask) -> list[str]:
    return [f"{label:<{LABEL}}{one.name}: {mask.line(one.said, SAID)}" for one in those]
