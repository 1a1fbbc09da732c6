"""A sandbox in a process of its own, so that what measures it and what is measured do not share an interpreter.

python -m bench.world_process FOLDER    lives until its input ends
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psutil

from reviewapps.sandbox.world import World


class WorldProcess:
    """The world, while it lasts. ``told`` is how to get in, ``up_after`` the seconds until it could be used."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        began = time.monotonic()
        command = [sys.executable, "-m", "bench.world_process", self._folder.name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.told: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.up_after = time.monotonic() - began
        return self

    @property
    def cpu(self) -> float:
        """The seconds of CPU that the world itself has used, without those of its apps."""
        spent = psutil.Process(self._process.pid).cpu_times()
        return float(spent.user + spent.system)

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._folder.cleanup()


if __name__ == "__main__":
    with World(Path(sys.argv[1])) as world:
        print(json.dumps(world.described()), flush=True)
        sys.stdin.read()
