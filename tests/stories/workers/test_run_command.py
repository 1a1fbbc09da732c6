"""``reviewapps run`` and ``redeploy``: what is wrong is said in one sentence, before anything is done."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from reviewapps.coordination.due import QUEUES
from reviewapps.coordination.embedded import EmbeddedRedis, embedded_url
from reviewapps.playground import INSTANCE
from reviewapps.sandbox.faults import Fault
from tests.coordination.waiting import until, until_dead
from tests.faults.shop import Shop
from tests.stories.workers.command import called, ended, family, running
from tests.stories.workers.visiting import BODY, answers, free_port, half_a_webhook
from tests.web.serving import SECRET

pytestmark = pytest.mark.story

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One without any worker."""
    with Shop(tmp_path_factory.mktemp("quiet") / "shop") as shop:
        yield shop


def alone(shop: Shop, home: Path, **settings: str) -> dict[str, str]:
    """The variables of an installation that brings a Redis of its own along."""
    return shop.playground.environment(REDIS_URL="", HOME=str(home / "orchestrator"), **settings)


def in_hand(shop: Shop, redis: Path) -> None:
    """Return while a worker works at one more pull request: it waits for an answer."""
    until(lambda: held(embedded_url(redis)) == [], "nobody at work", seconds=20)
    slow = Fault(method="POST", path="^/v3/packages$", kind="delay", seconds=3.0)
    shop.world.cloudfoundry.observed.plan(slow)
    shop.open("red header")
    until(lambda: slow.seen > 0 and held(embedded_url(redis)) != [], "a lease that is held", seconds=20)


def held(url: str) -> list[bytes]:
    with Redis.from_url(url) as redis:
        return list(redis.scan_iter("*:lease:*"))


def kept(redis: Path) -> tuple[list[bytes], list[str]]:
    """The leases that were left behind, and the queues in which somebody waits, after the end of all."""
    server = EmbeddedRedis.start(redis)
    try:
        with Redis.from_url(server.url) as asked:
            waiting = [q for q in QUEUES if asked.zcard(f"reviewapps:{INSTANCE}:due:{q}")]
        return held(server.url), waiting
    finally:
        server.stop()


def as_app(shop: Shop) -> dict[str, str]:
    """The settings of an installation that is a GitHub App, and no user; its comments are what is looked for."""
    app = shop.world.described_app()
    shop.bot = f"{app['app_slug']}[bot]"
    return {
        "GITHUB_TOKEN": "",
        "GITHUB_APP_ID": str(app["app_id"]),
        "GITHUB_PRIVATE_KEY": base64.b64encode(str(app["app_private_key"]).encode()).decode(),
    }


