"""Wrong passwords, counted."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Callable
from email.message import Message

WINDOW = 600.0
"""Seconds for which a wrong guess counts."""

PER_ADDRESS = 10
ALTOGETHER = 300
"""Whoever has many addresses does not get further than this."""


class Guesses:
    """The wrong guesses of late. What it holds is bounded by ALTOGETHER."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._wrong: deque[tuple[float, str]] = deque(maxlen=ALTOGETHER)

    def note(self, address: str) -> None:
        self._wrong.append((self._now(), address))

    def are_too_many(self, address: str) -> bool:
        """Whether this address, or all together, have to wait."""
        while self._wrong and self._wrong[0][0] < self._now() - WINDOW:
            self._wrong.popleft()
        mine = sum(1 for _, whose in self._wrong if whose == address)
        return mine >= PER_ADDRESS or len(self._wrong) >= ALTOGETHER


def asking_address(headers: Message, peer: str) -> str:
    """The address that asked: the last in ``X-Forwarded-For`` that is not the platform's own.

    What stands left of what the platform wrote there, anybody may have written. Of IPv6 it is the network: whoever
    has one address there has 2**64.
    """
    listed = [part.strip() for value in headers.get_all("X-Forwarded-For", ()) for part in value.split(",")]
    return _network(next((one for one in reversed(listed) if _is_public(one)), (listed or [peer])[-1]))


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))
