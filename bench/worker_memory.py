"""The memory of a worker: the proportional set size (PSS) of its whole tree, in MB of 10^6 bytes."""

from __future__ import annotations

import psutil


def tree_pss(pid: int) -> float:
    """What a process and its children hold, pages that they share counted once."""
    root = psutil.Process(pid)
    tree = [root, *root.children(recursive=True)]
    return float(sum(process.memory_full_info().pss for process in tree) / 1e6)