def until_all_run(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """All its processes, once the web process and the worker's two children are there."""
    found: list[psutil.Process] = []

    def all_run() -> bool:
        found[:] = family(run)
        names = [called(one) for one in found]
        return names.count("workers") == 3 and names.count("reviewapps.web") == 1

    until(all_run, "the web process, a worker and its children", seconds=20)
    return found


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"GITHUB_TOKEN": "ghp_wrong"}, "Bad credentials"),
        ({"CF_PASSWORD": "wrong"}, "rejected the user 'deployer'"),
        ({"GITHUB_URL": NOBODY}, "GitHub"),
        ({"CF_API": NOBODY}, f"{NOBODY} did not"),
        ({"REPOSITORIES": "acme/nothing"}, "acme/nothing"),
        ({"CF_SPACE": "nowhere"}, "nowhere"),
        ({"LIMITS": "3"}, "did you mean REVIEWAPPS_LIMIT"),
        ({"LIMIT": "many"}, "REVIEWAPPS_LIMIT"),
        ({"CF_API": "https://api.example.org"}, "REVIEWAPPS_ACCESS=public"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_said_in_a_sentence(quiet_shop: Shop, settings: dict[str, str], reason: str) -> None:
    went = ended("run", "--no-web", env=quiet_shop.playground.environment(**settings))
    assert went.returncode != 0
    assert went.stdout == ""
    assert went.stderr.startswith("reviewapps: ")
    assert went.stderr.count("\n") == 1, went.stderr
    assert reason in went.stderr
    assert quiet_shop.apps() == []


def test_a_rejected_password_is_tried_once(quiet_shop: Shop) -> None:
    observed = quiet_shop.world.cloudfoundry.observed
    before = len(list(observed.asked("POST", "/oauth/token")))
    env = quiet_shop.playground.environment(CF_PASSWORD="wrong too")
    assert [ended("run", "--no-web", env=env).returncode for _ in range(2)] == [1, 1]
    assert len(list(observed.asked("POST", "/oauth/token"))) == before + 1


def test_run_works_and_serves_with_a_redis_of_its_own_until_it_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    with Shop(tmp_path / "shop") as shop:
        env = alone(shop, tmp_path, BIND=f"127.0.0.1:{port}", WEBHOOK_SECRET=SECRET, **as_app(shop))
        with running("run", env=env) as run:
            preview = shop.open("blue header")
            shop.until_live(preview)
            until(lambda: answers(port, "/readyz"), "a page that is ready", seconds=20)
            until(lambda: shop.channel.said("live at"), "a line in Slack, which nobody waits for", seconds=20)
            everybody = family(run)
            in_hand(shop, redis := tmp_path / "orchestrator" / "redis")
            with half_a_webhook(port) as slow:
                run.send_signal(signal.SIGTERM)
                until(lambda: not answers(port, "/healthz"), "no more visitors", seconds=8)
                slow.sendall(BODY)
                assert b" 202 " in slow.recv(4096).split(b"\r\n")[0]
            assert run.wait(timeout=30) == 0
            assert "Traceback" not in (run.stderr.read() if run.stderr else "")
        until_dead(everybody)
        assert kept(redis) == ([], ["deploy"])
        assert shop.oddities(preview) == []


@pytest.mark.parametrize("victim", ["reviewapps.web", "valkey-server", "reviewapps"])
def test_the_end_of_one_ends_all(quiet_shop: Shop, tmp_path: Path, victim: str) -> None:
    env = alone(quiet_shop, tmp_path, BIND="127.0.0.1:0")
    with running("run", env=env) as run:
        everybody = until_all_run(run)
        next(one for one in everybody if called(one) == victim).kill()
        status = run.wait(timeout=12)
        until_dead(everybody, seconds=12)
        told = run.stderr.read() if run.stderr else ""
    assert status == (-signal.SIGKILL if victim == "reviewapps" else 128 + signal.SIGKILL)
    assert ("ended by itself, so all ends" in told) == (victim != "reviewapps")


def test_what_everybody_could_read_is_not_served_and_that_is_said(quiet_shop: Shop, tmp_path: Path) -> None:
    with running("run", env=alone(quiet_shop, tmp_path, BIND="0.0.0.0:0")) as run:
        assert run.stderr is not None
        said = json.loads(run.stderr.readline())
        assert (said["level"], said["event"][:38]) == ("warning", "no status page and no webhooks here: t")
        assert "open to everybody at 0.0.0.0: set REVIEWAPPS_WEB_TOKEN" in said["event"]
        until(lambda: any(called(one) == "workers" for one in family(run)), "a worker", seconds=10)
        assert not any(called(one) == "reviewapps.web" for one in family(run))
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=12) == 0


def test_on_cloud_foundry_a_rejection_is_sat_out_while_the_health_check_is_answered(
    quiet_shop: Shop, tmp_path: Path
) -> None:
    port = free_port()
    env = alone(quiet_shop, tmp_path, BIND=f"127.0.0.1:{port}", GITHUB_TOKEN="ghp_wrong")
    with running("run", env=env | {"VCAP_APPLICATION": "{}"}) as run:
        until(lambda: answers(port, "/healthz"), "a page", seconds=20)
        everybody = family(run)
        assert [called(one) for one in everybody].count("workers") == 1, "it waits, and has no children yet"
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=30) == 1
        until_dead(everybody)
        assert "Bad credentials" in (run.stderr.readline() if run.stderr else "")


def test_an_address_that_is_taken_is_named_before_anything_begins(quiet_shop: Shop, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        env = alone(quiet_shop, tmp_path, BIND=f"127.0.0.1:{port}", GITHUB_TOKEN="ghp_wrong")
        refused = ended("run", env=env).stderr
    assert refused.startswith(f"reviewapps: the page cannot be served at 127.0.0.1:{port} (")
    assert refused.endswith("reviewapps run --no-web\n")


@pytest.mark.parametrize("asked", ["acme/shop#99", "nonsense", "acme/other#1"])
def test_redeploy_of_what_is_not_there_is_refused_in_a_sentence(quiet_shop: Shop, asked: str) -> None:
    went = ended("redeploy", asked, env=quiet_shop.playground.environment())
    assert went.returncode != 0
    assert went.stderr.startswith("reviewapps: ")
    assert went.stderr.count("\n") == 1, went.stderr
