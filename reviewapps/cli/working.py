"""``run`` and ``web``: work for an installation until told to end."""

from __future__ import annotations

import os
import socket
import sys
from typing import Annotated

import structlog
import typer

from reviewapps import wiring
from reviewapps.cli.logging import log_to
from reviewapps.cli.menu import app, in_a_sentence
from reviewapps.cli.together import Together
from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.errors import BadSettings, NotAuthorised
from reviewapps.settings import Settings, settings

log = structlog.get_logger(__name__)

REJECTED_FOR = 3600.0
"""Seconds. cloud.gov locks an account for half an hour after three bad logins within a quarter."""


NoWeb = Annotated[bool, typer.Option("--no-web", help="Only the worker: no status page, no webhooks.")]


@app.command()
@in_a_sentence
def run(no_web: NoWeb = False) -> int:
    """Work for the installation that the REVIEWAPPS_… variables describe, and serve its page."""
    told = settings(os.environ)  # not this process's for good: what is forked has others
    program = told.redis_server
    served = not no_web and _may_serve(told)
    embedded = None if told.redis_url else EmbeddedRedis.start(told.home / "redis", program=program)
    try:
        environ = {**os.environ, "REVIEWAPPS_REDIS_URL": wiring.redis_url(told)}
        together = Together()
        with together.ended_by_errors():
            if served:
                together.start("web process", "reviewapps.web", environ)
            worker = together.start("worker", "workers", environ, until_told="workers.app")
            _check(told, together)
        log_to(told.log_file)
        if embedded is not None:
            together.watch("embedded Redis", embedded.process)
        if not served and not no_web:
            log.warning(f"no status page and no webhooks here: {told.exposed}")
        worker.go()
        return together.until_ended()
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


def _may_serve(told: Settings) -> bool:
    """Whether there is somewhere to serve a page that not everybody can read. BadSettings where that place is
    taken: it is found out here, before a worker begins what it would soon have to leave."""
    if told.exposed:
        return False
    bind = told.bind
    try:
        family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
        socket.create_server((bind.host, bind.port), family=family).close()
    except OSError as wrong:
        raise BadSettings(
            f"the page cannot be served at {bind.host}:{bind.port} ({wrong.strerror}): let REVIEWAPPS_BIND name "
            "another address, or do without: reviewapps run --no-web"
        ) from None
    return True


def _check(told: Settings, together: Together) -> None:
    """Log in everywhere. Cloud Foundry starts what ends again at once and with an empty disk, so that nothing
    would be left that remembers a rejection: there we first let the hour pass that UAA counts bad logins in, while
    the page is served, since what does not answer its health check is started again, too."""
    try:
        wiring.check(told)
    except NotAuthorised as rejected:
        if "VCAP_APPLICATION" in os.environ:
            print(f"reviewapps: {rejected} (ends in an hour)", file=sys.stderr, flush=True)
            together.until_ended(REJECTED_FOR)
        raise
