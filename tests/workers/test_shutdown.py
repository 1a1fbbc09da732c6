"""A worker that is told to end does so within ten seconds and gives its messages back."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.coordination.waiting import until, until_dead
from tests.workers.conftest import Stage
from tests.workers.probe import PREFIX

pytestmark = pytest.mark.story


def seconds_to_end(worker: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    return time.monotonic() - began


def test_a_running_task_goes_back_to_the_queue(stage: Stage) -> None:
    worker = stage.worker()
    stage.wake("gated/a")
    stage.until_began("gated/a")
    children = psutil.Process(worker.pid).children()
    assert seconds_to_end(worker) < 10
    assert stage.redis.llen(f"{PREFIX}deploy") == 1
    assert stage.redis.hlen(f"{PREFIX}unacked") == 0
    until_dead(children)


def test_an_idle_worker_ends_at_once(stage: Stage) -> None:
    assert seconds_to_end(stage.worker()) < 5


def test_a_worker_ends_also_while_redis_is_away(stage: Stage) -> None:
    worker = stage.worker()
    stage.wake("gated/a")
    stage.until_began("gated/a")
    stage.kill_redis()
    assert seconds_to_end(worker) < 10


STARTER = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-m", "tests.workers.probe", *sys.argv[1:]]).pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_a_worker_ends_when_its_starter_is_killed(stage: Stage) -> None:
    log = stage.log()
    probe = [stage.server.url, str(log.parent), "60", "ours", "", "--die-with-parent", "--log-file", str(log)]
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, *probe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        worker = psutil.Process(int(starter.stdout.readline()))
        until(lambda: log.exists() and " ready." in log.read_text(), "the worker", seconds=15)
        tree = [worker, *worker.children()]
        starter.kill()
    until_dead(tree, seconds=10)
