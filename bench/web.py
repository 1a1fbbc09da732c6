"""The web process, measured: python -m bench.web

It and its Redis have one core; a worker, and the sandbox that it works on, use the other, and so does who sends
webhooks. These three go before all other work on the machine, where they may (as root); else it would be measured
too. Deliveries are sent at an even pace, whether the one before was answered or not.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import requests
from redis import Redis

from bench.deliveries import SECRET
from bench.first import before_others
from bench.worker_memory import tree_pss
from reviewapps.coordination.cache import Cache
from reviewapps.demo.onlooker import until
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.model import Environment
from reviewapps.overview import Overview, Row, kept
from reviewapps.playground import INSTANCE, Playground
from tests.stories.workers.visiting import free_port

PER_SECOND, SECONDS = 200, 20
ENVIRONMENTS = 1000
PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    ours, theirs = {cores[0]}, {cores[-1]}
    os.sched_setaffinity(0, theirs)
    with tempfile.TemporaryDirectory() as folder, Playground(Path(folder), settings=_SETTINGS) as playground:
        octocat = _octocat(playground)
        octocat.begin(SAMPLE)
        before_others(playground.redis.process.pid, ours)
        playground.start_worker()
        playground.await_worker()
        began = time.monotonic()
        with _web(playground, ours) as web:
            until("an answer", lambda: _answers("/healthz"))
            print(f"| start → alive | {time.monotonic() - began:.2f} s |")
            until("ready", lambda: _answers("/readyz"))
            print(
                f"| start → ready (a worker looks already) | {time.monotonic() - began:.2f} s |", flush=True
            )
            with _busy(octocat):
                spent = _cpu(web.pid)
                _deliveries(theirs)
                each = (_cpu(web.pid) - spent) / (PER_SECOND * SECONDS)
                print(f"| … processor time of each | {each * 1000:.2f} ms |", flush=True)
            _show_many(playground)
            _row(f"page with {ENVIRONMENTS:,} environments", [_asked("/acme/many") for _ in range(30)])
            _row("API, as many", [_asked("/api/environments") for _ in range(30)])
            _row("/metrics, as many", [_asked("/metrics") for _ in range(30)])
            print(f"| PSS of the web process | {tree_pss(web.pid):.0f} MB |")


_SETTINGS = {"REPOSITORIES": "acme/shop", "WEBHOOK_SECRET": SECRET, "LIMIT": "100"}


@contextlib.contextmanager
def _web(playground: Playground, cores: set[int]) -> Iterator[subprocess.Popen[bytes]]:
    env = playground.environment(BIND=f"127.0.0.1:{PORT}", REPOSITORIES="acme/shop,acme/many")
    command = [sys.executable, "-m", "reviewapps.web"]
    process = subprocess.Popen(
        command, env=env, stderr=subprocess.DEVNULL, preexec_fn=lambda: before_others(cores=cores)
    )
    try:
        _show(playground, 1)  # nobody looks at this one, and it has to be looked at for us to be ready
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def _octocat(playground: Playground) -> Person:
    world, login = playground.world, "octocat"
    return Person(world.github.url, world.repository, login, world.tokens[login], playground.home / login)


@contextlib.contextmanager
def _busy(octocat: Person) -> Iterator[None]:
    """A worker with something to do: a pull request is pushed to again and again."""
    stop = threading.Event()
    octocat.write("busy", "busy", {"headline.txt": "busy\n"})
    octocat.open("busy", "busy")

    def push() -> None:
        while not stop.wait(1.0):
            octocat.write("busy", "again", {"headline.txt": f"{time.monotonic()}\n"})

    pusher = threading.Thread(target=push)
    pusher.start()
    yield
    stop.set()
    pusher.join()


def _deliveries(cores: set[int]) -> None:
    sender = [sys.executable, "-m", "bench.deliveries", URL, str(PER_SECOND), str(SECONDS)]
    told = subprocess.run(
        sender, check=True, capture_output=True, preexec_fn=lambda: before_others(cores=cores)
    )
    seconds = json.loads(told.stdout)
    cuts = statistics.quantiles(seconds, n=100)
    print(
        f"| webhook at {PER_SECOND} a second, {len(seconds):,} of them | p50 {cuts[49] * 1000:.1f} ms, "
        f"p95 {cuts[94] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, most {max(seconds) * 1000:.1f} ms |",
        flush=True,
    )


def _show_many(playground: Playground) -> None:
    _show(playground, ENVIRONMENTS)


def _show(playground: Playground, number: int) -> None:
    now, commit = datetime.now(UTC), "3f2c1ab" + 33 * "0"
    rows = (
        Row(
            Environment(7, f"pr-{one}"),
            "live" if one % 3 else "failed",
            runs=commit,
            commit=commit,
            since=now - timedelta(minutes=one),
            ends=now + timedelta(days=5),
            memory_mb=256,
            address=f"https://many-pr-{one}.app.cloud.gov",
            reason="" if one % 3 else "9a8b7c6: build failed: python_buildpack stopped with exit status 14",
        )
        for one in range(1, number + 1)
    )
    with Redis.from_url(playground.redis.url) as redis:
        seen = Overview("acme/many", False, now, tuple(rows))
        Cache(redis, f"reviewapps:{INSTANCE}:").write("acme/many:overview", kept(seen), 3600)


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _answers(path: str) -> bool | None:
    try:
        return requests.get(f"{URL}{path}", timeout=5).ok or None
    except requests.RequestException:
        return None


def _asked(path: str) -> float:
    began = time.perf_counter()
    requests.get(f"{URL}{path}", timeout=10).raise_for_status()
    return time.perf_counter() - began


def _row(what: str, seconds: list[float]) -> None:
    middle, most = statistics.median(seconds), max(seconds)
    print(f"| {what} | {middle * 1000:.0f} ms (most {most * 1000:.0f}) |", flush=True)


if __name__ == "__main__":
    main()
