"""More than one worker, or one that comes back from the dead: nobody acts where somebody else does."""

from __future__ import annotations

import signal

import pytest

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.faults import Fault
from tests.faults.shop import Shop
from tests.stories.workers.conftest import Gate, signal_worker

pytestmark = pytest.mark.story


def test_two_workers_at_once_do_nothing_twice(shop: Shop) -> None:
    shop.playground.start_worker()
    shop.playground.await_worker()
    previews = [shop.open(f"header {number}") for number in range(1, 4)]
    for preview in previews:
        shop.until_live(preview)
    shop.until_settled()
    for preview in previews:
        assert shop.oddities(preview) == []


def test_a_worker_that_stood_still_beyond_its_lease_does_nothing_when_it_goes_on(shop: Shop) -> None:
    observed = shop.world.cloudfoundry.observed
    observed.plan(Fault("/v3/packages$", "POST", "delay", seconds=0.3))
    preview = shop.open("blue header")
    until("an upload on its way", lambda: not observed.faults, 30)
    first = shop.playground.workers[0]
    signal_worker(first, signal.SIGSTOP)
    shop.playground.start_worker()
    shop.until_live(preview)
    signal_worker(first, signal.SIGCONT)
    until("the end of its lease", lambda: "lease ran out" in log_of_first(shop), 20)
    shop.until_settled()
    assert shop.oddities(preview) == []


def test_a_worker_that_is_told_to_end_in_the_middle_of_a_deploy_leaves_it_to_the_next(
    shop: Shop, gate: Gate
) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    gate.until_somebody_waits("staging")
    worker = shop.playground.workers[0]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    shop.playground.start_worker()
    gate.open("staging")
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []


def log_of_first(shop: Shop) -> str:
    return (shop.playground.logs / "worker-1.log").read_text()
