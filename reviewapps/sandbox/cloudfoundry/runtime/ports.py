"""Ports for containers and for the servers of brokers, no two alike."""

from __future__ import annotations

import itertools
import random
import threading

from reviewapps.sandbox.loopback import is_free

_RANGE = range(20_000, 32_768)
"""Below what systems give to outgoing connections, one of which could take a port before the app does."""

_chance = random.Random()
_taken: set[int] = set()
_lock = threading.Lock()


def take(wanted: int = 0) -> int:
    """A port of 127.0.0.1 on which nothing listens, and which is not taken again until it is given back.

    It is the one that is ``wanted``, if that is free.
    """
    with _lock:
        for port in itertools.chain([wanted] if wanted else [], (_chance.choice(_RANGE) for _ in _RANGE)):
            if port not in _taken and is_free(port):
                _taken.add(port)
                return port
    raise OSError("no free port is left for an instance")


def give_back(port: int) -> None:
    """Let ``port`` be taken again."""
    with _lock:
        _taken.discard(port)
