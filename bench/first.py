"""Before all other work on the machine, so that a measurement is of us and not of what else is done there."""

from __future__ import annotations

import contextlib
import os


def before_others(process: int = 0, cores: set[int] | None = None) -> None:
    """Let a process (0: this one), and those that it starts, go before others. Only root may do so.
    With ``cores``, it gets these and no others."""
    if cores is not None:
        os.sched_setaffinity(process, cores)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(1))
