"""The web process, measured: python -m bench.web

It has one core to itself and Redis and the worker the other, as on a machine with two; where there is one, they
share it. Deliveries are sent at an even pace, whether the one before was answered or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
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

import aiohttp
import requests
from redis import Redis

from bench.worker_memory import tree_pss
from reviewapps.coordination.cache import Cache
from reviewapps.demo.onlooker import until
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.model import Environment
from reviewapps.overview import Overview, Row, kept
from reviewapps.playground import INSTANCE, Playground

SECRET = "a word between GitHub and us"
PER_SECOND, SECONDS = 200, 20
ENVIRONMENTS = 1000
PORT = 18089
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    ours, theirs = {cores[0]}, {cores[-1]}
    os.sched_setaffinity(0, theirs)
    with tempfile.TemporaryDirectory() as folder, Playground(Path(folder), settings=_SETTINGS) as playground:
        octocat = _octocat(playground)
        octocat.begin(SAMPLE)
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
                _deliveries()
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
        command, env=env, stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cores)
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


def _deliveries() -> None:
    seconds, statuses = asyncio.run(_delivered())
    assert statuses == {202}, statuses
    cuts = statistics.quantiles(seconds, n=100)
    print(
        f"| webhook at {PER_SECOND} a second, {len(seconds):,} of them | p50 {cuts[49] * 1000:.1f} ms, "
        f"p95 {cuts[94] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, most {max(seconds) * 1000:.1f} ms |",
        flush=True,
    )
    slowest = [
        line
        for line in requests.get(f"{URL}/metrics", timeout=10).text.splitlines()
        if "answer_seconds_bucket" in line
    ]
    total = float(slowest[-1].split()[-1])
    print(
        "| … as the web process measured it | "
        + ", ".join(
            f"{float(line.split()[-1]) / total:.2%} within {line.split(chr(34))[1]} s"
            for line in slowest[3:6]
        )
        + " |"
    )


async def _delivered() -> tuple[list[float], set[int]]:
    seconds: list[float] = []
    statuses: set[int] = set()
    body = json.dumps({"repository": {"full_name": "acme/shop"}, "padding": "x" * 20_000}).encode()
    signed = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    async def deliver(session: aiohttp.ClientSession, number: int) -> None:
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "pull_request",
            "X-GitHub-Delivery": f"bench-{number}",
            "X-Hub-Signature-256": signed,
        }
        began = time.perf_counter()
        async with session.post(f"{URL}/webhooks/github", data=body, headers=headers) as answer:
            statuses.add(answer.status)
        seconds.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        began = asyncio.get_running_loop().time()
        for number in range(PER_SECOND * SECONDS):
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - asyncio.get_running_loop().time()))
            group.create_task(deliver(session, number))
    return seconds, statuses


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
