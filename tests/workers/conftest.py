"""Real workers in real processes, on a server of their own that a test may kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from redis import Redis

from reviewapps.coordination.due import Due
from reviewapps.coordination.embedded import EmbeddedRedis
from tests.coordination.waiting import until, until_dead
from tests.workers.probe import PREFIX, Evidence

PROBE = [sys.executable, "-m", "tests.workers.probe"]


class Stage:
    """A Redis, the workers on it, and what they did."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: list[subprocess.Popen[bytes]] = []
        self.server = EmbeddedRedis.start(folder / "redis")
        self.redis = Redis.from_url(self.server.url)
        self.due = Due(self.redis, PREFIX, forward=60)
        self.evidence = Evidence(folder)

    def worker(
        self, *options: str, lease: float = 60, consumer: str = "ours", repositories: str = ""
    ) -> subprocess.Popen[bytes]:
        """A worker that is ready; its log is ``worker-N.log``."""
        log = self.log(len(self._workers))
        told = [self.server.url, str(self._folder), str(lease), consumer, repositories]
        worker = subprocess.Popen(
            [*PROBE, *told, "--log-file", str(log), "--die-with-parent", *options], start_new_session=True
        )
        self._workers.append(worker)
        until(lambda: log.exists() and " ready." in log.read_text(), "the worker", seconds=15)
        return worker

    def log(self, number: int = 0) -> Path:
        return self._folder / f"worker-{number}.log"

    def kill_redis(self) -> None:
        self.server.process.kill()
        self.server.process.wait()

    def start_redis(self) -> None:
        self.server = EmbeddedRedis.start(self._folder / "redis")

    @contextmanager
    def cut_off(self, worker: subprocess.Popen[bytes]) -> Iterator[None]:
        """Every connection to Redis ends and no new one is to be had, while the worker waits for a message.

        It stands still meanwhile, so that it sees all of it at once, the connection for broadcasts first.
        """
        socket, hidden = self._folder / "redis" / "redis.sock", self._folder / "redis" / "hidden.sock"
        until(lambda: self.redis.info("clients")["blocked_clients"], "the worker to wait for a message")
        worker.send_signal(signal.SIGSTOP)
        until(
            lambda: psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED, "the worker to stand still"
        )
        socket.rename(hidden)
        self.redis.client_kill_filter(_type="pubsub", skipme=True)
        self.redis.client_kill_filter(_type="normal", skipme=True)
        worker.send_signal(signal.SIGCONT)
        yield
        hidden.rename(socket)

    def wake(self, environment: str, queue: str = "deploy") -> None:
        self.due.wake(environment, queue=queue)

    def open(self, environment: str) -> None:
        self.evidence.gate(environment).touch()

    def until_began(self, environment: str, times: int = 1, *, seconds: float = 60) -> None:
        until(
            lambda: len(self.evidence.of("began", environment)) >= times,
            f"beginning {times} of {environment}",
            seconds=seconds,
        )

    def until_ended(self, environment: str, times: int = 1, *, seconds: float = 60) -> None:
        until(
            lambda: len(self.evidence.of("ended", environment)) >= times,
            f"end {times} of {environment}",
            seconds=seconds,
        )

    def clear(self) -> None:
        for worker in self._workers:
            children = psutil.Process(worker.pid).children() if worker.poll() is None else []
            worker.kill()
            worker.wait()
            until_dead(children)
        self.server.stop()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.clear()
