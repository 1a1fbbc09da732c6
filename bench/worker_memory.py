"""What a tree of processes holds, as proportional set size (PSS) in MB of 10^6 bytes, and the seconds it used."""

from __future__ import annotations

from collections.abc import Callable

import psutil


def tree_pss(pid: int) -> float:
    """What a process and its children hold, pages that they share counted once."""
    return _sum(pid, lambda process: process.memory_full_info().pss) / 1e6


def tree_cpu(pid: int) -> float:
    """The processor time that a process and its children have used, also those that have ended, seconds."""
    return _sum(pid, lambda process: sum(process.cpu_times()[:4]))


def _sum(pid: int, figure: Callable[[psutil.Process], float]) -> float:
    root, total = psutil.Process(pid), 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            total += figure(process)
        except psutil.NoSuchProcess:  # a git that has ended meanwhile
            continue
    return total
