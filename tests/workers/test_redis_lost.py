"""Redis is killed or emptied under workers: they go on, and what was due is settled."""

from __future__ import annotations

import subprocess

import pytest

from tests.coordination.waiting import until
from tests.workers.conftest import Stage

pytestmark = pytest.mark.story


def busy_worker_after_an_outage(stage: Stage, consumer: str) -> subprocess.Popen[bytes]:
    """A worker whose Redis was restarted while a child held a task and its unacknowledged message."""
    worker = stage.worker(consumer=consumer)
    stage.wake("gated/a")
    stage.until_began("gated/a")
    stage.kill_redis()
    stage.start_redis()
    return worker


def test_a_worker_outlives_a_redis_that_is_killed_under_a_running_task(stage: Stage) -> None:
    worker = busy_worker_after_an_outage(stage, "ours")
    stage.wake("quick/b")
    stage.until_ended("quick/b")
    stage.open("gated/a")
    stage.until_ended("gated/a")
    until(lambda: stage.due.score("gated/a") is None, "the finish of what ran through it all")
    assert worker.poll() is None
    assert len(stage.evidence.of("began", "gated/a")) == 1


def test_celerys_own_consumer_does_not_and_that_is_why_we_have_ours(stage: Stage) -> None:
    """When this fails, Celery has mended its fault, and ``workers/consumer.py`` can go."""
    worker = busy_worker_after_an_outage(stage, "celerys")
    until(lambda: "Unrecoverable error: AttributeError" in stage.log().read_text(), "the fault", seconds=10)
    stage.open("gated/a")
    until(lambda: worker.poll() is not None, "the end of the worker", seconds=10)


def test_an_outage_is_logged_once_and_its_end_too(stage: Stage) -> None:
    stage.worker()
    stage.kill_redis()
    until(lambda: "pump: failed" in stage.log().read_text(), "the word of the outage")
    stage.start_redis()
    until(lambda: "pump: works again" in stage.log().read_text(), "the word of its end")
    assert stage.log().read_text().count("pump: failed") == 1


def test_an_emptied_redis_costs_nothing_that_is_woken_again(stage: Stage) -> None:
    worker = stage.worker()
    stage.wake("gated/a")
    stage.until_began("gated/a")
    stage.redis.flushall()
    stage.wake("quick/b")
    stage.until_ended("quick/b")
    stage.open("gated/a")
    stage.until_ended("gated/a")
    assert worker.poll() is None
