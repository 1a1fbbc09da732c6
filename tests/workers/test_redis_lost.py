"""Redis is killed or emptied under workers: they go on, and what was due is settled."""

from __future__ import annotations

import subprocess

import pytest

from tests.coordination.waiting import until
from tests.workers.conftest import Stage

pytestmark = pytest.mark.story


LOST = "Connection to broker lost"
FAULT = "'NoneType' object has no attribute 'hostname'"


def busy_worker(stage: Stage, consumer: str = "ours") -> subprocess.Popen[bytes]:
    """A worker one of whose children holds a task, and so a message that is not acknowledged."""
    worker = stage.worker(consumer=consumer)
    stage.wake("gated/a")
    stage.until_began("gated/a")
    return worker


def until_logged(stage: Stage, words: str) -> None:
    until(lambda: words in stage.log().read_text(), f"{words!r} in the log", seconds=15)


def and_works_on(stage: Stage, worker: subprocess.Popen[bytes]) -> None:
    """New work is done, and what ran through it all comes to its end."""
    stage.wake("quick/b")
    stage.until_ended("quick/b")
    stage.open("gated/a")
    until(lambda: stage.due.score("gated/a") is None, "the finish of what ran through it all", seconds=15)
    assert worker.poll() is None


def test_a_busy_worker_outlives_a_redis_that_is_killed(stage: Stage) -> None:
    worker = busy_worker(stage)
    stage.kill_redis()
    stage.start_redis()
    and_works_on(stage, worker)


def test_a_busy_worker_outlives_being_cut_off(stage: Stage) -> None:
    worker = busy_worker(stage)
    with stage.cut_off(worker):
        until_logged(stage, LOST)
    and_works_on(stage, worker)


def test_with_celerys_own_consumer_it_does_not_and_that_is_why_we_have_ours(stage: Stage) -> None:
    """When this fails, Celery has mended its fault, and ``workers/consumer.py`` can go."""
    worker = busy_worker(stage, "celerys")
    with stage.cut_off(worker):
        until_logged(stage, FAULT)
    stage.open("gated/a")
    until(lambda: worker.poll() is not None, "the end of the worker", seconds=10)


def test_an_outage_is_logged_once_and_its_end_too(stage: Stage) -> None:
    stage.worker()
    stage.kill_redis()
    until_logged(stage, "pump: failed")
    stage.start_redis()
    until_logged(stage, "pump: works again")
    assert stage.log().read_text().count("pump: failed") == 1


def test_an_emptied_redis_costs_nothing_that_is_woken_again(stage: Stage) -> None:
    worker = busy_worker(stage)
    stage.redis.flushall()
    and_works_on(stage, worker)
