"""Workers and their children are killed: what they held comes back, and never runs twice at once."""

from __future__ import annotations

from itertools import pairwise

import psutil
import pytest

from reviewapps.coordination.soon import Soon
from tests.coordination.waiting import until, until_dead
from tests.workers.conftest import Stage
from tests.workers.probe import PREFIX

pytestmark = pytest.mark.story


def test_the_task_of_a_killed_worker_comes_back_by_the_due_set(stage: Stage) -> None:
    first = stage.worker(lease=1)
    stage.wake("gated/a")
    stage.until_began("gated/a")
    first.kill()
    stage.worker(lease=1)
    stage.open("gated/a")
    stage.until_ended("gated/a")
    began = stage.evidence.of("began", "gated/a")
    assert [line["main"] == first.pid for line in began] == [True, False]


def test_the_children_of_a_killed_worker_die_with_it(stage: Stage) -> None:
    worker = stage.worker()
    stage.wake("gated/a")
    stage.until_began("gated/a")
    children = psutil.Process(worker.pid).children(recursive=True)
    assert len(children) == 2
    worker.kill()
    worker.wait()
    until_dead(children)


def test_the_task_of_a_killed_child_comes_back_and_the_worker_has_a_new_child(stage: Stage) -> None:
    worker = stage.worker(lease=1)
    stage.wake("deadly/a")
    stage.until_ended("deadly/a")
    assert worker.poll() is None
    first, second = stage.evidence.of("began", "deadly/a")
    assert first["child"] != second["child"]
    assert second["at"] - first["at"] >= 1, "it came back before the dead child's lease had run out"


def test_two_workers_never_settle_one_environment_at_once(stage: Stage) -> None:
    stage.worker()
    stage.worker()
    for times in range(1, 13):
        stage.wake("quick/a")
        stage.until_began("quick/a", times)
        stage.wake("quick/a")
    until(lambda: stage.due.score("quick/a") is None, "the last turn")
    lines = [line for line in stage.evidence.lines if line["name"] == "quick/a"]
    assert {line["what"] for line in lines[::2]} == {"began"}
    assert all(
        (one["what"], one["child"]) == ("began", other["child"]) for one, other in list(pairwise(lines))[::2]
    )
    assert len({line["child"] for line in lines}) > 1


def test_two_workers_share_one_clock(stage: Stage) -> None:
    stage.worker(repositories="1 2")
    stage.worker(repositories="1 2")
    until(lambda: len(stage.evidence.of("looked", "2")) >= 13, "thirteen looks")
    times = [line["at"] for line in stage.evidence.of("looked", "2")]
    # two clocks would strike twice in 0.3 s; on a busy machine a few first looks come late, and close together
    assert times[-1] - times[0] > 0.2 * (len(times) - 1), "looks came faster than the clock strikes"


def test_teardown_overtakes_what_was_due_before_it(stage: Stage) -> None:
    for number in range(20):
        stage.wake(f"quick/{number}")
    stage.wake("quick/gone", queue="teardown")
    stage.worker("--concurrency", "1")
    stage.until_ended("quick/19")
    assert stage.evidence.lines[0]["name"] == "quick/gone"


def test_a_settle_that_fails_is_logged_with_its_trace_and_comes_again(stage: Stage) -> None:
    stage.worker(lease=0.5)
    stage.wake("failing/a")
    stage.until_began("failing/a", 2)
    assert "RuntimeError: failing/a: as told" in stage.log().read_text()


def test_what_github_told_of_is_looked_at_before_the_clock_strikes(stage: Stage) -> None:
    stage.worker(repositories="")
    Soon(stage.redis, PREFIX).ask("acme/shop", "a delivery")
    until(lambda: stage.evidence.of("looked", "acme/shop"), "the look", seconds=15)
