"""``reviewapps run``, measured: python -m bench.run

From its start until the page says that the installation is at work, its memory, and how long it takes to end with
a preview under way and a webhook in hand of which the rest never comes.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from bench.deliveries import SECRET
from bench.first import before_others
from bench.worker_memory import tree_cpu, tree_pss
from reviewapps.demo.onlooker import until
from reviewapps.demo.people import Person
from reviewapps.demo.story import SAMPLE
from reviewapps.playground import Playground
from tests.stories.workers.visiting import free_port

ROUNDS, PREVIEWS = 5, 20
PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    before_others()
    told = {"WEBHOOK_SECRET": SECRET, "BIND": f"127.0.0.1:{PORT}", "LIMIT": "100", "REDIS_URL": ""}
    with tempfile.TemporaryDirectory() as folder, Playground(Path(folder), settings=told) as playground:
        world, login = playground.world, "octocat"
        octocat = Person(
            world.github.url, world.repository, login, world.tokens[login], playground.home / login
        )
        octocat.begin(SAMPLE)
        rounds = [_round(playground, octocat, number) for number in range(ROUNDS)]
        memory = _memory_with_previews(playground, octocat)
    for what, unit, figures in zip(ROWS, ("s", "s", "s", "MB", "s"), zip(*rounds, strict=True), strict=True):
        middle, least, most = statistics.median(figures), min(figures), max(figures)
        print(f"| {what} | {middle:.2f} {unit} ({least:.2f} to {most:.2f}) |")
    print(f"| PSS of the whole tree, once {PREVIEWS} previews are live | {memory:.0f} MB |")


ROWS = (
    "start → the page answers",
    "start → ready: a worker has looked",
    "… processor time of all its processes until then, which other work changes little",
    "PSS of the whole tree, with a preview under way",
    "told to end, with a preview under way and a webhook in hand that never comes whole → ended",
)


def _round(playground: Playground, octocat: Person, number: int) -> tuple[float, ...]:
    began = time.monotonic()
    run, log = _started(playground, f"run-{number}")
    until("a page", lambda: _answers("/healthz"))
    answered = time.monotonic() - began
    until("a worker's look", lambda: _answers("/readyz"))
    ready, spent = time.monotonic() - began, tree_cpu(run.pid)
    _under_way(playground, octocat, f"b{number}")
    memory = tree_pss(run.pid)
    with _half_a_webhook():
        told = time.monotonic()
        run.send_signal(signal.SIGTERM)
        if run.wait(timeout=15) != 0:
            last = log.read_text().rstrip().rpartition("\n")[2]
            raise SystemExit(
                f"run did not end well: {run.returncode}, {time.monotonic() - told:.1f} s, {last}"
            )
        return answered, ready, spent, memory, time.monotonic() - told


def _started(playground: Playground, name: str) -> tuple[subprocess.Popen[bytes], Path]:
    """``run`` where nothing is remembered, and its log."""
    log = playground.home / f"{name}.log"
    run = subprocess.Popen(
        [sys.executable, "-m", "reviewapps", "run"],
        env=playground.environment(HOME=str(playground.home / name)),
        stdout=subprocess.DEVNULL,
        stderr=log.open("wb"),
    )
    return run, log


def _memory_with_previews(playground: Playground, octocat: Person) -> float:
    """What all of ``run`` holds when it has brought so many previews to life."""
    run, _ = _started(playground, "run-full")
    for number in range(PREVIEWS):
        octocat.write(f"p{number}", f"p{number}", {"headline.txt": f"{number}\n"})
        octocat.open(f"p{number}", f"p{number}")
    until(f"{PREVIEWS} live previews", lambda: _live() >= PREVIEWS or None, 300)
    memory = tree_pss(run.pid)
    run.terminate()
    run.wait(timeout=15)
    return memory


def _live() -> int:
    try:
        told = requests.get(f"{URL}/api/environments", timeout=5).json()
    except requests.RequestException:
        return 0
    return sum(
        one["state"] == "live" for repo in told.get("repositories", ()) for one in repo["environments"]
    )


def _under_way(playground: Playground, octocat: Person, branch: str) -> None:
    """Return while a preview of this branch is being staged."""
    observed = playground.world.cloudfoundry.observed
    before = len(list(observed.asked("POST", "/v3/builds")))
    octocat.write(branch, branch, {"headline.txt": f"{branch}\n", "bin/pre_compile": "sleep 60\n"})
    octocat.open(branch, branch)
    until("a build", lambda: len(list(observed.asked("POST", "/v3/builds"))) > before or None)


@contextlib.contextmanager
def _half_a_webhook() -> Iterator[None]:
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as slow:
        slow.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
        yield


def _answers(path: str) -> bool | None:
    try:
        return requests.get(f"{URL}{path}", timeout=5).ok or None
    except requests.RequestException:
        return None


if __name__ == "__main__":
    main()
