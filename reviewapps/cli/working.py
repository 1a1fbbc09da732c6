"""``run`` and ``web``: work for an installation until told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from reviewapps import wiring
from reviewapps.cli.menu import app, in_a_sentence
from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.errors import NotAuthorised
from reviewapps.settings import Settings

REJECTED_FOR = 3600.0
"""Seconds. cloud.gov locks an account for half an hour after three bad logins within a quarter."""


@app.command()
@in_a_sentence
def run() -> int:
    """Work for the installation that the REVIEWAPPS_… variables describe, until told to end."""
    told = wiring.settings()
    program = told.redis_server
    embedded = None if told.redis_url else EmbeddedRedis.start(told.home / "redis", program=program)
    try:
        url = wiring.redis_url(told)
        _check(told)
        command = [sys.executable, "-m", "workers", "--die-with-parent"]
        worker = subprocess.Popen(command, env={**os.environ, "REVIEWAPPS_REDIS_URL": url})
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: worker.terminate())
        return worker.wait()
    finally:
        if embedded is not None:
            embedded.stop()


@app.command()
@in_a_sentence
def web() -> int:
    """Serve the status page, the API and metrics, and take GitHub's webhooks, until told to end."""
    from reviewapps.web import serve  # here, since no other command needs a web server

    serve(wiring.settings())
    return 0


def _check(told: Settings) -> None:
    """Log in everywhere. Cloud Foundry starts what ends again at once and with an empty disk, so that nothing
    would be left that remembers a rejection: there we first let the hour pass that UAA counts bad logins in."""
    try:
        wiring.check(told)
    except NotAuthorised as rejected:
        if "VCAP_APPLICATION" in os.environ:
            print(f"reviewapps: {rejected} (ends in an hour)", file=sys.stderr, flush=True)
            threading.Event().wait(REJECTED_FOR)
        raise
