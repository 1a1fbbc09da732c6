"""When nothing may go: windows by the clock of their zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reviewapps.rules.freezing import Freeze, freeze, frozen_until


def windows(**window: str) -> tuple[Freeze, ...]:
    return freeze([{name.rstrip("_"): value for name, value in window.items()}])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WEEKEND = windows(from_="Fri 16:00", to="Mon 08:00", zone="America/New_York")
NIGHT = windows(from_="Wed 22:00", to="Thu 06:00", zone="Europe/Berlin")
HOLIDAYS = windows(from_="2026-12-24", to="2027-01-02 08:00", zone="America/New_York")
OFFSET = windows(from_="2026-12-24T16:00Z", to="2026-12-24 18:00+01:00", zone="America/New_York")


@pytest.mark.parametrize(
    ("window", "now", "ends"),
    [
        (WEEKEND, "2026-11-27 20:59", None),  # Friday 15:59 in New York
        (WEEKEND, "2026-11-27 21:00", "2026-11-30 13:00"),
        (WEEKEND, "2026-11-30 12:59", "2026-11-30 13:00"),
        (WEEKEND, "2026-11-30 13:00", None),
        (WEEKEND, "2026-03-07 12:00", "2026-03-09 12:00"),  # summer time begins in between: an hour less
        (WEEKEND, "2026-10-31 12:00", "2026-11-02 13:00"),  # and ends: an hour more
        (NIGHT, "2026-11-25 23:30", "2026-11-26 05:00"),  # over midnight
        (NIGHT, "2026-11-26 04:59", "2026-11-26 05:00"),
        (NIGHT, "2026-11-26 05:00", None),
        (HOLIDAYS, "2026-12-24 04:59", None),
        (HOLIDAYS, "2026-12-24 05:00", "2027-01-02 13:00"),
        (HOLIDAYS, "2027-01-02 13:00", None),
        (OFFSET, "2026-12-24 15:59", None),
        (OFFSET, "2026-12-24 16:00", "2026-12-24 17:00"),
    ],
)
def test_a_freeze_is_by_the_clock_of_its_zone(window: tuple[Freeze, ...], now: str, ends: str | None) -> None:
    assert frozen_until(window, at(now)) == (None if ends is None else at(ends))
