"""A sandbox with everything that is needed to live in it: a Redis, and workers that keep it in order.

``make sandbox``, ``make demo`` and the stories among the tests all stand on this.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.errors import BadSettings, Busy, Unavailable
from reviewapps.sandbox import private
from reviewapps.sandbox.addresses import ANY, Ports
from reviewapps.sandbox.addresses import FILE as ADDRESSES
from reviewapps.sandbox.snapshots import FILE as SNAPSHOT
from reviewapps.sandbox.snapshots import KeptOtherwise
from reviewapps.sandbox.world import World
from reviewapps.settings import PREFIX, SECRET
from reviewapps.settings.single import Single

INSTANCE = "sandbox"

PASSING = ("redis", "logs", "orchestrator")
"""The folders of a sandbox's home that begin anew at every start: what is there costs time, if it is lost."""

LASTING = ("github", "cloudfoundry", "people")
"""Those that are gone on with."""

BRISK: Mapping[str, str] = {
    "LOOK_EVERY": "0.3",
    "QUIET_EVERY": "5",
    "POLL_EVERY": "0.15",
    "PUMP_EVERY": "0.05",
    "REQUEST_TIMEOUT": "3",
    "LEASE": "5",
    "FORWARD": "6",
    "PAUSE": "0.5",
    "CF_REQUESTS_PER_SECOND": "500",
    "GITHUB_REQUESTS_PER_SECOND": "500",
}
"""Settings for a world where nothing is far away and everything takes tenths of seconds."""


class Playground:
    """The world, its Redis and its workers, while it lasts. Start it from the main thread.

    It goes on with what the last one left in ``home``, unless ``fresh``. ``settings`` go to the workers on top of
    the usual ones, without their prefix. ``grants`` is the operator's ``reviewapps.toml``, with what the world is
    described by in braces, and ``secrets`` what it names besides the accounts; without it, variables say that
    there are previews and a dev app.
    """

    def __init__(
        self,
        home: Path,
        *,
        ports: Ports = ANY,
        settings: Mapping[str, str] | None = None,
        grants: str = "",
        secrets: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> None:
        self.home = home.resolve()
        self.world = World(self.home, ports)
        self.logs = self.home / "logs"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._settings = dict(settings or {})
        self._grants, self._secrets = grants, dict(secrets or {})
        self._fresh = fresh
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.ExitStack() as opening:
            opening.callback(self._move_in().close)
            self.redis = EmbeddedRedis.start(self.home / "redis")
            opening.callback(self.redis.stop)
            self._enter_world(opening)
            opening.callback(self.stop_workers)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        (self.home / "sandbox.json").unlink(missing_ok=True)
        self._open.close()

    def _move_in(self) -> IO[str]:
        """Be the only one here, until the lock that comes back is closed. A world that was never kept in whole
        is no use to anybody; whatever else the folder holds stays."""
        lock = (self.home / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise Busy(f"{self.home}: another sandbox runs there; end it, or choose another --home") from None
        kept = all((self.home / name / SNAPSHOT).exists() for name in ("github", "cloudfoundry"))
        if self._fresh or not kept:
            self._begin_anew()
        for name in PASSING:
            shutil.rmtree(self.home / name, ignore_errors=True)
        (self.home / "sandbox.json").unlink(missing_ok=True)
        self.logs.mkdir()
        return lock

    def _begin_anew(self) -> None:
        """Forget the last world; first of all that there was one, should somebody kill us meanwhile."""
        for name in LASTING:
            (self.home / name / SNAPSHOT).unlink(missing_ok=True)
        for name in LASTING:
            shutil.rmtree(self.home / name, ignore_errors=True)
        (self.home / ADDRESSES).unlink(missing_ok=True)

    def _enter_world(self, opening: contextlib.ExitStack) -> None:
        try:
            opening.enter_context(self.world)
        except KeptOtherwise as wrong:
            raise BadSettings(f"{wrong}; begin anew with --fresh, or choose another --home") from wrong

    def describe(self) -> Path:
        """Write ``sandbox.json``, last of all, for this user's eyes only; its path. Who sees it sees all of it."""
        who = {**self.world.described(), **self.world.described_app()}
        words = {**who, "redis_url": self.redis.url, "instance": INSTANCE}
        return private.write(self.home / "sandbox.json", json.dumps(words, indent=2).encode())

    def environment(self, **settings: str) -> dict[str, str]:
        """The process environment of a worker (or of the ``reviewapps`` command) for this world."""
        told = self.world.described()
        known = {
            "INSTANCE": INSTANCE,
            "REPOSITORIES": str(told["github_repository"]),
            "REDIS_URL": self.redis.url,
            "HOME": str(self.home / "orchestrator"),
            "GITHUB_URL": str(told["github_url"]),
            "GITHUB_TOKEN": str(told["orchestrator_token"]),
            **{name: str(told[name.lower()]) for name in _CF_WORDS},
            "CF_DOMAIN": str(told["app_domain"]),
            "APP_ADDRESS": f"http://{{host}}:{told['app_port']}",
            **BRISK,
            **self._settings,
            **settings,
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        if self._grants:
            known = {name: value for name, value in known.items() if name.lower() not in Single.model_fields}
            known["FILE"] = str(self._operators_file())
            others |= self._found_secrets()
        return {**others, **{PREFIX + name: value for name, value in known.items()}}

    def _operators_file(self) -> Path:
        """What the operator grants, written down."""
        told = {name: str(value) for name, value in self.world.described().items()}
        return private.write(self.home / "reviewapps.toml", self._grants.format(**told).encode())

    def _found_secrets(self) -> dict[str, str]:
        told = self.world.described()
        account = f"{told['cf_user']}:{told['cf_password']}"
        secrets = {"GITHUB": str(told["orchestrator_token"]), "CF": account, **self._secrets}
        return {SECRET + name: value for name, value in secrets.items()}

    def start_worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """One more worker, with these settings on top; it may not be ready yet."""
        log = self.logs / f"worker-{len(self.workers) + 1}.log"
        command = [sys.executable, "-m", "workers", "--die-with-parent", "--log-file", str(log)]
        worker = subprocess.Popen(
            command,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.logs / "worker.stderr").open("ab"),
            start_new_session=True,
        )
        self.workers.append(worker)
        return worker

    def await_worker(self, seconds: float = 20.0) -> None:
        """Return when the newest worker works; Unavailable, with where its log is, if it does not."""
        log, deadline = self.logs / f"worker-{len(self.workers)}.log", time.monotonic() + seconds
        while not (log.exists() and "ready" in log.read_text(errors="replace")):
            ended = self.workers[-1].poll()
            if ended is not None or time.monotonic() > deadline:
                why = f"ended with exit status {ended}" if ended is not None else "did not get ready"
                raise Unavailable(f"the worker {why}; its log is {log}")
            time.sleep(0.02)

    def kill_workers(self) -> None:
        """SIGKILL: no chance to put anything in order."""
        for worker in self._living():
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    def stop_workers(self) -> None:
        """Let the workers put their messages back, and end them."""
        living = self._living()
        for worker in living:
            worker.terminate()
        for worker in living:
            try:
                worker.wait(timeout=12)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()

    def _living(self) -> list[subprocess.Popen[bytes]]:
        return [worker for worker in self.workers if worker.poll() is None]


_CF_WORDS = ("CF_API", "CF_USER", "CF_PASSWORD", "CF_ORG", "CF_SPACE")
