"""A worker as the product starts it, whose settles are written down instead of reaching Cloud Foundry.

What a settle does is the first word of the environment's name: ``quick`` ends at once, ``gated`` goes on
until its gate is opened, ``deadly`` kills its own process the first time, ``failing`` raises.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from redis import Redis

from reviewapps.coordination.clock import Clock
from reviewapps.coordination.due import Due
from reviewapps.coordination.lease import Lease, Leases
from reviewapps.coordination.soon import Soon
from reviewapps.coordination.turns import Turns
from reviewapps.logs import Form
from workers.app import celery_app, run

PREFIX = "reviewapps:acme:"


@dataclass(frozen=True)
class Settings:
    redis_url: str
    instance: str = "acme"
    concurrency: int = 2
    pump_every: float = 0.05
    look_every: float = 0.5
    log_file: Path | None = None
    log: Form = "auto"


@dataclass(frozen=True)
class Evidence:
    """What the workers' children did, in a folder that all of them and the test can see."""

    folder: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        file = self.folder / "evidence.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def of(self, what: str, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if (line["what"], line["name"]) == (what, name)]

    def write(self, what: str, name: str) -> None:
        line = {
            "what": what,
            "name": name,
            "at": time.monotonic(),
            "child": os.getpid(),
            "main": os.getppid(),
        }
        with (self.folder / "evidence.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def gate(self, name: str) -> Path:
        return self.folder / f"{name.replace('/', '-')}.open"


class Probe:
    """The orchestrator that the probe's tasks are given."""

    def __init__(self, redis_url: str, evidence: Evidence, *, lease: float, repositories: str) -> None:
        self.repositories = repositories.split()
        self._evidence = evidence
        self._redis = Redis.from_url(redis_url, socket_timeout=5)
        self._lease = lease
        self.clock = Clock(self._redis, PREFIX)
        self._soon = Soon(self._redis, PREFIX)

    @cached_property
    def turns(self) -> Turns:
        due = Due(self._redis, PREFIX, forward=self._lease * 1.2)
        return Turns(due, Leases(self._redis, PREFIX, seconds=self._lease), self.settle)

    def asked_for(self) -> list[str]:
        return [asked.repository for asked in self._soon.pop(20)]

    def speak(self) -> None:
        """There is nothing to say."""

    def look(self, repository: str) -> None:
        self._evidence.write("looked", repository)

    def settle(self, environment: str, lease: Lease) -> None:
        self._evidence.write("began", environment)
        match environment.split("/")[0]:
            case "gated":
                self._wait_at(self._evidence.gate(environment))
            case "deadly" if len(self._evidence.of("began", environment)) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case "failing":
                raise RuntimeError(f"{environment}: as told")
        self._evidence.write("ended", environment)

    def _wait_at(self, gate: Path) -> None:
        while not gate.exists():
            time.sleep(0.01)


def main() -> int:
    """``probe REDIS_URL FOLDER LEASE_SECONDS ours|celerys "REPOSITORY …" [the worker's own options]``"""
    redis_url, folder, lease, consumer, repositories, *options = sys.argv[1:]
    evidence = Evidence(Path(folder))
    app = celery_app(
        Settings(redis_url),
        lambda: Probe(redis_url, evidence, lease=float(lease), repositories=repositories),
    )
    if consumer == "celerys":
        app.conf.worker_consumer = "celery.worker.consumer:Consumer"
    return run(app, options)


if __name__ == "__main__":
    sys.exit(main())
