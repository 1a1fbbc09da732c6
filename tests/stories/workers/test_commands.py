"""Commands beside workers: one Redis, one lease at a time, and a log that is followed until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from reviewapps.demo.onlooker import page
from tests.faults.shop import Shop
from tests.stories.workers.command import ended, running

pytestmark = pytest.mark.story


def test_a_worker_with_a_redis_of_its_own_and_commands_work_hand_in_hand(tmp_path: Path) -> None:
    with Shop(tmp_path / "shop") as shop:
        env = shop.playground.environment(REDIS_URL="", HOME=str(tmp_path / "orchestrator"))
        with running("run", env=env) as run:
            preview = shop.open("blue header")
            url = shop.until_live(preview)

            went = ended("destroy", "#1", "--yes", env=env)
            assert went.returncode == 0, went.stderr
            assert page(url).unrouted and "Removed by hand" in shop.onlooker.comments(1)[0]

            went = ended("deploy", "#1", "--wait", env=env)
            assert went.returncode == 0, went.stderr
            assert went.stdout.splitlines()[-1] == f"acme/shop#1: live {url}"
            assert page(url).headline == "blue header"

            listed = ended("list", env={**env, "NO_COLOR": "1"})
            assert "live" in listed.stdout and "\x1b" not in listed.stdout and listed.stderr == ""
            run.send_signal(signal.SIGTERM)
            assert run.wait(timeout=20) == 0
        assert len(shop.onlooker.comments(preview.number)) == 1


def test_redeploy_builds_the_same_commit_again_and_a_log_is_followed_until_it_is_told_to_end(
    shop: Shop,
) -> None:
    preview = shop.open("blue header")
    shop.until_live(preview)
    shop.until_settled()
    env = shop.playground.environment()
    with running("logs", "acme/shop#1", "-f", "-n", "0", env=env) as logs:
        assert logs.stdout is not None
        until_it_asked(shop)
        redeployed = ended("redeploy", "acme/shop#1", env=env)
        assert redeployed.returncode == 0, redeployed.stderr
        assert preview.commit[:7] in redeployed.stdout
        watchdog = threading.Timer(60, logs.kill)  # a log without a new line would be read for ever
        watchdog.start()
        seen: list[str] = []
        while not seen or "APP  The shop is open" not in seen[-1]:
            line = logs.stdout.readline()
            assert line, seen
            seen.append(line)
        watchdog.cancel()
        logs.send_signal(signal.SIGINT)
        assert logs.wait(timeout=20) == 130
    assert any(" STG  " in line for line in seen)
    shop.until("another build", lambda: shop.builds("shop-pr-1-build") == 1)
    shop.until_settled()
    assert shop.oddities(preview, builds=2, told=2) == []


def until_it_asked(shop: Shop) -> None:
    """Return when somebody has read the log of an app."""
    observed = shop.world.cloudfoundry.observed
    shop.until("a look at the log", lambda: any(observed.asked("GET", "/api/v1/read/")))
