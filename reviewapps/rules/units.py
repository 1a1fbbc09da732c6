"""Sizes and durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

_MB = {"M": 1, "G": 1024, "T": 1024 * 1024}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def megabytes(text: str) -> int:
    """The size that ``256M``, ``1G`` or ``0.5GB`` means, in MB as Cloud Foundry counts; else ValueError.

    >>> megabytes("1.5g")
    1536
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([MGT])B?", text.strip(), re.IGNORECASE | re.ASCII)
    size = int(Decimal(found[1]) * _MB[found[2].upper()]) if found else 0
    if size < 1:
        raise ValueError("a size such as 256M or 1G")
    return size


def duration(text: str) -> timedelta:
    """The time that ``15s``, ``30m``, ``8h`` or ``10d`` means; else ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text.strip(), re.ASCII)
    if not found:
        raise ValueError("a duration such as 30m, 8h or 10d")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
