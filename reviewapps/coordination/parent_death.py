"""A process that ends with the one that started it, and what it is called meanwhile."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


def bound_to(parent: int, last: signal.Signals) -> Callable[[], None]:
    """A function that, called in a child of that process, has the kernel send ``last`` when the parent dies.

    Loaded before the fork and called after it. The kernel counts the *thread* that forked as the parent:
    start such children from the main thread. Only Linux can do this; elsewhere it does nothing.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(last))
            if os.getppid() != parent:  # it died between the fork and this line
                os.kill(os.getpid(), last)

    return bind


def titled(name: str) -> None:
    """Have ``ps -e`` and ``top`` call this process so, and those that it forks: the first 15 bytes of it.
    Only Linux can do this; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15])
