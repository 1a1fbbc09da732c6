"""``reviewapps web`` as people start it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from reviewapps.coordination.embedded import EmbeddedRedis
from tests.coordination.waiting import until
from tests.stories.workers.command import ended, running
from tests.stories.workers.visiting import BODY, answers, free_port, half_a_webhook
from tests.web.serving import MINIMAL

pytestmark = pytest.mark.story


def test_it_is_ready_within_seconds_and_ends_well_with_a_request_in_hand(tmp_path: Path) -> None:
    redis = EmbeddedRedis.start(tmp_path / "redis")
    port = free_port()
    with running("web", env=_environment(tmp_path, BIND=f"127.0.0.1:{port}")) as web:
        until(lambda: answers(port, "/healthz"), "an answer", seconds=20)
        spent = sum(psutil.Process(web.pid).cpu_times()[:2])
        assert spent < 4, "of a processor; bench/web.py tells how long it takes where nothing else runs"
        with half_a_webhook(port) as slow:
            web.send_signal(signal.SIGTERM)
            until(lambda: not answers(port, "/healthz"), "no more visitors", seconds=8)
            slow.sendall(BODY)
            assert b" 202 " in slow.recv(4096).split(b"\r\n")[0]
        assert web.wait(timeout=30) == 0
        assert "Traceback" not in (web.stderr.read() if web.stderr else "")
    redis.stop()


def test_what_everybody_could_read_is_not_served(tmp_path: Path) -> None:
    went = ended("web", env=_environment(tmp_path, BIND="0.0.0.0:0"))
    assert went.returncode == 1
    assert went.stderr.startswith("reviewapps: the status page would be open to everybody at 0.0.0.0")


def _environment(home: Path, **told: str) -> dict[str, str]:
    named = MINIMAL | {"HOME": str(home)} | told
    others = {name: value for name, value in os.environ.items() if not name.startswith("REVIEWAPPS_")}
    return others | {f"REVIEWAPPS_{name}": value for name, value in named.items()}
