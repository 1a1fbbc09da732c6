"""The memory of one worker with two children: proportional set size of the whole tree, in MB.

    python -m bench.worker_memory [command …]

Without a command it is the worker that the settings in the environment describe, ``python -m workers``, on an
embedded Redis of its own. It prints one line per process and the sum, after the worker was ready for a while.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from reviewapps.coordination.embedded import EmbeddedRedis

LIMIT_MB = 150


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis.start(Path(folder))
        log = Path(folder) / "worker.log"
        worker = subprocess.Popen(
            [*(command or [sys.executable, "-m", "workers"]), "--log-file", str(log), "--die-with-parent"],
            env=os.environ | {"REVIEWAPPS_REDIS_URL": server.url},
        )
        try:
            return measured(worker, log)
        finally:
            worker.terminate()
            worker.wait(timeout=10)
            server.stop()


def measured(worker: subprocess.Popen[bytes], log: Path) -> int:
    """0 if the tree stays within the limit."""
    deadline = time.monotonic() + 30
    while not (log.exists() and " ready." in log.read_text()):
        if worker.poll() is not None or time.monotonic() > deadline:
            print(log.read_text() if log.exists() else "the worker did not start")
            return 1
        time.sleep(0.1)
    time.sleep(5)  # the first looks, so that what is imported late is counted
    main_process = psutil.Process(worker.pid)
    total = 0.0
    for process in [main_process, *main_process.children(recursive=True)]:
        pss = process.memory_full_info().pss / 1e6
        total += pss
        print(f"{process.pid:>8}  {pss:6.1f} MB  {'main' if process == main_process else 'child'}")
    print(f"{'sum':>8}  {total:6.1f} MB  limit {LIMIT_MB} MB")
    return int(total > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
