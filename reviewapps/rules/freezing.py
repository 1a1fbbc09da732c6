"""Times in which a shared environment is left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reviewapps.rules.document import kind

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FORM: Final = "takes windows such as {from: Fri 16:00, to: Mon 08:00, zone: America/New_York}"

_WEEKLY = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+([01]\d|2[0-3]):([0-5]\d)", re.IGNORECASE)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Freeze:
    """A window that comes every week (``begins`` and ``ends`` are minutes since Monday 00:00), or once (they are
    dates and times of the wall clock). Its ``zone`` is named, so that a change to summer time moves it along.
    """

    begins: int | datetime
    ends: int | datetime
    zone: str

    def until(self, now: datetime) -> datetime | None:
        """When the window that holds ``now`` ends (UTC); None where it does not hold it."""
        for begins, ends in self._windows(now):
            if begins <= now < ends:
                return ends
        return None

    def _windows(self, now: datetime) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        if isinstance(self.begins, datetime) and isinstance(self.ends, datetime):
            return [(_at(self.begins, zone), _at(self.ends, zone))]
        assert isinstance(self.begins, int) and isinstance(self.ends, int)  # noqa: S101 - both are read together
        today = now.astimezone(zone).date()
        monday = datetime.combine(today - timedelta(days=today.weekday()), time())
        length = timedelta(minutes=self.ends - self.begins)
        length = length if length > timedelta(0) else length + _WEEK
        starts = [monday + timedelta(days=7 * week, minutes=self.begins) for week in (-1, 0)]
        return [(_at(start, zone), _at(start + length, zone)) for start in starts]


def freeze(value: Any) -> tuple[Freeze, ...]:
    """The windows of a list; ValueError with what is wrong."""
    if not isinstance(value, list):
        raise ValueError(f"{FORM}, not {kind(value)}")
    return tuple(_window(one) for one in value)


def frozen_until(windows: tuple[Freeze, ...], now: datetime) -> datetime | None:
    """When the last of the windows that hold ``now`` ends; None where none does."""
    ends = [end for window in windows if (end := window.until(now)) is not None]
    return max(ends, default=None)


def _window(value: Any) -> Freeze:
    if not isinstance(value, dict) or set(value) - {"from", "to", "zone"} or not {"from", "to"} <= set(value):
        raise ValueError(FORM)
    zone = value.get("zone", "UTC")
    try:
        ZoneInfo(zone if isinstance(zone, str) else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"names the time zone `{zone}`, which there is not") from None
    begins, ends = _moment(value["from"], zone), _moment(value["to"], zone)
    if any(isinstance(one, datetime) and not 1 < one.year < 9999 for one in (begins, ends)):
        raise ValueError("has a year that no clock shows")
    if type(begins) is not type(ends):
        raise ValueError("mixes days of the week and dates in one window")
    if begins == ends or (isinstance(begins, datetime) and isinstance(ends, datetime) and ends < begins):
        raise ValueError("has a window that ends before it begins")
    return Freeze(begins, ends, zone)


def _moment(value: Any, zone: str) -> int | datetime:
    """What is meant by the clock of the zone, also where an offset of its own is written."""
    text = value if isinstance(value, str) else ""
    weekly = _WEEKLY.fullmatch(text.strip())
    if weekly:
        return DAYS.index(weekly[1].capitalize()) * 1440 + int(weekly[2]) * 60 + int(weekly[3])
    try:
        moment = datetime.fromisoformat(text.strip())
        local = moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))
        return local.replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(f"has the moment `{text}`; write Fri 16:00, or 2026-12-24 16:00") from None


def _at(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
